import { type Command, type CommandName, EARLY_COMMANDS, type EarlyCommand, type EarlyName } from './context.ts'

/** One file per command, loaded when it is asked for. */
export const COMMAND_FILES: Readonly<Record<Exclude<CommandName, EarlyName>, () => Promise<{ readonly run: Command }>>> = {
  check: () => import('./check.ts'),
  build: () => import('./build.ts'),
  scan: () => import('./scan.ts'),
  publish: () => import('./publish.ts'),
  plan: () => import('./plan.ts'),
  deploy: () => import('./deploy.ts'),
  rollback: () => import('./rollback.ts'),
  restore: () => import('./restore.ts'),
  status: () => import('./status.ts'),
  prune: () => import('./prune.ts'),
  logs: () => import('./logs.ts'),
  history: () => import('./history.ts'),
  all: () => import('./all.ts'),
}

/** The same for commands that come before a config. */
export const EARLY_FILES: Readonly<Record<EarlyName, () => Promise<{ readonly run: EarlyCommand }>>> = {
  init: () => import('./init.ts'),
  doctor: () => import('./doctor.ts'),
  exec: () => import('./exec.ts'),
}

export const isEarly = (name: CommandName): name is EarlyName => (EARLY_COMMANDS as readonly CommandName[]).includes(name)
