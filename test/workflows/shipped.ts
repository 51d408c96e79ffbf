/** Every workflow and action that is shipped, in all the places where people copy from. */
import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { root } from './published.ts'

export const WORKFLOWS: readonly string[] = globSync(['.github/workflows/*.yml', 'workflows/*.yml', 'examples/*/.github/workflows/*.yml'], {
  cwd: root,
}).sort()
export const ACTIONS: readonly string[] = globSync(['action.yml', 'action/*/action.yml'], { cwd: root }).sort()

export const textOf = (path: string): string => readFileSync(join(root, path), 'utf8')

export interface Step {
  readonly name?: string
  readonly uses?: string
  readonly run?: string
  readonly with?: Readonly<Record<string, unknown>>
}

export interface Job {
  readonly name?: string
  readonly uses?: string
  readonly steps?: readonly Step[]
  readonly permissions?: unknown
  readonly 'timeout-minutes'?: number
  readonly outputs?: Readonly<Record<string, string>>
  readonly needs?: string | readonly string[]
  readonly if?: string
}

export interface WorkflowFile {
  readonly name?: string
  readonly permissions?: unknown
  readonly jobs: Readonly<Record<string, Job>>
}

export const workflowOf = (path: string): WorkflowFile => parse(textOf(path)) as WorkflowFile

export interface ActionFile {
  readonly inputs: Readonly<Record<string, { readonly description?: string; readonly default?: string }>>
  readonly outputs: Readonly<Record<string, { readonly description?: string }>>
  readonly runs: { readonly using: string; readonly main: string }
}

export const actionOf = (path: string): ActionFile => parse(textOf(path)) as ActionFile

export const exists = (path: string): boolean => existsSync(path)
