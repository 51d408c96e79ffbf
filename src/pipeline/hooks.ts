import { join } from 'node:path'
import type { HookConfig, HookPoint } from '../config/schema.ts'
import type { Context } from '../entry/context.ts'
import { DeployError, type FailureCode } from '../errors.ts'
import type { Argv } from '../ports.ts'
import { untilCancelled } from './cancelled.ts'
import { childEnvironment } from './environment.ts'
import { lastLines } from './last-lines.ts'

const CODES = { Check: 'CHECK', Build: 'BUILD', Scan: 'SCAN', Publish: 'PUBLISH' } as const satisfies Record<string, FailureCode>
export type HookedStage = keyof typeof CODES

/** Runs the hooks that the config names before and after a stage; those after it run only where it succeeded. */
export const withHooks = async <T>(context: Context, stage: HookedStage, work: () => Promise<T>): Promise<T> => {
  await runHooks(context, `before${stage}`, CODES[stage])
  const result = await work()
  await runHooks(context, `after${stage}`, CODES[stage])
  return result
}

/** Those of one point that run on the runner; around a deploy, the program on the server runs its own. */
export const runHooks = async (context: Context, point: HookPoint, code: FailureCode): Promise<void> => {
  for (const hook of context.config.hooks[point]) await runHook(context, point, hook, code)
}

const runHook = async (context: Context, point: HookPoint, hook: HookConfig, code: FailureCode): Promise<void> => {
  if (hook.on === 'server' && point.endsWith('Deploy')) return
  if (hook.on === 'server')
    throw new DeployError('CONFIG', `hook ${hook.name} (${point}) is to run on the server, where nothing is connected yet`, {
      hint: 'by hand: hooks around check, build, scan and publish run on the runner; take beforeDeploy for the server',
    })
  try {
    await context.step(`hook ${hook.name}`, point, () => execute(context, hook, code))
  } catch (error) {
    if (hook.onFailure === 'abort' || !(error instanceof DeployError) || error.code === 'CANCELLED') throw error
    context.ports.log.warning(`${error.message}; the run goes on (onFailure: warn)`)
  }
}

const execute = async (context: Context, hook: HookConfig, code: FailureCode): Promise<void> => {
  const { ports, project, commit } = context
  const result = await untilCancelled(ports, () =>
    ports.programs.run(hook.run as [string, ...string[]] satisfies Argv, {
      cwd: join(project, hook.directory ?? '.'),
      env: childEnvironment(ports.env, { DEPLOY_COMMIT: commit.sha }),
      timeoutMs: hook.timeout,
      onLine: (line) => ports.log.foreign(line),
    }),
  )
  if (result.code === 0 && !result.timedOut) return
  const how = result.timedOut ? `did not end within ${hook.timeout / 1000} s` : `ended with ${result.code ?? result.signal}`
  throw new DeployError(code, `hook ${hook.name} ${how}`, {
    evidence: lastLines(`${result.stdout}\n${result.stderr}`),
    hint: `by hand: run it alone: ${hook.run.join(' ')}`,
  })
}
