import type { Observed } from '../plan/observed.ts'
import { ownerWarnings, type PreflightQuestion, refusalsByCheck, unmadeBinds, warnings } from '../plan/preflight.ts'
import { type Finding, fail, pass, warn } from './finding.ts'

/** What a deploy would refuse, or warn of, as the same code says it; and what is well. */
export const seenFindings = (observed: Observed, question: PreflightQuestion, owned: readonly string[]): readonly Finding[] => {
  const refused = refusalsByCheck(observed, question)
  const failures = Object.entries(refused).flatMap(([check, found]) => found.map(({ sentence, hint }) => fail(check, sentence, hint)))
  const owners = ownerWarnings(observed)
  const unmade = unmadeBinds(observed, question.path)
  return [
    ...failures,
    ...Object.entries(wellSentences(observed, question))
      .filter(([check, sentence]) => sentence !== null && (refused[check as keyof typeof refused] ?? []).length === 0)
      .map(([check, sentence]) => pass(check, sentence ?? '')),
    ...owners.map((sentence) => warn('bind mounts', sentence, mendIn(sentence))),
    ...unmade.map((source) =>
      warn(
        'bind mounts',
        `${source} does not exist: Docker would make it as a folder of root`,
        source.startsWith(`${question.path}/`)
          ? `on the server: install -d ${source}\nby hand: and chown it to the user of the container`
          : 'by hand: make it there before, as the file or the folder that the container expects',
      ),
    ),
    ...(owners.length === 0 && unmade.length === 0 && !('error' in observed.model)
      ? [pass('bind mounts', 'no container is kept from writing its own')]
      : []),
    ...warnings({ ...observed, missingBinds: [] }, question, owned).map((sentence) => warn('services', sentence, mendIn(sentence))),
    ...standing(observed),
  ]
}

/** By the same names as the refusals. */
const wellSentences = ({ engine, compose, environmentFile, model }: Observed, { required, environmentFile: file }: PreflightQuestion) => ({
  engine:
    'version' in engine && 'version' in compose ? `Docker ${engine.version} with compose ${compose.version}, ${engine.platform}` : null,
  'compose files': 'services' in model ? `compose resolves ${Object.keys(model.services).join(', ')} on the server` : null,
  environment:
    required.length > 0
      ? `${required.join(', ')} ${required.length === 1 ? 'is' : 'are'} set in ${file}`
      : `${file} ${environmentFile === null ? 'is not there, and nothing of it is required' : 'is there; the config requires nothing of it (environments.*.env.required)'}`,
  ports: 'services' in model ? 'every port that is published is free, or ours' : null,
})

/** The command after the last semicolon, where a sentence ends with one. */
const mendIn = (sentence: string): string | null =>
  /; ((?:on the server: |restart:|deploy\.)[^;]*)$/
    .exec(sentence)?.[1]
    ?.replace(/^(?=restart:|deploy\.)/, 'by hand: in the compose file, at the service: ') ?? null

const standing = ({ broken, unfinished, current }: Observed): readonly Finding[] => [
  ...(broken === null
    ? []
    : [
        fail(
          'stack',
          `an operation left the stack BROKEN: ${broken.sentences.join('; ')}`,
          'deploy-action rollback\nby hand: or deploy a version that works with deploy-action deploy --from-broken',
        ),
      ]),
  ...unfinished.map((operation) => warn('stack', `operation ${operation} is unfinished`, 'deploy-action deploy')),
  ...(broken === null && unfinished.length === 0
    ? [pass('stack', current === null ? 'nothing was deployed here yet' : `release ${current} is in force`)]
    : []),
]
