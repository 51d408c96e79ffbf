import { bundle } from './bundle.ts'
import type { Figure } from './figure.ts'
import { link } from './link.ts'
import { memory } from './memory.ts'
import { redeploy } from './redeploy.ts'
import { rollback } from './rollback.ts'
import { roundTrips } from './round-trips.ts'
import { start } from './start.ts'

/** By name, in the order in which they are measured: what needs no sandbox comes first. */
export const FIGURES: Readonly<Record<string, { readonly measure: Figure; readonly needsSandbox: boolean }>> = {
  bundle: { measure: bundle, needsSandbox: false },
  start: { measure: start, needsSandbox: false },
  'round-trips': { measure: roundTrips, needsSandbox: true },
  memory: { measure: memory, needsSandbox: true },
  link: { measure: link, needsSandbox: true },
  rollback: { measure: rollback, needsSandbox: true },
  redeploy: { measure: redeploy, needsSandbox: true },
}
