import { DeployError } from '../errors.ts'
import type { Observed } from '../plan/observed.ts'
import { configured } from '../plan/readiness.ts'
import type { Log } from '../ports.ts'
import type { Verdict } from '../report/document.ts'
import type { Context } from './context.ts'
import type { Wanted } from './stack.ts'
import { noFacts, stepRecorder } from './steps.ts'

/** One server of the environment, as a command for one server sees it. */
export interface HostContext {
  readonly host: string
  readonly context: Context
  /** The server that the data is reached from. */
  readonly isFirst: boolean
  /** Services that may exist once and run on the first server. */
  readonly elsewhere: readonly string[]
}

/** The servers of the environment, in order; the context itself where there is one. */
export const hostContexts = (context: Context): readonly HostContext[] => {
  const hosts = context.environment().config.hosts.flat()
  if (hosts.length === 1) return [{ host: hosts[0] ?? '', context, isFirst: true, elsewhere: [] }]
  return hosts.map((host, index) => {
    const isFirst = index === 0
    const elsewhere = isFirst ? [] : Object.keys(context.config.services).filter((name) => isOnce(context, name))
    return { host, context: contextOn(context, host, elsewhere, isFirst), isFirst, elsewhere }
  })
}

const isOnce = ({ config }: Context, service: string): boolean => configured(config, service)?.exactly === 1

/** Migration, backup and seeds are of all servers together: they run on the first. So do services that may exist once. */
const contextOn = (context: Context, host: string, elsewhere: readonly string[], isFirst: boolean): Context => {
  const { config, ports, facts } = context
  const { name, config: environment } = context.environment()
  const own = { ...noFacts(), environment: facts.environment, url: facts.url }
  const log = prefixed(ports.log, host)
  const hostPorts = { ...ports, log }
  const { migrate: _, backup: __, ...others } = config
  const onOthers = {
    ...others,
    seed: [],
    smoke: config.smoke.filter(({ service }) => !elsewhere.includes(service)),
    compose: { ...config.compose, elsewhere: [...config.compose.elsewhere, ...elsewhere] },
  }
  return {
    ...context,
    config: isFirst ? config : onOthers,
    ports: hostPorts,
    facts: own,
    environment: () => ({ name, config: { ...environment, host } }),
    step: stepRecorder(hostPorts, own),
  }
}

/** Each line with its server; a warning that is repeated is told once. */
const prefixed = (log: Log, host: string): Log => {
  const told = new Set<string>()
  return {
    ...log,
    group: (sentence, work) => log.group(`${host}: ${sentence}`, work),
    info: (line) => log.info(`${host}: ${line}`),
    debug: (line) => log.debug(`${host}: ${line}`),
    warning: (line, place) => {
      if (!told.has(line)) log.warning(`${host}: ${line}`, place)
      told.add(line)
    },
    error: (line, place) => log.error(`${host}: ${line}`, place),
    foreign: (line) => log.foreign(line),
    mask: (value) => log.mask(value),
  }
}

/** What is wanted on one of several servers. */
export const wantedOn = ({ elsewhere }: HostContext, wanted: Wanted): Wanted => ({
  ...wanted,
  ownership: Object.fromEntries(Object.entries(wanted.ownership).filter(([service]) => !elsewhere.includes(service))),
})

/** What may exist once must not run beside the one on the first server. @throws DeployError CONFIG */
export const refuseTwice = ({ host, elsewhere, context }: HostContext, { containers }: Observed): void => {
  const found = containers.filter(({ service, oneOff, state }) => elsewhere.includes(service) && !oneOff && state === 'running')
  if (found.length === 0) return
  throw new DeployError(
    'CONFIG',
    `${found.map(({ service }) => service).join(', ')} may exist once and belongs on the first of the hosts, but runs on ${host} too; nothing was touched`,
    {
      hint: `by hand: on ${host}: docker rm --force ${found.map(({ name }) => name).join(' ')} (compose project ${context.config.project})`,
    },
  )
}

/** The facts of all servers in those of the command: what serves by server, steps with the server's name. */
export const gatherFacts = ({ facts }: Context, hosts: readonly HostContext[]): void => {
  const [first] = hosts
  if (hosts.some(({ context }) => context.facts.wasBroken === true)) facts.wasBroken = true
  facts.release = first?.context.facts.release ?? null
  facts.previousRelease = first?.context.facts.previousRelease ?? null
  facts.images = Object.keys(facts.images).length > 0 ? facts.images : (first?.context.facts.images ?? {})
  if (hosts.some(({ context }) => context.facts.drift !== undefined))
    facts.drift = hosts.flatMap(({ host, context }) => (context.facts.drift ?? []).map((sentence) => `${host}: ${sentence}`))
  const kept = hosts.flatMap(({ context }) => context.facts.kept ?? [])
  // one host whose needs are not known makes those of all unknown
  if (kept.length === hosts.length && kept[0] !== undefined)
    facts.kept = { ...kept[0], references: [...new Set(kept.flatMap(({ references }) => references))].sort() }
  facts.serving = hosts.flatMap(({ context }) => context.facts.serving)
  facts.steps = [
    ...facts.steps,
    ...hosts.flatMap(({ host, context }) => context.facts.steps.map((step) => ({ ...step, name: `${host}: ${step.name}` }))),
  ]
}

/** A command for one server, which may want to know which one of several it is. */
export type HostCommand = (context: Context, host: HostContext) => Promise<Verdict>

/** A command that only looks, on each server that it concerns; one that cannot be looked at does not hide the others. */
export const onEachHost = async (
  context: Context,
  command: HostCommand,
  concerns: (host: HostContext) => boolean = () => true,
): Promise<Verdict> => {
  const all = hostContexts(context)
  const [only] = all
  if (all.length === 1 && only !== undefined) return command(only.context, only)
  const hosts = all.filter(concerns)
  const looked = await Promise.all(hosts.map((host) => looking(host, command)))
  gatherFacts(context, hosts)
  const message = looked.map(({ host, verdict, error }) => `${host}: ${verdict?.message ?? error?.message ?? ''}`).join('; ')
  const [failed] = looked.flatMap(({ error }) => error ?? [])
  if (failed !== undefined) throw new DeployError(failed.code, message, failed.details)
  return { outcome: looked.some(({ verdict }) => verdict?.outcome === 'succeeded') ? 'succeeded' : 'unchanged', message }
}

interface Looked {
  readonly host: string
  readonly verdict?: Verdict
  readonly error?: DeployError
}

const looking = async (one: HostContext, command: HostCommand): Promise<Looked> => {
  const { host, context } = one
  try {
    return { host, verdict: await command(context, one) }
  } catch (error) {
    if (!(error instanceof DeployError)) throw error
    return { host, error }
  }
}
