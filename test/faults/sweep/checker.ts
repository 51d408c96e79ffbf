/** Judges a history against the invariants: pure, from what the prober, docker inspect and flock saw. */
import { type AtRest, type History, POLICIES, type Probe, SERVICES, type Service } from './history.ts'

/** A broken invariant, with what shows it. */
export interface Violation {
  readonly invariant: string
  readonly evidence: string
}

/** None is well. */
export const violations = (history: History): readonly Violation[] => [
  ...onlyOldOrNew(history),
  ...gapsAreBounded(history),
  ...neverTwice(history),
  ...currentOnlyAfterHealth(history),
  ...lockIsHeld(history),
  ...(history.rollbackFails ? keptAsItIs(history) : []),
  ...(history.someoneIsLeft && !history.rollbackFails ? settled(history, history.afterFault, 'after the fault') : []),
  ...truthfulExit(history),
  ...settled(history, history.afterRerun, 'after the rerun'),
  ...converged(history),
]

const onlyOldOrNew = ({ probes, oldVersion, newVersion }: History): Violation[] => {
  const strange = probes.find(({ version }) => version !== null && version !== oldVersion && version !== newVersion)
  return strange === undefined ? [] : [{ invariant: 'I1', evidence: `${strange.service} answered ${JSON.stringify(strange.version)}` }]
}

/** The longest time between two answers of a service, from the first probe to the last. */
export const longestGap = (probes: readonly Probe[], service: Service): number => {
  const mine = probes.filter((probe) => probe.service === service)
  let [longest, since] = [0, mine[0]?.at ?? 0]
  for (const { at, version } of mine) {
    longest = Math.max(longest, at - since)
    if (version !== null) since = at
  }
  return longest
}

const gapsAreBounded = ({ probes, gapLimit }: History): Violation[] =>
  SERVICES.flatMap((service) => {
    const gap = longestGap(probes, service)
    return gap <= gapLimit
      ? []
      : [{ invariant: 'I1', evidence: `${service} did not answer for ${Math.round(gap)} ms, more than ${gapLimit}` }]
  })

const neverTwice = ({ samples }: History): Violation[] => {
  const workers = Math.max(0, ...samples.map((sample) => sample.workers))
  const oneOffs = Math.max(0, ...samples.map((sample) => sample.oneOffs))
  return [
    ...(workers > 1 ? [{ invariant: 'I1', evidence: `${workers} containers of worker ran at the same time` }] : []),
    ...(oneOffs > 1 ? [{ invariant: 'I3', evidence: `${oneOffs} one-off containers ran at the same time` }] : []),
  ]
}

/** The prober asks twenty times a second: what was healthy before the commit was seen by then, or in the next moment. */
const PROBE_SLACK_MS = 400

const currentOnlyAfterHealth = ({ pointers, probes, newVersion }: History): Violation[] => {
  const first = pointers[0]?.release
  const moved = pointers.find(({ release }) => release !== first)
  if (moved === undefined) return []
  return SERVICES.flatMap((service) => {
    const seen = probes.find((probe) => probe.service === service && probe.version === newVersion)
    if (seen !== undefined && seen.at <= moved.at + PROBE_SLACK_MS) return []
    const when = seen === undefined ? 'never' : `only ${seen.at - moved.at} ms later`
    return [{ invariant: 'I4', evidence: `current named ${moved.release}, but ${service} answered as the new version ${when}` }]
  })
}

const lockIsHeld = ({ lockWasHeld }: History): Violation[] =>
  lockWasHeld === false ? [{ invariant: 'I3', evidence: 'the program was at work, and nobody held the lock' }] : []

/** A rollback is never rolled back: what it brought stays to be looked at, and the exit code calls for a person. */
const keptAsItIs = ({ afterFault, newVersion, firstExit }: History): Violation[] => {
  const kept = afterFault.containers.some(({ service, running, version }) => service === 'web' && running && version === newVersion)
  return [
    ...(kept ? [] : [{ invariant: 'I10', evidence: 'the rollback that failed was rolled back' }]),
    ...(firstExit === 30 ? [] : [{ invariant: 'I10', evidence: `a rollback that failed ended with ${firstExit}, not with BROKEN (30)` }]),
  ]
}

