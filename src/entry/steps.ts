import { DeployError } from '../errors.ts'
import type { Ports } from '../ports.ts'
import type { Facts, StepReport } from '../report/document.ts'
import type { Context, Noted } from './context.ts'
import { underWay } from './under-way.ts'

/** Runs steps in log groups and writes each into the facts, also when it throws. */
export const stepRecorder =
  (ports: Ports, facts: Facts): Context['step'] =>
  async (name, cause, work) => {
    const start = ports.clock.now().toISOString()
    const from = ports.clock.elapsed()
    const record = (result: StepReport['result'], detail?: string): void => {
      const step = { name, cause, start, duration: Math.round(ports.clock.elapsed() - from), result }
      facts.steps = [...facts.steps, detail === undefined ? step : { ...step, detail }]
    }
    const ended = underWay(ports.log, name)
    try {
      const value = await ports.log.group(cause === '' ? name : `${name} (${cause})`, work)
      record('succeeded')
      return value
    } catch (error) {
      record('failed', error instanceof DeployError ? error.message : 'an unexpected error')
      throw error
    } finally {
      ended()
    }
  }

export const noFacts = (): Facts => ({
  environment: null,
  release: null,
  previousRelease: null,
  serving: [],
  images: {},
  steps: [],
  url: null,
})

export const nothingNoted = (): Noted => ({ looked: false, releases: [], current: null, sarif: [] })
