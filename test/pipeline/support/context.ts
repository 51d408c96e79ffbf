import { systemClock } from '../../../src/adapters/clock.ts'
import { systemPrograms } from '../../../src/adapters/programs.ts'
import { registries } from '../../../src/adapters/registry.ts'
import { type ConfigInput, config as schema } from '../../../src/config/schema.ts'
import type { Commit, Context, Request } from '../../../src/entry/context.ts'
import { noFacts, nothingNoted } from '../../../src/entry/steps.ts'
import { DeployError } from '../../../src/errors.ts'
import type { Log, Ports } from '../../../src/ports.ts'
import type { Facts } from '../../../src/report/document.ts'

/** What was logged, for tests that look at it. */
export interface RecordedLog extends Log {
  readonly lines: readonly string[]
}

export const recordedLog = (): RecordedLog => {
  const lines: string[] = []
  const keep = (kind: string) => (line: string) => {
    lines.push(`${kind} ${line}`)
    if (process.env.TEST_SHOW_LOG) process.stderr.write(`${kind} ${line}\n`)
  }
  return {
    lines,
    group: (_sentence, work) => work(),
    info: keep('info'),
    debug: keep('debug'),
    warning: keep('warning'),
    error: keep('error'),
    foreign: keep('foreign'),
    mask: () => {},
  }
}

export interface TestContext extends Context {
  readonly log: RecordedLog
  /** Cancels the run, as a signal would. */
  readonly cancel: () => void
}

interface Wanted {
  readonly project: string
  readonly config: Partial<ConfigInput>
  readonly commit?: Partial<Commit>
  readonly request?: Partial<Request>
  readonly ports?: Partial<Ports>
}

/** A context on real adapters, as the entry makes it, for commands under test. */
export const testContext = ({ project, config, commit, request, ports }: Wanted): TestContext => {
  const controller = new AbortController()
  const log = recordedLog()
  const facts: Facts = noFacts()
  const step: Context['step'] = async (name, cause, work) => {
    const start = new Date().toISOString()
    try {
      const result = await work()
      facts.steps = [...facts.steps, { name, cause, start, duration: 1, result: 'succeeded' }]
      return result
    } catch (error) {
      facts.steps = [...facts.steps, { name, cause, start, duration: 1, result: 'failed' }]
      throw error
    }
  }
  return {
    noted: nothingNoted(),
    environmentNames: Object.keys(config.environments ?? {}),
    placeOf: (_, message) => ({ file: 'deploy.yml', line: 1, column: 1, message }),
    project,
    config: schema.parse({ project: 'sample', images: { api: {} }, ...config }),
    request: {
      command: 'build',
      configPath: `${project}/deploy.yml`,
      json: true,
      dryRun: false,
      images: {},
      noSeed: false,
      fromBroken: false,
      reports: `${project}/reports`,
      ...request,
    },
    commit: {
      sha: 'a'.repeat(40),
      ref: 'main',
      repository: 'Acme/Sample',
      source: 'https://github.com/Acme/Sample',
      created: '2026-01-02T03:04:05Z',
      dirty: false,
      ...commit,
    },
    ports: {
      programs: systemPrograms(controller.signal),
      clock: systemClock,
      log,
      cancellation: { signal: controller.signal },
      openRegistry: registries(systemClock),
      env: process.env,
      ...ports,
    },
    facts,
    environment: () => {
      throw new DeployError('CONFIG', 'no environment in this test')
    },
    step,
    log,
    cancel: () => controller.abort('SIGINT'),
  }
}

/** The error of a promise that must fail with one of ours. */
export const failure = async (work: Promise<unknown>): Promise<DeployError> => {
  const outcome = await work.then(
    () => new Error('it succeeded'),
    (error: unknown) => error,
  )
  if (outcome instanceof DeployError) return outcome
  throw outcome
}
