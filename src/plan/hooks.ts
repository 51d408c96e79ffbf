import type { Config, HookPoint } from '../config/schema.ts'
import type { Step } from './steps.ts'

/** The hooks of one point that run on the server. */
export const serverHooks = (config: Config, point: HookPoint): Step[] =>
  config.hooks[point]
    .filter(({ on }) => on === 'server')
    .map(({ name, run, directory, timeout, onFailure }) => ({
      kind: 'hook' as const,
      cause: `the config asks for it at ${point}`,
      name,
      argv: run,
      directory: directory ?? '.',
      timeout,
      onFailure,
    }))
