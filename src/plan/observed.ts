import type { DataSeen } from './data-seen.ts'

/** The server as one look found it. Everything in here came from outside: shown escaped, never trusted as a command. */
export interface Observed {
  /** Tools every Linux server has, that this one lacks. */
  readonly missingTools: readonly string[]
  /** `foreign`: what is ours in it cannot be written, though the directory itself can. */
  readonly directory: 'there' | 'missing' | 'unwritable' | 'foreign'
  readonly user: { readonly name: string; readonly groups: readonly string[] }
  readonly bash: boolean
  readonly engine: { readonly version: string; readonly platform: string } | { readonly error: string }
  readonly compose: { readonly version: string } | { readonly error: string }
  readonly containers: readonly ObservedContainer[]
  /** Image id → the registry digests it is known by. */
  readonly imageDigests: Readonly<Record<string, readonly string[]>>
  /** Wanted references that need no pull. */
  readonly present: readonly string[]
  readonly disk: readonly { readonly mount: string; readonly freeKib: number }[]
  /** Addresses and ports that something listens on. */
  readonly listening: readonly { readonly address: string; readonly port: number }[]
  /** Container name → what it publishes, as the engine says it; of all projects. */
  readonly published: readonly { readonly name: string; readonly ports: string }[]
  /** Names of the containers that are not of this project. */
  readonly otherContainers: readonly string[]
  readonly environmentFile: { readonly mode: string; readonly owner: string } | null
  /** Required variables that are set and not empty, as compose reads them. */
  readonly environmentSet: readonly string[]
  /** Variables whose condition holds: they are required. */
  readonly environmentNeeded: readonly string[]
  /** Variables whose value is nothing but a comment behind the "=": compose takes it for the value. */
  readonly environmentComments: readonly string[]
  /** Of the comparisons that were asked for, those that did not go well; unknown: this compose tells no values. */
  readonly environmentMisses: readonly { readonly check: 'match' | 'changed'; readonly name: string; readonly unknown: boolean }[]
  readonly model: ComposeModel | { readonly error: string }
  /** Service → hash of its whole resolved configuration. */
  readonly hashes: Readonly<Record<string, string>>
  /** The same, as the current release was deployed. */
  readonly recordedHashes: Readonly<Record<string, string>>
  readonly binds: readonly {
    readonly source: string
    readonly uid: number
    readonly gid: number
    readonly mode: string
    readonly kind: string
  }[]
  readonly missingBinds: readonly string[]
  /** Networks and volumes that the compose files take as they are, and that are not there. */
  readonly missingExternals: readonly { readonly kind: 'network' | 'volume'; readonly name: string }[]
  /** Path → sha256 of what lies in the deploy directory now. */
  readonly files: Readonly<Record<string, string>>
  /** Path → sha256 of what this release brings. */
  readonly brought: Readonly<Record<string, string>>
  /** Paths that the current release brought. */
  readonly manifest: readonly string[]
  readonly releases: readonly ReleaseRecord[]
  /** Records that are none: damaged, or written by somebody else. */
  readonly unreadable: readonly { readonly id: string; readonly why: string }[]
  /** Of the repository that asks; others of the same stack have their own. */
  readonly current: string | null
  /** Repository → its release that is in force. */
  readonly parts: Readonly<Record<string, string>>
  /** Path → what another repository of the stack brought there. */
  readonly othersBrought: Readonly<Record<string, { readonly repository: string; readonly sum: string }>>
  /** For a rollback: the release it goes to, as the server found it by what was asked. */
  readonly target: string | null
  /** In order of time; `started` is of one that began, and ended well only where the next line of its name is not. */
  readonly seeds: readonly { readonly name: string; readonly hash: string; readonly release: string; readonly started?: true }[]
  /** What was asked about the data, where a command needs it. */
  readonly data?: DataSeen
  /** What an operation could not put right. */
  readonly broken: BrokenMark | null
  /** Operations without an end: not settled by a look, or such that even their own program could not. */
  readonly unfinished: readonly string[]
}

/** Left by an operation whose going back failed; a success of the same repository removes it. */
interface BrokenMark {
  readonly repository: string
  readonly operation: string
  readonly kind: string
  readonly release: string
  readonly since: string
  /** What had failed, and what failed of going back. */
  readonly sentences: readonly string[]
}

