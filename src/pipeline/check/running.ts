import type { StageConfig } from '../../config/schema.ts'
import type { Context } from '../../entry/context.ts'
import type { RunCompose } from './compose.ts'

/** A stage that is being run. */
export interface Running {
  readonly context: Context
  readonly stage: StageConfig
  readonly runCompose: RunCompose
  readonly deadline: number
  readonly keep: (line: string) => void
}

/** The teardown has a deadline of its own: an engine that hangs must not hang us. */
export const TEARDOWN_MS = 60_000

/** Milliseconds until its deadline. */
export const left = (running: Running): number => Math.max(1, running.deadline - running.context.ports.clock.elapsed())

/** Two runs on one machine, also of one stage, never meet. */
export const uniqueName = ({ context, stage }: Running): string =>
  `${context.config.project}-${stage.name}-${process.pid}-${context.ports.clock.now().getTime().toString(36)}`
    .toLowerCase()
    .replace(/[^a-z0-9_-]/g, '-')
