/**
 * What can go wrong, in one table: the code is the action's `failure-code` output, the first word of the
 * message, and decides the exit code of the command line. Users' scripts hold on to these.
 */
export const FAILURES = {
  CHECK: { exit: 10, meaning: 'lint or tests failed' },
  BUILD: { exit: 11, meaning: 'an image did not build' },
  SCAN: { exit: 12, meaning: 'the scan policy was violated' },
  SCANNER: { exit: 13, meaning: 'the scanner gave no trustworthy verdict' },
  PUBLISH: { exit: 14, meaning: 'a push or tag was refused' },
  STALE: { exit: 15, meaning: 'an older commit than what serves' },
  PULL: { exit: 20, meaning: 'the server could not get the image' },
  BACKUP: { exit: 21, meaning: 'no proven backup, so no migration' },
  MIGRATE: { exit: 22, meaning: 'the migration failed; the old version serves' },
  SEED: { exit: 23, meaning: 'seeding failed; services rolled back, data not undone' },
  HEALTH: { exit: 24, meaning: 'not healthy in time; rolled back' },
  SMOKE: { exit: 25, meaning: 'the smoke test failed; rolled back' },
  BROKEN: { exit: 30, meaning: 'the rollback failed too; a person must act' },
  UNKNOWN: { exit: 31, meaning: 'contact lost and not regained; the server finishes alone' },
  CANCELLED: { exit: 32, meaning: 'the run was cancelled' },
  CONNECT: { exit: 69, meaning: 'server or registry not reached' },
  BUG: { exit: 70, meaning: 'our mistake' },
  LOCK: { exit: 75, meaning: 'another deploy holds the stack' },
  HOSTKEY: { exit: 76, meaning: 'the server is not the pinned one' },
  AUTH: { exit: 77, meaning: 'key or token refused' },
  CONFIG: { exit: 78, meaning: 'config, input, environment or preflight' },
} as const

export type FailureCode = keyof typeof FAILURES

export interface FailureDetails {
  /**
   * What helps, a line each: a command to run here, `on the server: COMMAND` (as the user who deploys, unless it begins with
   * sudo), each ready to type; or `by hand: …` for what only somebody who knows the project or the server can decide.
   */
  readonly hint?: string | undefined
  /** What was seen: last lines of output, one string a line. */
  readonly evidence?: readonly string[] | undefined
  /** What answers users now, e.g. "release 16-3f2c1ab serves". */
  readonly serving?: string | undefined
  /** Where in the user's files: shown as an annotation. */
  readonly places?: readonly Place[] | undefined
  readonly cause?: unknown
  /** Nothing was started because of it, whatever its code says of what was before. */
  readonly refused?: boolean
}

export interface Place {
  readonly file: string
  /** Counted from 1. */
  readonly line: number
  /** Counted from 1. */
  readonly column: number
  readonly message: string
}

/** The only error that is meant for people; everything else that is thrown is a bug of ours. */
export class DeployError extends Error {
  readonly code: FailureCode
  readonly details: FailureDetails

  /** @param sentence what failed and where, without the code: `api on web-1 was "starting" after 60 s` */
  constructor(code: FailureCode, sentence: string, details: FailureDetails = {}) {
    super(`${code}: ${sentence}`, details.cause === undefined ? undefined : { cause: details.cause })
    this.name = 'DeployError'
    this.code = code
    this.details = details
  }
}

export const exitCodeOf = (code: FailureCode): number => FAILURES[code].exit
