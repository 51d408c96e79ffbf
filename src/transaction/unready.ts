import { DeployError } from '../errors.ts'
import type { RemoteProgram, RemoteTarget } from './remote.ts'
import { oneLine, type Told } from './told.ts'

export interface Place {
  readonly target: RemoteTarget
  readonly directory: string
}

/** Why a server was never ready to go: what it told, and how its command ended; nothing of this run was begun. */

export const locked = (holder: string, { target, directory }: Place): DeployError =>
  new DeployError('LOCK', `another operation holds the stack in ${directory} on ${target.host}: ${oneLine(holder)}`, {
    hint: 'by hand: wait for it, then run this again (deploy-action status shows it); the lock frees itself when its holder ends',
  })

/** A key with a gate before it, which let nothing of this through: src/rollback-key. */
export const notForThisKey = (sentence: string, { target }: Place): DeployError =>
  new DeployError('AUTH', `${target.user}@${target.host}: ${oneLine(sentence)}; nothing was touched`, {
    hint: 'by hand: give the deploy key for what this one may not; where deploy-action is another version than at the last deploy, deploy once with that key',
  })

/** Connected, alive by its keepalives, and yet without an answer: an engine that hangs, a full process table, somebody else's server. */
export const silent = (how: string, { target, directory }: Place, program: RemoteProgram): DeployError =>
  new DeployError('CONNECT', `${target.host} runs our command and ${how}; nothing of this run was begun`, {
    evidence: lastWords(program),
    hint: `by hand: look on the server: timeout 10 docker ps; ps aux | grep deploy-action; tail -n 3 ${directory}/.deploy/operations/*/journal`,
  })

/** What we sent was cut on its way, or there is no room for it. */
export const notWhole = (what: string, { isFull }: Pick<Told, 'isFull'>, { target, directory }: Place): DeployError =>
  isFull
    ? new DeployError('CONFIG', `${target.host} has no room left for the ${what} in ${directory}; nothing was touched`, {
        hint: `by hand: make room on the server: df -h ${directory}`,
      })
    : new DeployError('CONNECT', `the ${what} did not arrive whole on ${target.host}; nothing was touched`, {
        hint: 'by hand: run it again',
      })

/** A shell that is none, or one that ends before it runs our command. */
export const noShell = async ({ target }: Place, program: RemoteProgram): Promise<DeployError> => {
  const ended = await program.ended
  const how =
    ended.kind === 'lost'
      ? ended.reason
      : ended.kind === 'exit'
        ? `it ended with exit code ${ended.code}`
        : `it was ended by ${ended.signal}`
  return new DeployError('CONNECT', `${target.host} did not answer as a shell does: ${how}; nothing was touched`, {
    evidence: lastWords(program),
    hint: `by hand: its login shell must be a POSIX shell; try ssh -p ${target.port} ${target.user}@${target.host} 'sh -c "echo works"'`,
  })
}

export const cancelledBefore = (): DeployError =>
  new DeployError('CANCELLED', 'the run was cancelled before anything was touched', { hint: 'by hand: run it again' })

const lastWords = (program: RemoteProgram): readonly string[] => program.stderr().split('\n').filter(Boolean).slice(-10)
