import { randomBytes } from 'node:crypto'
import { hostname, userInfo } from 'node:os'
import type { NamedPlace } from '../adapters/ssh-config.ts'
import { bareHost } from '../adapters/ssh-failures.ts'
import { type Pins, parseKnownHosts, pinsFor } from '../config/known-hosts.ts'
import { normalisedPrivateKey } from '../config/private-key.ts'
import { DeployError } from '../errors.ts'
import { partKey } from '../plan/parts.ts'
import { Secret } from '../ports.ts'
import type { FrontArguments } from '../transaction/front.ts'
import type { HostPins, RemoteTarget } from '../transaction/remote.ts'
import type { Context } from './context.ts'
import { ownPins } from './own-machine.ts'

/** The server of the environment, with its pinned key. @throws DeployError CONFIG before anything is connected */
export const remoteTarget = (context: Context): RemoteTarget => {
  const { name, config } = context.environment()
  const own = context.own?.get(config.host)
  // what the config says is the config's to say; 22 is also what it says where it says nothing
  const port = config.port === 22 ? (own?.port ?? 22) : config.port
  const key = keyOf(context, own)
  const problems: string[] = []
  if (key === null) problems.push('no SSH key: set the ssh-key input, DEPLOY_SSH_KEY, or --ssh-key FILE')
  const pins = hostPins(context, own, port, problems)
  if (pins.keys.length + pins.fingerprints.length === 0 && problems.length <= (key === null ? 1 : 0)) {
    problems.push(
      `nothing pins the host key of ${config.host}: set environments.${name}.knownHosts or .fingerprint, or --known-hosts FILE; a key is never learned`,
    )
  }
  if (problems.length > 0 || key === null) {
    throw new DeployError('CONFIG', problems.join('; '), {
      hint: [
        ...(key === null ? ['by hand: give the private key whose public half the server knows'] : []),
        ...(problems.length > (key === null ? 1 : 0)
          ? ["by hand: pin the key that is printed at the server's own console by: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub"]
          : []),
      ].join('\n'),
    })
  }
  const host = bareHost(config.host)
  return { host, ...(own && own.address !== host ? { address: own.address } : {}), port, user: config.user, key, pins }
}

/** The key that was given, or else an agent of this machine. */
const keyOf = ({ request: { sshKey } }: Context, own: NamedPlace | undefined): RemoteTarget['key'] | null => {
  if (sshKey !== undefined) return new Secret(normalisedPrivateKey(sshKey.reveal()))
  return own?.agent ? { socket: own.agent } : null
}

/** A line for any of the server's names counts: the config's own, and where ~/.ssh/config says that it leads. */
const hostPins = (context: Context, own: NamedPlace | undefined, port: number, problems: string[]): HostPins => {
  const { config } = context.environment()
  const names = [...new Set([config.host, ...(own ? [own.address] : [])])]
  const text = context.request.knownHosts ?? config.knownHosts
  const fingerprints = config.fingerprint ?? []
  if (text === undefined) return { keys: own && fingerprints.length === 0 ? keysOf(ownPins(own, names, port)) : [], fingerprints }
  const known = parseKnownHosts(text)
  for (const { line, message } of known.problems) problems.push(`known hosts line ${line} ${message}`)
  const keys = keysOf(names.map((name) => pinsFor(known, name, port)))
  if (keys.length === 0 && known.problems.length === 0) {
    const asked = names.map((name) => (port === 22 ? name : `[${name}]:${port}`))
    problems.push(`the known hosts have no key for ${asked.join(' or ')}`)
  }
  return { keys, fingerprints }
}

/** Each key once; what is revoked for one of its names is revoked. */
const keysOf = (pins: readonly Pins[]): HostPins['keys'] => {
  const accepted = pins
    .flatMap((one) => one.accepted)
    .filter(({ key }) => !pins.some(({ revoked }) => revoked.some((bad) => bad.key.equals(key))))
  const typeOf = new Map(accepted.map(({ keyType, key }) => [key.toString('base64'), keyType]))
  return [...typeOf].map(([blob, type]) => ({ type, blob }))
}

/** Sorts by time and is never twice the same. */
const operationId = (now: Date): string => `${now.toISOString().replaceAll(/[-:]|\.\d+/g, '')}-${randomBytes(3).toString('hex')}`

export const frontArguments = (context: Context, verb: FrontArguments['verb'], target = ''): FrontArguments => {
  const { config } = context.environment()
  return {
    verb,
    nonce: randomBytes(12).toString('hex'),
    directory: config.path.replace(/\/+$/, ''),
    project: context.config.project,
    operation: operationId(context.ports.clock.now()),
    environmentFile: config.env.file,
    waitSeconds: Math.ceil(config.lockTimeout / 1000),
    holder: `${context.request.command} by ${actor(context)}${runUrl(context) === null ? '' : `, ${runUrl(context)}`}`,
    target,
    repository: partKey(context.commit.repository),
  }
}

/** Who: the job's actor, or the person at this machine. */
export const actor = ({ ports: { env } }: Context): string =>
  (env.GITHUB_ACTIONS === 'true' && env.GITHUB_ACTOR ? env.GITHUB_ACTOR : `${safeUser()}@${hostname()}`).replaceAll(/[^\w.@-]/g, '-')

const safeUser = (): string => {
  try {
    return userInfo().username
  } catch {
    return 'unknown'
  }
}

export const runUrl = ({ ports: { env } }: Context): string | null =>
  env.GITHUB_RUN_ID === undefined
    ? null
    : `${env.GITHUB_SERVER_URL ?? 'https://github.com'}/${env.GITHUB_REPOSITORY ?? ''}/actions/runs/${env.GITHUB_RUN_ID}`
