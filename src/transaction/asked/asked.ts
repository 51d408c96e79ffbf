import { randomBytes } from 'node:crypto'
import { commandLine } from '../../commands/quote.ts'
import { DeployError } from '../../errors.ts'
import type { Clock } from '../../ports.ts'
import docker from '../program/docker.sh'
import secrets from '../program/secrets.sh'
import type { Remote } from '../remote.ts'
import { notForThisKey, type Place } from '../unready.ts'
import history from './history.sh'
import logs from './logs.sh'

/** A server that only tells has this long. */
const PATIENCE_MS = 60_000
const MOST_LINES = 20_000

export interface LogsQuestion {
  readonly directory: string
  readonly environmentFile: string
  readonly project: string
  /** Empty for all. */
  readonly service: string
  readonly lines: number
  /** What an operation printed, by its release; empty for what the containers print. */
  readonly release: string
}

/** A question that is one command: it takes no lock, and writes nothing. */
export type Question = (nonce: string) => string

export const askLogs =
  ({ directory, environmentFile, project, service, lines, release }: LogsQuestion): Question =>
  (nonce) =>
    command(`${docker}\n${secrets}\n${logs}`, [nonce, directory, environmentFile, project, service, String(lines), release])

export const askHistory =
  (directory: string): Question =>
  (nonce) =>
    command(history, [nonce, directory])

const command = (text: string, words: readonly string[]): string =>
  `exec ${commandLine(['sh', '-c', withoutComments(text), 'deploy-action', ...words])}`

const withoutComments = (script: string): string =>
  script
    .split('\n')
    .filter((line) => !/^\s*(#.*)?$/.test(line))
    .join('\n')

/** Its lines, without what others wrote in between. @throws DeployError CONNECT where it did not come to its end, AUTH where the key may not ask it */
export const answers = async (remote: Remote, question: Question, place: Place, clock: Clock): Promise<readonly string[]> => {
  const nonce = randomBytes(12).toString('hex')
  const program = await remote.start(question(nonce))
  program.end()
  const lines: string[] = []
  const read = async (): Promise<boolean> => {
    for await (const line of program.lines) {
      if (line === `${nonce} end`) return true
      if (line.startsWith(`${nonce} `) && lines.length < MOST_LINES) lines.push(line.slice(nonce.length + 1))
    }
    return false
  }
  // its end is told after its last line, and by then all of its complaints are here
  const isWhole = read().then(async (isOver) => isOver || (await program.ended.then(() => false)))
  if (await Promise.race([isWhole, clock.sleep(PATIENCE_MS).then(() => false)])) return lines
  const complaints = program.stderr().split('\n').filter(Boolean).slice(-5)
  const [refusal] = complaints.flatMap((line) => /^deploy-action: (this key may only .*)/.exec(line)?.[1] ?? [])
  if (refusal !== undefined) throw notForThisKey(refusal, place)
  throw new DeployError('CONNECT', `${place.target.host} did not tell to its end what it was asked`, {
    evidence: complaints,
    hint: 'deploy-action doctor',
  })
}