/** Nobody works any more: the whole stack is of one release, and the record names it. */
const settled = (history: History, rest: AtRest, when: string): Violation[] => {
  const { oldVersion, newVersion, isRollback, undoesSchema, before } = history
  const found: Violation[] = []
  const say = (invariant: string, evidence: string): void => void found.push({ invariant, evidence: `${when}: ${evidence}` })
  if (!rest.lockIsFree) say('I3', 'somebody holds the lock')
  const running = rest.containers.filter((container) => container.running && !container.oneOff)
  for (const service of SERVICES) {
    const count = running.filter((container) => container.service === service).length
    if (count !== 1) say('I1', `${count} containers of ${service} run`)
  }
  const versions = [...new Set(running.map(({ version }) => version))]
  if (versions.length > 1) say('I1', `mixed: ${running.map(({ service, version }) => `${service} ${version}`).join(', ')}`)
  const version = versions[0] ?? 'nothing'
  if (versions.some((one) => one !== oldVersion && one !== newVersion)) say('I1', `${versions.join(', ')} runs`)
  for (const service of SERVICES) {
    const recorded = rest.current?.versions[service]
    if (recorded !== version)
      say('I4', `current names ${rest.current?.release ?? 'nothing'} with ${service} ${recorded}, but ${version} runs`)
  }
  if (rest.file !== version) say('I1', `the file on the server is that of ${rest.file}, but ${version} runs`)
  for (const { name, service, policy } of running) if (policy !== POLICIES[service]) say('I1', `${name} has the restart policy ${policy}`)
  if (version === newVersion && !isRollback && rest.migrations <= before.migrations)
    say('I2', 'the new version serves without its migration')
  if (version === newVersion && !isRollback && rest.seeds <= before.seeds) say('I2', 'the new version serves without its seeds')
  if (isRollback && rest.migrations !== before.migrations) say('I2', 'a rollback ran a migration')
  if (undoesSchema && version === oldVersion && rest.schema !== before.schema)
    say('I2', `${version} serves again, but the schema is that of ${rest.schema}, not of ${before.schema}`)
  return found
}

const truthfulExit = ({ firstExit, secondExit, afterFault, afterRerun, newVersion }: History): Violation[] => {
  const serves = (rest: AtRest): boolean =>
    SERVICES.every((service) => rest.containers.some((one) => one.service === service && one.running && one.version === newVersion))
  return [
    ...(firstExit === 0 && !serves(afterFault)
      ? [{ invariant: 'I5', evidence: 'exit code 0, but the requested version does not serve' }]
      : []),
    ...(secondExit === 0 && !serves(afterRerun)
      ? [{ invariant: 'I5', evidence: 'the rerun says 0, but the requested version does not serve' }]
      : []),
  ]
}

/** The same command again brings what was asked for, and tidies up after both. */
const converged = ({ newIsGood, newVersion, oldVersion, secondExit, afterRerun }: History): Violation[] => {
  const wanted = newIsGood ? newVersion : oldVersion
  const found: Violation[] = []
  const say = (evidence: string): void => void found.push({ invariant: 'I8', evidence: `after the rerun: ${evidence}` })
  if ((secondExit === 0) !== newIsGood) say(`it ended with ${secondExit}`)
  if (afterRerun.current?.versions.web !== wanted) say(`current is of ${afterRerun.current?.versions.web}, not of ${wanted}`)
  const names = afterRerun.containers
    .map(({ name }) => name)
    .toSorted()
    .join(', ')
  const expected = SERVICES.map((service) => `faults-${service}-1`).join(', ')
  if (names !== expected) say(`there are the containers ${names}, not ${expected}`)
  for (const left of afterRerun.leftOver) say(`${left} was left`)
  return found
}
