import { readFileSync } from 'node:fs'
import { basename, dirname, relative, resolve } from 'node:path'
import { nearest } from '../config/nearest.ts'
import { DeployError } from '../errors.ts'
import type { Ports } from '../ports.ts'
import type { Facts } from '../report/document.ts'
import { readCommit } from './commit.ts'
import type { CommandName, Context, Request } from './context.ts'
import { ON_A_SERVER } from './options.ts'
import { isOwnMachine, ownMachine } from './own-machine.ts'
import { nothingNoted, stepRecorder } from './steps.ts'

const isOnServer = (command: CommandName): boolean => (ON_A_SERVER as readonly CommandName[]).includes(command)
const WITH_A_LOGIN: readonly CommandName[] = ['build', 'publish', 'deploy', 'prune', 'all']

const BUILDING: readonly CommandName[] = ['build', 'all']

/** Commands of which somebody may want to hear. */
const TELLING: readonly CommandName[] = ['deploy', 'rollback', 'restore', 'all']

/** Everything a command works with. @throws DeployError CONFIG before anything is connected */
export const createContext = async (request: Request, ports: Ports, facts: Facts): Promise<Context> => {
  const file = resolve(request.configPath)
  const project = dirname(file)
  const bytes = read(file, request.configPath)
  // the schema is heavy: loaded once it is known that there is something to check
  const [{ readConfig }, { notifySecrets }] = await Promise.all([import('../config/read.ts'), import('../config/notify.ts')])
  const {
    config,
    secrets,
    exposed,
    spared,
    environmentNames,
    placeOf: placed,
  } = readConfig({
    bytes,
    file: relative(process.cwd(), file) || request.configPath,
    environment: withVariables(ports.env, request.variables),
    isUnused: isUnused(request),
    isSpared: isSpared(request),
  })
  for (const secret of [...secrets, config.registry.password ?? '']) ports.log.mask(secret)
  for (const secret of notifySecrets(config)) ports.log.mask(secret)
  for (const { secrets: values } of Object.values(config.images)) for (const secret of Object.values(values)) ports.log.mask(secret)
  for (const place of [...exposed, ...spared]) ports.log.warning(place.message, place)
  const environment = (): ReturnType<Context['environment']> => chosen({ config, environmentNames }, request)
  // as a command knows files: from the folder of the project, see located.ts
  const placeOf: Context['placeOf'] = (path, message) => ({ ...placed(path, message), file: basename(file) })
  if (isOnServer(request.command)) announce(facts, environment())
  const reports = relative(project, resolve(request.reports)) || request.reports
  const asksOwn = isOnServer(request.command) && isOwnMachine(ports.env)
  const [commit, own] = await Promise.all([
    readCommit(project, ports, reports),
    asksOwn ? ownMachine(environment().config.hosts.flat(), ports) : undefined,
  ])
  return {
    request,
    config,
    project,
    commit,
    ...(own ? { own } : {}),
    ports,
    facts,
    noted: nothingNoted(),
    environmentNames,
    placeOf,
    environment,
    step: stepRecorder(ports, facts),
  }
}

/** All of the environment, also what no list of it shows, and what was asked for before it. */
export const withVariables = (env: Ports['env'], variables: Request['variables'] = {}): Ports['env'] =>
  Object.assign(Object.defineProperties({}, writable(Object.getOwnPropertyDescriptors(env))), variables)

const writable = (descriptors: PropertyDescriptorMap): PropertyDescriptorMap =>
  Object.fromEntries(Object.entries(descriptors).map(([name, descriptor]) => [name, { ...descriptor, writable: true }]))

const read = (file: string, shown: string): Uint8Array => {
  try {
    return readFileSync(file)
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown reason'
    if (code === 'ENOENT')
      throw new DeployError('CONFIG', `there is no ${shown}, which is the config (at another place: --config FILE)`, {
        cause,
        hint: 'deploy-action init',
      })
    throw new DeployError('CONFIG', `the config ${shown} cannot be read (${code})`, { cause, hint: `by hand: ls -l ${shown}` })
  }
}

/** From a commit to images that are published, and what only reads what was written down: nothing is run on a server. */
const RUNNING_NOTHING_THERE: readonly CommandName[] = ['check', 'build', 'scan', 'publish', 'prune', 'logs', 'history']
const RUN_THERE: readonly (string | number | undefined)[] = ['seed', 'smoke', 'migrate', 'backup']

/** What this command does not use may lack its environment variables. */
const isUnused =
  (request: Request) =>
  ([part, name, field]: readonly (string | number)[]): boolean => {
    if (part === 'check') return request.command !== 'check' && request.command !== 'all'
    if (RUN_THERE.includes(part)) return RUNNING_NOTHING_THERE.includes(request.command)
    if (part === 'hooks') return !hasHooks(request.command, String(name))
    if (part === 'environments') return !isOnServer(request.command) || (request.environment !== undefined && name !== request.environment)
    // build arguments and secrets
    if (part === 'images' && (field === 'secrets' || field === 'args'))
      return !BUILDING.includes(request.command) || request.matrix === true
    if (part === 'notify') return !TELLING.includes(request.command) || request.dryRun
    return part === 'registry' && (name === 'password' || name === 'username') && !needsLogin(request)
  }

/** Those of a stage by its own command, all others by what works on a server. */
const hasHooks = (command: CommandName, point: string): boolean => {
  const [, stage] = /^(?:before|after)(Check|Build|Scan|Publish)$/.exec(point) ?? []
  if (stage !== undefined) return command === 'all' || command === stage.toLowerCase()
  return isOnServer(command) && !RUNNING_NOTHING_THERE.includes(command)
}

/** Going back must not fail by a message that cannot be sent. */
const isSpared =
  ({ command }: Request) =>
  ([part]: readonly (string | number)[]): boolean =>
    part === 'notify' && (command === 'rollback' || command === 'restore')

const needsLogin = (request: Request): boolean =>
  WITH_A_LOGIN.includes(request.command) &&
  !request.dryRun &&
  request.matrix !== true &&
  request.registryPassword === undefined &&
  request.registry === undefined

const chosen = (
  { config, environmentNames: names }: Pick<Context, 'config' | 'environmentNames'>,
  request: Request,
): ReturnType<Context['environment']> => {
  const name = request.environment ?? (names.length === 1 ? names[0] : undefined)
  const list = names.length === 0 ? 'the config has none' : `there are ${names.join(', ')}`
  if (name === undefined) {
    throw new DeployError('CONFIG', names.length === 0 ? 'the config has no `environments`' : `which environment? ${list}`, {
      hint:
        names.length === 0
          ? 'by hand: add `environments` with host and path to the config'
          : `deploy-action ${request.command} --environment ${names[0]}`,
    })
  }
  const found = Object.hasOwn(config.environments, name) ? config.environments[name] : undefined
  if (found === undefined)
    throw new DeployError('CONFIG', `no environment ${JSON.stringify(name)}; ${list}`, {
      hint: `deploy-action ${request.command} --environment ${nearest(name, names) ?? names[0] ?? 'NAME'}`,
    })
  return { name, config: found }
}

const announce = (facts: Facts, { name, config }: ReturnType<Context['environment']>): void => {
  facts.environment = name
  facts.url = config.url ?? null
}
