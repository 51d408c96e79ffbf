/** Which parts of a config a command uses: the variables of others may be missing. */
import type { CommandName, Request } from './context.ts'
import { ON_A_SERVER } from './options.ts'

export const isOnServer = (command: CommandName): boolean => (ON_A_SERVER as readonly CommandName[]).includes(command)
const WITH_A_LOGIN: readonly CommandName[] = ['build', 'publish', 'deploy', 'prune', 'all']

const BUILDING: readonly CommandName[] = ['build', 'all']

/** Commands of which somebody may want to hear. */
const TELLING: readonly CommandName[] = ['deploy', 'rollback', 'restore', 'all']

/** From a commit to images that are published, and what only reads what was written down: nothing is run on a server. */
const RUNNING_NOTHING_THERE: readonly CommandName[] = ['check', 'build', 'scan', 'publish', 'prune', 'logs', 'history']
const RUN_THERE: readonly (string | number | undefined)[] = ['seed', 'smoke', 'migrate', 'backup']

/** What this command does not use may lack its environment variables. */
export const isUnused =
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
export const isSpared =
  ({ command }: Request) =>
  ([part]: readonly (string | number)[]): boolean =>
    part === 'notify' && (command === 'rollback' || command === 'restore')

const needsLogin = (request: Request): boolean =>
  WITH_A_LOGIN.includes(request.command) &&
  !request.dryRun &&
  request.matrix !== true &&
  request.registryPassword === undefined &&
  request.registry === undefined
