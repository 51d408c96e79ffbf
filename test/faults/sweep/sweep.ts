/** Runs tries on the servers of the sandbox, side by side, and collects what came of them. */
import type { Visit } from './failpoint.ts'
import { images } from './image.ts'
import { type Machine, machines } from './machine.ts'
import type { Passed } from './schedule.ts'
import { Stack } from './stack.ts'
import { type Fault, type Scenario, SWEPT, type Tried, tryFault } from './try.ts'

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

/** Each fault with a bundle of its own, on all servers side by side; in the order in which they were asked for. */
export const tryEach = async (faults: readonly { readonly dist: string; readonly fault: Fault }[]): Promise<readonly Tried[]> => {
  const built = await images()
  const left = [...faults.entries()]
  const tried: Tried[] = []
  const work = async (machine: Machine): Promise<void> => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      const [index, { dist, fault }] = next
      const stack = await Stack.on(machine, built, dist)
      try {
        await stack.renew()
        tried[index] = await tryFault(stack, fault)
      } catch (error) {
        tried[index] = unfinished(fault, error)
      } finally {
        await stack.close()
      }
    }
  }
  await Promise.all(machines().map(work))
  return tried
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

export interface Sweeping {
  /** Asked before each try. */
  readonly isOver: () => boolean
  readonly onTried: (tried: Tried) => void
}

/** Tries one fault after the other, on all servers side by side. @throws where a server cannot be used any more: what was tried there last is not told */
export const sweep = async (stacks: readonly Stack[], faults: readonly Fault[], { isOver, onTried }: Sweeping): Promise<void> => {
  const left = [...faults]
  let isLost = false
  const work = async (stack: Stack): Promise<void> => {
    while (!isOver() && !isLost) {
      const fault = left.shift()
      if (fault === undefined) return
      const tried = await tryFault(stack, fault).catch((error: unknown) => unfinished(fault, error))
      // what is broken must not spoil the tries that follow; nor is it the product's where not even this works
      if (tried.violations.length > 0) await stack.renew()
      onTried(tried)
    }
  }
  await Promise.all(
    stacks.map((stack) =>
      work(stack).catch((error: unknown) => {
        isLost = true
        throw error
      }),
    ),
  )
}
