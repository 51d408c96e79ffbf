import type { SeedRequestConfig } from '../config/schema.ts'
import type { Ask, Readiness } from './observed.ts'

/** Every step says why it is there. The program on the server knows how each is undone. */
interface Because {
  readonly cause: string
}

export type Step =
  | (Because & { readonly kind: 'files'; readonly changed: readonly string[]; readonly removed: readonly string[] })
  | (Because & { readonly kind: 'pull'; readonly references: readonly string[] })
  /** `alone`: without what they depend on, which compose would start or replace by itself. */
  | (Because & {
      readonly kind: 'infrastructure'
      readonly services: readonly string[]
      readonly alone?: true
      /** Those that the release before does not know; `there` where a container was there all the same. */
      readonly added?: Readonly<Record<string, 'new' | 'there'>>
    })
  /** `first`: a database that sets itself up as it starts for the first time, which must not have taken two starts. */
  | (Because & { readonly kind: 'await'; readonly service: string; readonly readiness: Readiness; readonly first?: true })
  | (Because & { readonly kind: 'create'; readonly services: readonly { readonly name: string; readonly scale: number }[] })
  | (Because & { readonly kind: 'await-created'; readonly services: readonly string[] })
  | (Because & { readonly kind: 'revisions'; readonly timeout: number; readonly run: readonly string[] })
  | (Because & { readonly kind: 'backup' })
  | (Because & { readonly kind: 'known'; readonly timeout: number; readonly run: readonly string[] })
  | (Because & { readonly kind: 'down'; readonly revision: string; readonly timeout: number; readonly run: readonly string[] })
  /** From here on, going back takes the schema back, too; "{revision}" in `run` is where it has to go. */
  | (Because & { readonly kind: 'way-back'; readonly timeout: number; readonly run: readonly string[] })
  | (Because & { readonly kind: 'load'; readonly backup: string })
  | (Because & { readonly kind: 'halt'; readonly services: readonly { readonly service: string; readonly ids: readonly string[] }[] })
  | (Because & { readonly kind: 'swap'; readonly backup: string; readonly revision: string })
  | (Because & { readonly kind: 'start'; readonly service: string; readonly ids: readonly string[]; readonly readiness: Readiness })
  | (Because & { readonly kind: 'commit-restore' })
  | (Because & { readonly kind: 'tidy-database' })
  | (Because & {
      readonly kind: 'schema'
      readonly when: 'before' | 'heads' | 'after'
      readonly timeout: number
      readonly run: readonly string[]
    })
  | (Because & {
      readonly kind: 'migrate'
      readonly tool: 'alembic' | 'command'
      readonly timeout: number
      readonly run: readonly string[]
    })
  /** Stopped, and removed once the release is in force. */
  | (Because & {
      readonly kind: 'retire'
      readonly service: string
      readonly ids: readonly string[]
      readonly running: readonly string[]
      /** Restart policy, put back should they return. */
      readonly policy: string
      readonly readinessBefore: Readiness
    })
  /** Side by side; done when all of them are ready. */
  | (Because & { readonly kind: 'switch'; readonly services: readonly SwitchService[] })
  | (Because & { readonly kind: 'restart'; readonly service: string })
  | (Because & {
      readonly kind: 'seed'
      readonly name: string
      readonly hash: string
      readonly timeout: number
      readonly run: readonly string[]
    })
  | (Because & {
      readonly kind: 'http-seed'
      readonly name: string
      readonly hash: string
      readonly timeout: number
      readonly service: string
      readonly request: SeedRequestConfig
    })
  | (Because & {
      readonly kind: 'smoke'
      readonly name: string
      readonly service: string
      readonly ask: Ask
      readonly retries: number
      readonly timeout: number
    })
  | (Because & { readonly kind: 'stable'; readonly services: readonly string[] })
  | (Because & { readonly kind: 'verify'; readonly services: Readonly<Record<string, string>> })
  | (Because & {
      readonly kind: 'hook'
      readonly name: string
      readonly directory: string
      readonly argv: readonly string[]
      readonly timeout: number
      readonly onFailure: 'abort' | 'warn'
    })
  /** One of several servers waits here for the word that all of them may go on. */
  | (Because & { readonly kind: 'gate'; readonly gate: Gate })
  | (Because & { readonly kind: 'commit' })
  | (Because & { readonly kind: 'tidy'; readonly keep: number; readonly services: Readonly<Record<string, string>> })

export type Gate = 'switch' | 'commit'

/** One service whose new containers take the place of the old ones. */
export interface SwitchService {
  readonly service: string
  readonly order: 'stop-first' | 'start-first'
  /** Of several replicas, how many are exchanged at the same time. */
  readonly parallelism: number
  /** Ids of the containers that run now. */
  readonly old: readonly string[]
  /** Restart policy of the old ones, put back should they return. */
  readonly policy: string
  readonly readiness: Readiness
  /** How the old ones are asked when they have to come back. */
  readonly readinessBefore: Readiness
}

/** What has to happen, in order. Data only. */
export interface Plan {
  readonly kind: 'deploy' | 'rollback' | 'restore'
  readonly release: string
  readonly previous: string | null
  /** The release that a later `rollback` goes to by default. */
  readonly fallback: string | null
  readonly steps: readonly Step[]
}

/** The name a step has in reports: short, a word and what it is about. */
export const stepName = (step: Step): string => {
  switch (step.kind) {
    case 'infrastructure':
      return `start ${step.services.join(', ')}`
    case 'await':
      return `ready ${step.service}`
    case 'await-created':
      return 'containers created'
    case 'create':
      return 'create containers'
    case 'stable':
      return `stable ${step.services.join(', ')}`
    case 'schema':
      return `schema ${step.when}`
    case 'switch':
      return `switch ${step.services.map(({ service }) => service).join(', ')}`
    case 'known':
      return 'schema known'
    case 'down':
      return `schema down to ${step.revision}`
    case 'way-back':
      return 'schema way back'
    case 'load':
    case 'swap':
      return `${step.kind} backup`
    case 'start':
      return `start ${step.service}`
    case 'retire':
      return `stop ${step.service}`
    case 'restart':
      return `restart ${step.service}`
    case 'gate':
      return `wait to ${step.gate}`
    case 'http-seed':
      return `seed ${step.name}`
    case 'seed':
    case 'smoke':
    case 'hook':
      return `${step.kind} ${step.name}`
    default:
      return step.kind
  }
}
