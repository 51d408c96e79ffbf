/**
 * Twenty mistakes that people make in workflows. Written down before the checks that find them, so that none was chosen
 * because a tool happens to know it.
 */
export interface Mistake {
  /** What is wrong with it, as a reviewer would say it. */
  readonly what: string
  /** A shipped workflow, which is right before. */
  readonly file: string
  readonly from: string | RegExp
  readonly to: string
}

const PIPELINE = '.github/workflows/pipeline.yml'
const CALLER = 'workflows/pipeline.yml'

export const MISTAKES: readonly Mistake[] = [
  { what: 'a right that does not exist', file: PIPELINE, from: /^( +)packages: write/m, to: '$1package: write' },
  { what: 'a right of no known kind', file: PIPELINE, from: /^( +)packages: write/m, to: '$1packages: admin' },
  { what: 'every right for every job', file: PIPELINE, from: /^permissions: \{\}$/m, to: 'permissions: write-all' },
  {
    what: "a stranger's text in a script",
    file: PIPELINE,
    from: /^( +)run: \|\n/m,
    to: '$1run: |\n$1  echo "${{ github.event.pull_request.title }}"\n',
  },
  { what: 'an action by a tag that can be moved', file: PIPELINE, from: /checkout@[0-9a-f]{40} # v7\.0\.1/, to: 'checkout@v7' },
  { what: 'the token left on the disk', file: PIPELINE, from: 'persist-credentials: false', to: 'fetch-depth: 1' },
  { what: 'an input that the action does not have', file: PIPELINE, from: / known-hosts: \$/, to: ' know-hosts: $' },
  { what: 'an input that the reusable workflow does not have', file: CALLER, from: 'known-hosts:', to: 'know-hosts:' },
  { what: 'a job that waits for one that does not exist', file: PIPELINE, from: 'needs: scan', to: 'needs: scna' },
  {
    what: 'an output of a job that is not waited for',
    file: PIPELINE,
    from: 'needs.scan.outputs',
    to: 'needs.check.outputs.x || needs.deploy.outputs',
  },
  { what: 'an output of a step that does not exist', file: PIPELINE, from: 'steps.publish.outputs', to: 'steps.publsh.outputs' },
  { what: 'a runner that GitHub does not have', file: CALLER.replace('pipeline', 'rollback'), from: 'ubuntu-24.04', to: 'ubuntu-24.4' },
  { what: 'an event that does not exist', file: CALLER, from: 'pull_request:', to: 'pull_requests:' },
  { what: "secrets for the code of strangers' pull requests", file: CALLER, from: 'pull_request:', to: 'pull_request_target:' },
  { what: 'a function that does not exist', file: PIPELINE, from: 'always()', to: 'allways()' },
  { what: 'a condition that is always true', file: PIPELINE, from: /if: (needs\.\S+ == 'true')/, to: 'if: "${{ $1 }} && true"' },
  { what: 'a key that does not exist, so that a job runs for ever', file: PIPELINE, from: 'timeout-minutes:', to: 'timeout-minute:' },
  { what: 'a text where a number belongs', file: PIPELINE, from: /timeout-minutes: \d+/, to: 'timeout-minutes: sixty' },
  { what: 'a secret that the reusable workflow does not declare', file: PIPELINE, from: 'secrets.SSH_KEY', to: 'secrets.SHH_KEY' },
  { what: 'all secrets to a workflow of somebody else', file: CALLER, from: /secrets:[\s\S]*$/, to: 'secrets: inherit\n' },
]
