import type { Command, CommandName } from './context.ts'

/** One file per command, loaded when it is asked for. */
export const COMMAND_FILES: Readonly<Record<CommandName, () => Promise<{ readonly run: Command }>>> = {
  check: () => import('./check.ts'),
  build: () => import('./build.ts'),
  scan: () => import('./scan.ts'),
  publish: () => import('./publish.ts'),
  plan: () => import('./plan.ts'),
  deploy: () => import('./deploy.ts'),
  rollback: () => import('./rollback.ts'),
  restore: () => import('./restore.ts'),
  status: () => import('./status.ts'),
  all: () => import('./all.ts'),
}
