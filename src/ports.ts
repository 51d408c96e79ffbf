/**
 * With what? The effects that the rooms may use, as small interfaces; `src/adapters/` holds the real ones.
 * Tests hand in their own, so no module is ever mocked.
 */

/** A command that is not yet text: one element an argument, never a shell fragment. Holds no secret. */
export type Argv = readonly [string, ...string[]]

/** A value that must not be printed: it shows itself as `***` wherever text is made of it. */
export class Secret {
  readonly #value: string
  constructor(value: string) {
    this.#value = value
  }
  reveal(): string {
    return this.#value
  }
  toString(): string {
    return '***'
  }
  toJSON(): string {
    return '***'
  }
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return '***'
  }
}

export interface RunOptions {
  readonly cwd?: string
  /** The whole environment of the child; absent: that of this process. */
  readonly env?: Readonly<Record<string, string>>
  /** Written to the child's standard input, then closed. Secrets go here, never into the arguments. */
  readonly input?: string | Uint8Array
  /** The child and all that it started are stopped after this time; the result then says `timedOut`. */
  readonly timeoutMs?: number
  /** Called for each line of either stream as it comes, without its newline, bounded in length. */
  readonly onLine?: (line: string, stream: 'stdout' | 'stderr') => void
}

export interface RunResult {
  /** null where a signal ended it. */
  readonly code: number | null
  readonly signal: string | null
  readonly timedOut: boolean
  /** Bounded: the end is kept where there was more than the limit. */
  readonly stdout: string
  readonly stderr: string
  readonly durationMs: number
}

/** Runs a program on this machine. Throws only where it could not be started. */
export interface Programs {
  run(argv: Argv, options?: RunOptions): Promise<RunResult>
}

export interface Clock {
  /** Wall clock, for people. */
  now(): Date
  /** Milliseconds that never jump, for durations. */
  elapsed(): number
  sleep(ms: number): Promise<void>
}

/** What people watch. On a runner: groups, annotations, masks; in a terminal: lines on stderr. */
export interface Log {
  group<T>(sentence: string, work: () => Promise<T>): Promise<T>
  info(line: string): void
  /** Shown under the debug switch only. */
  debug(line: string): void
  warning(line: string, place?: { readonly file: string; readonly line: number; readonly column?: number }): void
  error(line: string, place?: { readonly file: string; readonly line: number; readonly column?: number }): void
  /** Text that others wrote (servers, containers, tools): it can never become a command of the runner's. */
  foreign(line: string): void
  /** Everything printed from here on shows `***` in its place. Call it before anything else sees the value. */
  mask(value: string): void
}

/** Cancelled when the run is (SIGINT, SIGTERM). */
export interface Cancellation {
  readonly signal: AbortSignal
}

export interface RegistryCredentials {
  readonly username: string
  readonly password: Secret
}

/** A manifest or index exactly as it is stored; the digest was computed from these bytes. */
export interface StoredManifest {
  readonly mediaType: string
  readonly digest: string
  readonly bytes: Uint8Array
}

/** What a blob is uploaded from. */
export interface BlobSource {
  readonly digest: string
  readonly size: number
  /** A file that holds exactly these bytes. */
  readonly path: string
}

/**
 * One container registry. Repositories are named without the host. Whatever is received was compared with its
 * digest; 429 and 5xx were retried, bounded.
 * @throws DeployError CONNECT (not reached), AUTH (credentials refused), PUBLISH (a write refused)
 */
export interface Registry {
  readonly host: string
  /** By tag or digest; null where there is none. */
  manifest(repository: string, reference: string): Promise<StoredManifest | null>
  /** A small blob, such as an image's config. */
  blob(repository: string, digest: string): Promise<Uint8Array>
  hasBlob(repository: string, digest: string): Promise<boolean>
  putBlob(repository: string, source: BlobSource): Promise<void>
  /** Whether these credentials may push there, as the registry's own token says; null where it does not say. Writes nothing. */
  mayPush?(repository: string): Promise<boolean | null>
  /** Stores it under a tag or its own digest. */
  putManifest(repository: string, reference: string, manifest: StoredManifest): Promise<void>
  /** All of them; none where there is no such repository. */
  tags(repository: string): Promise<readonly string[]>
  /** With every tag that names it. What is gone already is no error. */
  deleteManifest(repository: string, digest: string): Promise<void>
}

/** Makes a client; nothing is sent before its first call. */
export type OpenRegistry = (host: string, credentials: RegistryCredentials | null) => Promise<Registry>

