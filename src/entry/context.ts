import type { Config, EnvironmentConfig } from '../config/schema.ts'
import type { FailureCode, Place } from '../errors.ts'
import type { Ports, Secret } from '../ports.ts'
import type { Facts, ImageReport, KeptImages, ResultDocument, Verdict } from '../report/document.ts'
import type { OwnMachine } from './own-machine.ts'

/** What a job can show on GitHub, beside its log and summary. */
export const POSTS = ['deployments', 'statuses', 'comment', 'code-scanning'] as const
export type PostKind = (typeof POSTS)[number]

/** Commands that work without a config, or where there is something wrong with it. */
export const EARLY_COMMANDS = ['init', 'doctor', 'exec'] as const
export const COMMANDS = [
  'check',
  'build',
  'scan',
  'publish',
  'plan',
  'deploy',
  'rollback',
  'restore',
  'status',
  'prune',
  'logs',
  'history',
  'all',
  ...EARLY_COMMANDS,
] as const
export type CommandName = (typeof COMMANDS)[number]
export type EarlyName = (typeof EARLY_COMMANDS)[number]
/** For people at a terminal: no action of their own. */
export const TERMINAL_COMMANDS: readonly CommandName[] = ['init', 'exec']

/** What was asked, by inputs of the action or by the command line: both are read into this. */
export interface Request {
  readonly command: CommandName
  readonly configPath: string
  /** Absent where the config has just one. */
  readonly environment?: string
  readonly json: boolean
  readonly dryRun: boolean
  /** Image name → repository@sha256:… that is to be deployed. */
  readonly images: Readonly<Record<string, string>>
  /** What an earlier job built, and perhaps scanned and published: its `images`, for jobs that share no disk. */
  readonly handedOver?: Readonly<Record<string, ImageReport>>
  /** prune: what the servers of each environment need, as `status` gave it. */
  readonly kept?: readonly KeptImages[]
  /** scan: what was handed over is of other commits, or of other repositories; nothing is recorded. */
  readonly audit?: boolean
  /** build: these images of the config, and not all. */
  readonly only?: readonly string[]
  /** build: these platforms, and not all of each image. */
  readonly platforms?: readonly string[]
  /** build: nothing is built; what is to be built where, for a workflow's matrix. */
  readonly matrix?: boolean
  /** build: platform → label of the runner that builds it. */
  readonly runners?: Readonly<Record<string, string>>
  /** build: what other machines built of this commit, to be made one image each; plan: the same, of a build that pushed nothing. */
  readonly parts?: readonly Readonly<Record<string, ImageReport>>[]
  /** Values for `${NAME}` in the config, before those of the environment. */
  readonly variables?: Readonly<Record<string, string>>
  /** rollback, logs: a release id, its number, or a commit prefix; absent: the last good one, and what runs. */
  readonly release?: string
  /** rollback, restore: which backup's data comes back. */
  readonly backup?: string
  /** What is typed to confirm that data is overwritten. */
  readonly confirm?: string
  /** rollback: the schema goes back, too. */
  readonly down?: boolean
  /** Without seeding. */
  readonly noSeed: boolean
  /** Deploy although the stack is BROKEN. */
  readonly fromBroken: boolean
  /** Replaces `registry.host` of the config: a mirror, a test registry. */
  readonly registry?: string
  readonly registryUsername?: string
  readonly registryPassword?: Secret
  readonly sshKey?: Secret
  /** known_hosts lines that replace those of the environment. */
  readonly knownHosts?: string
  /** Where reports are written; the folder is made. */
  readonly reports: string
  /** Why: kept in the release record and shown by status. */
  readonly reason?: string
  /** What a job posts to GitHub; absent where nobody said. */
  readonly post?: readonly PostKind[]
  /** logs: of this service only. */
  readonly service?: string
  /** logs: how many lines of each container. */
  readonly lines?: number
  /** init: the server, as HOST or USER@HOST. */
  readonly host?: string
  /** init: the user on the server. */
  readonly user?: string
  /** doctor: print what makes a fresh server ready. */
  readonly prepare?: boolean
  /** doctor: what --prepare prints is for this public key, which may only go back. */
  readonly rollbackKey?: string
  /** init: what is there may be overwritten. */
  readonly yes?: boolean
}

/** The commit that is built or deployed. */
export interface Commit {
  /** 40 hex digits. */
  readonly sha: string
  /** Branch or tag name; null on a detached head. */
  readonly ref: string | null
  /** Repository as people know it, "owner/name"; null where git has no remote. */
  readonly repository: string | null
  /** https address of the source; null likewise. */
  readonly source: string | null
  /** ISO 8601 time of the commit. */
  readonly created: string
  /** A working tree that differs from the commit. */
  readonly dirty: boolean
}

/** What a command saw or made that its report does not hold, and that is shown elsewhere. */
export interface Noted {
  /** The server was looked at. */
  looked: boolean
  /** Releases of this repository on the server, oldest first. */
  releases: readonly { readonly id: string; readonly commit: string }[]
  /** The one in force. */
  current: string | null
  /** Paths of reports in SARIF, relative to the folder of the run. */
  sarif: readonly string[]
}

/** How a stage ended. */
export interface Ended {
  readonly failureCode: FailureCode | null
  readonly message: string
}

/** Whoever shows elsewhere how far a run is. Never throws, and never keeps the run waiting before its end. */
export interface Following {
  begins(stage: CommandName, context: Context): void
  ends(stage: CommandName, context: Context, ended: Ended): void
  /** @returns sentences about what could not be shown */
  finish(document: ResultDocument): Promise<readonly string[]>
}

/** Everything a command works with. One file per command: `src/entry/<command>.ts` exports `run(context)`. */
export interface Context {
  readonly request: Request
  readonly config: Config
  /** The project: folder of the config file; paths of the config are relative to it. */
  readonly project: string
  readonly commit: Commit
  /** What this machine knows of the servers; absent on a runner, and where no server is asked. */
  readonly own?: OwnMachine
  readonly ports: Ports
  readonly facts: Facts
  readonly noted: Noted
  readonly following?: Following
  /** All that the config has, also those that are not in `config` because this command asks no server and their variables are missing. */
  readonly environmentNames: readonly string[]
  /** Where something stands in the config file, for what is found to be wrong with it later; the file as seen from the project. */
  placeOf(path: readonly (string | number)[], message: string): Place
  /** The environment that was asked for. @throws DeployError CONFIG, with the names there are */
  environment(): { readonly name: string; readonly config: EnvironmentConfig }
  /** Runs one step in a log group and records it with its duration and result, also when it throws. */
  step<T>(name: string, cause: string, work: () => Promise<T>): Promise<T>
}

export type Command = (context: Context) => Promise<Verdict>

/** A command that reads the config itself, if at all. */
export type EarlyCommand = (asked: { readonly request: Request; readonly ports: Ports; readonly facts: Facts }) => Promise<Verdict>
