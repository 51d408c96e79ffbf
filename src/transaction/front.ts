import { commandLine } from '../commands/quote.ts'
import docker from './program/docker.sh'
import front from './program/front.sh'
import observe from './program/observe.sh'

export interface FrontArguments {
  readonly verb: 'operate' | 'observe' | 'follow'
  /** Begins every line that is ours. */
  readonly nonce: string
  readonly directory: string
  readonly project: string
  readonly operation: string
  readonly environmentFile: string
  readonly waitSeconds: number
  /** Who holds the lock, for those who wait: user, run, step. */
  readonly holder: string
  /** rollback: what was asked for; follow: the journal line to begin with. */
  readonly target: string
  /** Whose releases are meant where several repositories ship into one stack: "owner/name", or "-". */
  readonly repository: string
}

/** The one command of the one exec: fixed text and arguments that hold no secret, so `ps` on the server may show it. */
export const frontCommand = (given: FrontArguments): string =>
  `${FRONT} ${commandLine([given.verb, given.nonce, given.directory, given.project, given.operation, given.environmentFile, String(given.waitSeconds), given.holder, given.target, given.repository])}`

/** Comments stay here: every byte of the command crosses the wire before the server can begin. */
const withoutComments = (script: string): string =>
  script
    .split('\n')
    .filter((line) => !/^\s*(#.*)?$/.test(line))
    .map((line) => line.trimStart())
    .join('\n')

const TEXT = [docker, observe, front, 'run_front'].map(withoutComments).join('\n')

/** What of that command is the same in every run of this version. */
export const FRONT = `exec ${commandLine(['sh', '-c', TEXT, 'deploy-action'])}`
