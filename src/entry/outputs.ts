/** The outputs of the action: what other jobs may hold on to. */
export const OUTPUTS = {
  outcome: 'succeeded, unchanged, rolled-back, failed, refused or unknown',
  'failure-code': 'The code of the failure, such as HEALTH; empty without one',
  release: 'Id of the release that serves after a deploy or rollback',
  'previous-release': 'Id of the release that served before',
  images: 'JSON: image name → reference, digest, digest of each platform, tags',
  drift:
    'JSON list: a sentence for each place where what runs is not what the record says, [] where there is none; of `status`, else empty',
  kept: 'JSON: the images of every release that the servers keep, for `prune`; of `status`, else empty, also where a record cannot be read',
  matrix: 'JSON: what has to be built on which runner, for `strategy.matrix`; of `build` with `matrix: true`, else empty',
  url: 'Where people find the result, from the environment of the config',
  'report-path': 'The report as a JSON file, to upload as an artifact',
} as const

export type OutputName = keyof typeof OUTPUTS
