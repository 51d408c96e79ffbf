/** One try: a command meets a fault at a failpoint, then the same command runs again; all the while somebody looks. */
import type { Running } from '../../sandbox/scenarios/programs.ts'
import { until } from '../../sandbox/scenarios/programs.ts'
import { longestGap, type Violation, violations } from './checker.ts'
import type { Visit } from './failpoint.ts'
import { type AtRest, type History, SERVICES } from './history.ts'
import type { Version } from './image.ts'
import { SCHEMA_GOES_BACK, type Stack } from './stack.ts'
import { ofDeployUser, strike, type Victim } from './victims.ts'
import { Watch } from './watch.ts'

/**
 * What is asked for: a good version, a bad one, the way back, a good one over what a killed program left, a bad one after
 * which the schema goes back, too, and the way back to what is sick by now.
 */
export type Scenario = 'deploy' | 'sick' | 'rollback' | 'settle' | 'schema back' | 'bad rollback'
/** Those whose failpoints are swept. */
export const SWEPT: readonly Scenario[] = ['deploy', 'sick', 'rollback', 'settle', 'schema back']
/** It costs twice as much as another: swept only where no other scenario comes by. */
export const COSTLY: Scenario = 'schema back'

export interface Fault {
  readonly scenario: Scenario
  readonly victim: Victim
  readonly visit: Visit
  readonly turn: number
}

export interface Tried extends Fault {
  /** Whether the failpoint was reached, and somebody killed there. */
  readonly struck: boolean
  readonly how: string
  /** Version of each service once nothing moved any more after the fault; "?" where nobody was left to put it right. */
  readonly served: string
  readonly firstExit: number | null
  readonly secondExit: number | null
  readonly gap: number
  readonly seconds: number
  readonly violations: readonly Violation[]
  /** What a person needs who wants to understand a broken invariant; only where one is. */
  readonly evidence?: Evidence
}

interface Evidence {
  readonly afterFault: AtRest
  readonly afterRerun: AtRest
  /** What the client said, first and again. */
  readonly logs: readonly string[]
  /** Of the operations that were the last on the server, the oldest first. */
  readonly journals: readonly string[]
}

const GAP_LIMIT_MS = 20_000
/** A killed engine takes all containers with it; starting again, it brings them back. */
const ENGINE_GAP_LIMIT_MS = 40_000

/** @param onPassed told which failpoints the first run came by */
export const tryFault = async (stack: Stack, fault: Fault, onPassed?: (visits: readonly Visit[]) => void): Promise<Tried> => {
  const began = performance.now()
  const before = await stack.atRest()
  const oldVersion = versionOf(before)
  const strangers = new Set(ofDeployUser(stack).map(({ pid }) => pid))
  const command = await prepared(stack, fault.scenario, oldVersion, strangers)
  const ready = await stack.atRest()
  const watch = new Watch(stack)
  try {
    stack.failpoints.arm(fault.visit)
    const client = command.run()
    const struck = await reached(stack, client)
    const lockWasHeld = struck && isOfProgram(fault.visit) ? !stack.lockIsFree() : null
    const how = struck ? strike(fault.victim, stack, client, fault.turn) : 'nothing'
    stack.failpoints.release()
    const first = await client.ended
    onPassed?.(stack.failpoints.passed())
    await quiet(stack, strangers)
    const afterFault = await stack.atRest()
    const someoneIsLeft = !leavesNobody(fault) && !callsForAPerson(fault, first.code)
    if (fault.scenario === 'bad rollback') stack.mend(command.version)
    const second = await command.run().ended
    await quiet(stack, strangers)
    const afterRerun = await stack.atRest()
    watch.stop()
    if (!watch.samples.some(({ workers }) => workers === 1)) throw new Error('nobody saw what runs')
    const history: History = {
      oldVersion,
      newVersion: command.version,
      newIsGood: command.version !== 'sick',
      isRollback: fault.scenario.endsWith('rollback'),
      undoesSchema: fault.scenario === 'schema back',
      rollbackFails: fault.scenario === 'bad rollback',
      before: ready,
      lockWasHeld,
      probes: watch.probes.toSorted((one, other) => one.at - other.at),
      samples: watch.samples,
      pointers: watch.pointers,
      afterFault,
      someoneIsLeft,
      firstExit: first.code,
      afterRerun,
      secondExit: second.code,
      gapLimit: fault.victim === 'engine' ? ENGINE_GAP_LIMIT_MS : GAP_LIMIT_MS,
    }
    const broken = violations(history)
    return {
      ...fault,
      struck,
      how,
      served: someoneIsLeft ? servedBy(afterFault) : '?',
      firstExit: first.code,
      secondExit: second.code,
      gap: Math.max(...SERVICES.map((service) => longestGap(history.probes, service))),
      seconds: (performance.now() - began) / 1000,
      violations: broken,
      ...(broken.length > 0 ? { evidence: { afterFault, afterRerun, logs: [first.err, second.err], journals: stack.journals() } } : {}),
    }
  } finally {
    watch.stop()
  }
}

