/** Runs tries on the servers of the sandbox, side by side, and collects what came of them. */
import type { Visit } from './failpoint.ts'
import { images } from './image.ts'
import { machines } from './machine.ts'
import type { Passed } from './schedule.ts'
import { Stack } from './stack.ts'
import { type Fault, type Scenario, SWEPT, type Tried, tryFault } from './try.ts'

export interface Sweep {
  readonly tried: readonly Tried[]
  /** Faults for which there was no time. */
  readonly left: readonly Fault[]
  readonly seconds: number
}

export interface SweepOptions {
  /** After which no new try begins. */
  readonly seconds: number
  readonly onTried: (tried: Tried, done: number) => void
}

export const withStacks = async <Result>(
  dist: string,
  count: number,
  work: (stacks: readonly Stack[]) => Promise<Result>,
): Promise<Result> => {
  const built = await images()
  const stacks = await Promise.all(
    machines()
      .slice(0, count)
      .map((machine) => Stack.on(machine, built, dist)),
  )
  try {
    await Promise.all(stacks.map((stack) => stack.renew()))
    return await work(stacks)
  } finally {
    await Promise.all(stacks.map((stack) => stack.close()))
  }
}

/** What each scenario passes by when nobody is killed. */
export const passedBy = async (stack: Stack): Promise<Passed> => {
  const passed: Partial<Record<Scenario, readonly Visit[]>> = {}
  for (const scenario of SWEPT) passed[scenario] = await traced(stack, scenario)
  return passed
}

const NOWHERE: Visit = { name: 'nowhere', count: 1 }
const traced = async (stack: Stack, scenario: Scenario): Promise<readonly Visit[]> => {
  let visits: readonly Visit[] = []
  const tried = await tryFault(stack, { scenario, victim: 'client', visit: NOWHERE, turn: 0 }, (passed) => {
    visits = passed
  })
  if (tried.violations.length > 0)
    throw new Error(
      `nobody was killed, and all the same: ${tried.violations.map(({ invariant, evidence }) => `${invariant}: ${evidence}`).join('; ')}`,
    )
  return visits
}

/** A try that could not be brought to its end has shown something, too. */
const unfinished = (fault: Fault, error: unknown): Tried => ({
  ...fault,
  struck: false,
  how: 'nothing',
  served: '?',
  firstExit: null,
  secondExit: null,
  gap: 0,
  seconds: 0,
  violations: [{ invariant: 'I8', evidence: `the try did not come to its end: ${error instanceof Error ? error.message : String(error)}` }],
})

export const sweep = async (stacks: readonly Stack[], faults: readonly Fault[], options: SweepOptions): Promise<Sweep> => {
  const began = performance.now()
  const left = [...faults]
  const tried: Tried[] = []
  const seconds = (): number => (performance.now() - began) / 1000
  const work = async (stack: Stack): Promise<void> => {
    for (let fault = left.shift(); fault !== undefined; fault = left.shift()) {
      const one = await tryFault(stack, fault).catch((error: unknown) => unfinished(fault, error))
      tried.push(one)
      options.onTried(one, tried.length)
      // what is broken must not spoil the tries that follow
      if (one.violations.length > 0) await stack.renew()
      if (seconds() > options.seconds) return
    }
  }
  await Promise.all(stacks.map(work))
  return { tried, left, seconds: seconds() }
}
