import type { Measurement } from './measurement.ts'
import type { CommandResult } from './product.ts'

/** Where the time of a command goes: each step by the server's own journal, and all that is around them. */
export const stepTimes = (figure: string, name: string, results: readonly CommandResult[]): readonly Measurement[] => {
  const steps = new Map<string, number[]>()
  for (const { document, milliseconds } of results) {
    let around = milliseconds
    for (const step of document.steps) {
      around -= step.duration ?? 0
      steps.set(step.name, [...(steps.get(step.name) ?? []), step.duration ?? 0])
    }
    steps.set('around the steps', [...(steps.get('around the steps') ?? []), around])
  }
  return [...steps].map(([step, ours]) => ({ figure, what: `  ${name}: ${step}`, unit: 'ms', ours }))
}