/** The two calls of GitHub's packages API that retention needs; whoever has a client of it fits them to that. */
export interface PackagesApi {
  /** One page of `GET /{users,orgs}/OWNER/packages/container/NAME/versions`, pages counted from 1; empty after the last. */
  readonly page: (owner: string, name: string, page: number) => Promise<readonly PackageVersion[]>
  readonly remove: (owner: string, name: string, id: number) => Promise<void>
}

/** @see https://docs.github.com/en/rest/packages/packages#list-package-versions-for-a-package-owned-by-an-organization */
export interface PackageVersion {
  readonly id: number
  /** The digest. */
  readonly name: string
  readonly created_at: string
  readonly metadata?: { readonly container?: { readonly tags?: readonly string[] } }
}

/** A program that is downloaded once, and only run if it is exactly the expected archive. */
export interface ToolDownload {
  readonly name: string
  readonly version: string
  /** A .tar.gz. */
  readonly url: string
  /** Of the archive, as 64 hex digits. */
  readonly sha256: string
  /** The program inside the archive. */
  readonly program: string
}

/** @returns path of the program. @throws DeployError SCANNER where it cannot be had, or is another one */
export type InstallTool = (tool: ToolDownload) => Promise<string>

/** Why something is not on GitHub's pages, or was not to be had there. A deploy never fails by it: it is told, and that is all. */
export class NotPosted extends Error {
  /**
   * `forbidden`: the token may not. `refused`: GitHub understood and said no. `silent`: throttled, failing, or not
   * reached, so that more of the same is not worth trying.
   */
  readonly kind: 'forbidden' | 'refused' | 'silent'
  constructor(kind: NotPosted['kind'], why: string, cause?: unknown) {
    super(why, { cause })
    this.name = 'NotPosted'
    this.kind = kind
  }
}

/** https://docs.github.com/en/rest/deployments/statuses#create-a-deployment-status, those that we write. */
export type DeploymentState = 'in_progress' | 'success' | 'failure' | 'error' | 'inactive'

/** A deployment as GitHub's environments page lists it. */
export interface SeenDeployment {
  readonly id: number
  /** 40 hex digits. */
  readonly sha: string
  readonly environment: string
  readonly creator: string | null
  /** What its creator put there; text of others. */
  readonly payload: unknown
}

export interface SeenStatus {
  readonly state: string
  readonly description: string
  /** Where its log is; empty where nobody said. */
  readonly logUrl: string
}

export interface SeenComment {
  readonly id: number
  readonly body: string
  readonly author: { readonly login: string; readonly isBot: boolean } | null
}

/**
 * What we ask of GitHub's API, of the job's own repository. Throttled and failed calls were repeated where that is
 * safe, bounded in time. Descriptions are cut to what GitHub takes.
 * @throws NotPosted
 */
export interface GitHub {
  /** The newest first, 30 at most. */
  deployments(of: { readonly sha?: string; readonly environment?: string }): Promise<readonly SeenDeployment[]>
  /** The newest status; null where there is none. */
  deploymentStatus(id: number): Promise<SeenStatus | null>
  /** @returns its id */
  createDeployment(deployment: {
    readonly sha: string
    readonly environment: string
    readonly description: string
    readonly payload: Readonly<Record<string, string>>
  }): Promise<number>
  setDeploymentStatus(
    id: number,
    status: { readonly state: DeploymentState; readonly description: string; readonly logUrl?: string; readonly url?: string },
  ): Promise<void>
  setCommitStatus(
    sha: string,
    status: {
      readonly state: 'pending' | 'success' | 'failure' | 'error'
      readonly context: string
      readonly description: string
      readonly url?: string
    },
  ): Promise<void>
  /** The newest of that name; null where there is none among the last 100. */
  commitStatus(sha: string, context: string): Promise<{ readonly state: string; readonly url: string } | null>
  /** All comments of a pull request, oldest first. */
  comments(pullRequest: number): Promise<readonly SeenComment[]>
  createComment(pullRequest: number, body: string): Promise<void>
  updateComment(id: number, body: string): Promise<void>
  /** Whose token it is: a person's login; null for that of an app, such as the job's own. */
  person(): Promise<string | null>
  /** A file of the repository, at a branch; null where none is to be seen there: one that the token may not see is told the same. */
  fileAt(path: string, branch: string): Promise<Uint8Array | null>
  uploadSarif(sarif: { readonly sha: string; readonly ref: string; readonly text: string }): Promise<void>
}

export interface Ports {
  readonly programs: Programs
  readonly clock: Clock
  readonly log: Log
  readonly cancellation: Cancellation
  readonly openRegistry: OpenRegistry
  /** The environment as it was when we started; rooms read no `process.env` of their own. */
  readonly env: Readonly<Record<string, string | undefined>>
}
