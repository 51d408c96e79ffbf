import type { Context, Request } from '../../src/entry/context.ts'
import { noFacts, nothingNoted, stepRecorder } from '../../src/entry/steps.ts'
import type { Argv, Log, Ports, RunResult } from '../../src/ports.ts'
import { configOf } from '../config/problems.ts'

export type ScriptedPrograms = Readonly<Record<string, Partial<RunResult>>>

/** Programs that answer as scripted, by their command line; an unscripted one is an error. */
export const scripted = (answers: ScriptedPrograms): Ports['programs'] => ({
  run: async (argv: Argv) => {
    const line = argv.join(' ')
    const key = Object.keys(answers).find((known) => line.includes(known))
    if (key === undefined) throw new Error(`unscripted: ${line}`)
    return { code: 0, signal: null, timedOut: false, stdout: '', stderr: '', durationMs: 1, ...answers[key] }
  },
})

export const silent: Log = {
  group: (_, work) => work(),
  info: () => {},
  debug: () => {},
  warning: () => {},
  error: () => {},
  foreign: () => {},
  mask: () => {},
}

/** A clock in which every look takes 100 ms. */
export const steppingClock = (): Ports['clock'] => {
  let ms = 0
  return { now: () => new Date(Date.UTC(2026, 10, 21) + ms), elapsed: () => (ms += 100), sleep: async () => {} }
}

export const ports = (more: Partial<Ports> = {}): Ports => ({
  programs: scripted({}),
  clock: steppingClock(),
  log: silent,
  cancellation: { signal: new AbortController().signal },
  env: {},
  openRegistry: async () => {
    throw new Error('no registry here')
  },
  ...more,
})

export const request: Request = {
  command: 'all',
  configPath: 'deploy.yml',
  json: false,
  dryRun: false,
  images: {},
  noSeed: false,
  fromBroken: false,
  reports: 'reports',
}

export const context = (given: Partial<Context> = {}): Context => {
  const facts = given.facts ?? noFacts()
  const effects = given.ports ?? ports()
  return {
    request,
    config: configOf('project: shop\nimages:\n  api: {}\n'),
    project: '/project',
    commit: {
      sha: 'a'.repeat(40),
      ref: 'main',
      repository: 'acme/shop',
      source: 'https://github.com/acme/shop',
      created: '2026-11-21T00:00:00Z',
      dirty: false,
    },
    environment: () => {
      throw new Error('no environment here')
    },
    noted: nothingNoted(),
    environmentNames: [],
    placeOf: (_, message) => ({ file: 'deploy.yml', line: 1, column: 1, message }),
    ...given,
    facts,
    ports: effects,
    step: stepRecorder(effects, facts),
  }
}
