/** What was seen from outside during one try, and nothing that the product said. Times in milliseconds of one clock. */

/** What a service answered to /version; null where it did not. */
export interface Probe {
  readonly at: number
  readonly service: Service
  readonly version: string | null
}

export type Service = 'web' | 'worker'
export const SERVICES: readonly Service[] = ['web', 'worker']
/** One comes back after a reboot also where it was stopped on purpose, the other one not. */
export const POLICIES: Readonly<Record<string, string>> = { web: 'always', worker: 'unless-stopped' }

/** What runs at one moment, as the engine says. */
export interface Sample {
  readonly at: number
  readonly workers: number
  readonly oneOffs: number
}

/** `.deploy/current` as it was read at one moment. */
export interface Pointer {
  readonly at: number
  readonly release: string | null
}

export interface SeenContainer {
  readonly service: string
  readonly name: string
  readonly oneOff: boolean
  readonly running: boolean
  readonly version: string
  readonly policy: string
}

/** Everything, once nothing moves any more. */
export interface AtRest {
  readonly containers: readonly SeenContainer[]
  readonly lockIsFree: boolean
  /** The release that `current` names, with the version of each service as its record has it; null where it names none. */
  readonly current: { readonly release: string; readonly versions: Readonly<Record<string, string>> } | null
  /** Of the file that the release brought. */
  readonly file: string
  /** How often the migration has run, as it left it in the volume. */
  readonly migrations: number
  /** Where it left the schema. */
  readonly schema: string
  /** How often both seeds have run: the command, and the one over HTTP. */
  readonly seeds: number
  /** Operations whose journal has no end, and logins that were left. */
  readonly leftOver: readonly string[]
}

export interface History {
  readonly oldVersion: string
  readonly newVersion: string
  /** Whether the new version can become healthy. */
  readonly newIsGood: boolean
  /** The command is a rollback, which runs no migration. */
  readonly isRollback: boolean
  /** Going back takes the schema back, too: `migrate.undo: down`. */
  readonly undoesSchema: boolean
  /** The release to go back to is sick now: the rollback fails, and what it left is to stay. */
  readonly rollbackFails: boolean
  readonly before: AtRest
  /** Whether somebody held the lock while the program waited at the failpoint; null where it was not the program. */
  readonly lockWasHeld: boolean | null
  readonly probes: readonly Probe[]
  readonly samples: readonly Sample[]
  readonly pointers: readonly Pointer[]
  /** After the fault, once the lock is free. */
  readonly afterFault: AtRest
  /** Whether somebody was left who had to put things right without another command. */
  readonly someoneIsLeft: boolean
  /** How the command ended that met the fault; null where it was the victim. */
  readonly firstExit: number | null
  readonly afterRerun: AtRest
  readonly secondExit: number | null
  /** Longest time without an answer that is still in order. */
  readonly gapLimit: number
}
