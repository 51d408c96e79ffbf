import { readFileSync } from 'node:fs'
import { basename, dirname, relative, resolve } from 'node:path'
import { nearest } from '../config/nearest.ts'
import { DeployError } from '../errors.ts'
import type { Ports } from '../ports.ts'
import type { Facts } from '../report/document.ts'
import { readCommit } from './commit.ts'
import type { Context, Request } from './context.ts'
import { isOwnMachine, ownMachine } from './own-machine.ts'
import { nothingNoted, stepRecorder } from './steps.ts'
import { isOnServer, isSpared, isUnused } from './used-parts.ts'

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