export interface ObservedContainer {
  readonly id: string
  readonly name: string
  readonly service: string
  readonly oneOff: boolean
  /** The operation of ours that started it as a one-off run; empty for all others. */
  readonly operation: string
  readonly image: string
  readonly imageId: string
  readonly state: string
  readonly started: string
  readonly restarts: number
  readonly health: string | null
  readonly policy: string
  /** Volumes without a name of their own: a new container does not get what is in them. */
  readonly anonymousVolumes: readonly { readonly name: string; readonly path: string }[]
}

/** What compose resolved, without anything that may hold a secret. */
export interface ComposeModel {
  readonly services: Readonly<Record<string, ComposeService>>
}

export interface ComposeService {
  readonly image: string
  readonly containerName: string | null
  readonly restart: string | null
  readonly replicas: number
  readonly ports: readonly { readonly address: string; readonly published: number; readonly target: number; readonly protocol: string }[]
  readonly binds: readonly { readonly source: string; readonly target: string; readonly readOnly: boolean }[]
  /** Where in the container something is mounted, of whatever kind. */
  readonly mounted: readonly string[]
  readonly dependsOn: Readonly<Record<string, string>>
  readonly healthcheck: boolean
  readonly limits: boolean
  readonly privileged: boolean
  readonly networkMode: string | null
  readonly user: string | null
}

/** What is kept of every release: enough to bring it back without its repository. */
export interface ReleaseRecord {
  readonly id: string
  readonly number: number
  readonly kind: 'deploy' | 'rollback'
  /** For a rollback: the release whose bytes run again. */
  readonly of: string | null
  /** Where a rollback from here goes when nothing else is asked for. */
  readonly fallback: string | null
  readonly commit: string
  readonly ref: string | null
  readonly repository: string | null
  readonly actor: string | null
  readonly run: string | null
  readonly reason: string | null
  readonly operation: string
  readonly images: Readonly<
    Record<string, { readonly reference: string; readonly digest: string; readonly platforms: Readonly<Record<string, string>> }>
  >
  readonly services: Readonly<Record<string, ReleasedService>>
  readonly smoke: readonly ReleasedSmoke[]
  /** Services that run no image of ours and that this repository looks after. */
  readonly infrastructure: readonly string[]
  /** All that the stack runs with this release: repository → what of it is in force. */
  readonly stack: Readonly<Record<string, ReleasedPart>>
  readonly schema: { readonly before: string; readonly after: string }
  /** The release before this one can live with the schema that this one left. */
  readonly compatible?: boolean
  readonly committed: string
}

/** What one repository shipped into a stack. */
export interface ReleasedPart {
  readonly release: string
  readonly commit: string
  /** Image name → repository@sha256:… */
  readonly images: Readonly<Record<string, string>>
}

export interface ReleasedService {
  readonly image: string
  readonly digest: string
  readonly order: 'stop-first' | 'start-first'
  /** Absent where every replica was exchanged by itself. */
  readonly parallelism?: number
  /** Absent where the compose file asked for one. */
  readonly replicas?: number
  readonly exactly: boolean
  /** Absent where it waits for those alone that `after` names. */
  readonly last?: boolean
  readonly after: readonly string[]
  readonly readiness: Readiness
  /** The name the compose file gives its container; empty where it gives none. */
  readonly containerName: string
}

interface ReleasedSmoke {
  readonly name: string
  readonly service: string
  readonly ask: Ask
  readonly retries: number
  readonly timeout: number
}

/** How a container is asked whether it is ready. `auto`: its own health check if it has one, else that it runs. */
export type Ask =
  | {
      readonly kind: 'http'
      readonly port: number
      readonly path: string
      readonly status: readonly number[]
      readonly contains: string | null
      readonly patterns: readonly string[]
    }
  | { readonly kind: 'exec'; readonly argv: readonly string[] }
  | { readonly kind: 'log'; readonly text: string }
  | { readonly kind: 'auto' }

/** Times in milliseconds. */
export interface Readiness {
  readonly ask: Ask
  readonly grace: number
  readonly interval: number
  readonly retries: number
  readonly deadline: number
  readonly stable: number
}