/** A rollback whose engine died is never rolled back: it may end as BROKEN (row 11), which the rerun has to heal. */
const callsForAPerson = ({ scenario, victim }: Fault, code: number | null): boolean =>
  scenario === 'rollback' && victim === 'engine' && code === 30

/** A client whose program is killed settles it; but none knows yet of the one that is being settled before its own begins. */
const leavesNobody = ({ victim, visit }: Fault): boolean => victim === 'server program' && /^(settling|front)/.test(visit.name)

const isOfProgram = ({ name }: Visit): boolean => !/^(client|front|finish)/.test(name) && !name.endsWith('journal end rolled-back')

interface Command {
  readonly version: Version
  run(): Running
}

const prepared = async (stack: Stack, scenario: Scenario, before: Version, strangers: ReadonlySet<number>): Promise<Command> => {
  const other: Version = before === 'one' ? 'two' : 'one'
  if (scenario === 'rollback' || scenario === 'bad rollback') {
    const release = stack.releaseOf(other) ?? (await stack.pass(before, other))
    if (scenario === 'bad rollback') stack.sicken(other)
    return { version: other, run: () => stack.rollback(release) }
  }
  const version = scenario === 'sick' || scenario === 'schema back' ? 'sick' : other
  await stack.commit(version, scenario === 'schema back' ? SCHEMA_GOES_BACK : {})
  await stack.forget(version)
  if (scenario === 'settle') await leaveUnfinished(stack, version, strangers)
  return { version, run: () => stack.deploy(version) }
}

/** A program that died between stopping the old worker and starting the new one: everything is still to be undone. */
const LEFT_AT: Visit = { name: 'switch_services: after docker stop', count: 2 }
const leaveUnfinished = async (stack: Stack, version: Version, strangers: ReadonlySet<number>): Promise<void> => {
  stack.failpoints.arm(LEFT_AT)
  const client = stack.deploy(version)
  if (!(await reached(stack, client))) throw new Error(`${LEFT_AT.name} was not reached`)
  strike('client', stack, client, 0)
  strike('server program', stack, client, 0)
  stack.failpoints.release()
  await client.ended
  await quiet(stack, strangers)
}

/** True once somebody waits at the failpoint; false where the command ended without coming by. */
export const reached = async (stack: Stack, client: Running): Promise<boolean> => {
  let ended = false
  void client.ended.then(() => (ended = true))
  await until(
    'the failpoint is reached, or the command has ended',
    async () => ended || stack.failpoints.isReached(),
    (over) => over,
    120,
  )
  return stack.failpoints.isReached()
}

/**
 * Nobody is at work, nor logged in and about to take the lock, as a front whose client was killed; nobody holds it; and the
 * engine answers.
 * @param strangers who was there before, such as the login of a link that was cut elsewhere
 */
export const quiet = async (stack: Stack, strangers: ReadonlySet<number> = new Set()): Promise<void> => {
  await until(
    'nobody is at work or holds the lock, and the engine answers',
    async () => ofDeployUser(stack).every(({ pid }) => strangers.has(pid)) && stack.lockIsFree() && (await stack.containers()) !== null,
    (is) => is,
    120,
  )
}

const versionOf = ({ containers }: AtRest): Version => {
  const version = containers.find(({ service }) => service === 'web')?.version
  if (version !== 'one' && version !== 'two') throw new Error(`a try begins with version one or two, not with ${version}`)
  return version
}

const servedBy = ({ containers }: AtRest): string =>
  SERVICES.map(
    (service) =>
      containers
        .filter((one) => one.service === service && one.running)
        .map(({ version }) => version)
        .join('+') || '–',
  ).join('/')
