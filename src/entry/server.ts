import { randomBytes } from 'node:crypto'
import { hostname, userInfo } from 'node:os'
import { parseKnownHosts, pinsFor } from '../config/known-hosts.ts'
import { normalisedPrivateKey } from '../config/private-key.ts'
import { DeployError } from '../errors.ts'
import { partKey } from '../plan/parts.ts'
import { Secret } from '../ports.ts'
import type { FrontArguments } from '../transaction/front.ts'
import type { HostPins, RemoteTarget } from '../transaction/remote.ts'
import type { Context } from './context.ts'

/** The server of the environment, with its pinned key. @throws DeployError CONFIG before anything is connected */
export const remoteTarget = (context: Context): RemoteTarget => {
  const { name, config } = context.environment()
  const { sshKey } = context.request
  const problems: string[] = []
  if (sshKey === undefined) problems.push('no SSH key: set the ssh-key input, DEPLOY_SSH_KEY, or --ssh-key FILE')
  const pins = hostPins(context, problems)
  if (pins.keys.length + pins.fingerprints.length === 0 && problems.length <= (sshKey === undefined ? 1 : 0)) {
    problems.push(
      `nothing pins the host key of ${config.host}: set environments.${name}.knownHosts or .fingerprint, or --known-hosts FILE; a key is never learned`,
    )
  }
  if (problems.length > 0 || sshKey === undefined) {
    throw new DeployError('CONFIG', problems.join('; '), {
      hint: [
        ...(sshKey === undefined ? ['by hand: give the private key whose public half the server knows'] : []),
        ...(problems.length > (sshKey === undefined ? 1 : 0)
          ? ["by hand: pin the key that is printed at the server's own console by: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub"]
          : []),
      ].join('\n'),
    })
  }
  const key = new Secret(normalisedPrivateKey(sshKey.reveal()))
  return { host: config.host.replace(/^\[|\]$/g, ''), port: config.port, user: config.user, key, pins }
}

const hostPins = (context: Context, problems: string[]): HostPins => {
  const { config } = context.environment()
  const text = context.request.knownHosts ?? config.knownHosts
  const known = parseKnownHosts(text ?? '')
  for (const { line, message } of known.problems) problems.push(`known hosts line ${line} ${message}`)
  const { accepted } = pinsFor(known, config.host, config.port)
  if (text !== undefined && accepted.length === 0 && known.problems.length === 0) {
    problems.push(`the known hosts have no key for ${config.port === 22 ? config.host : `[${config.host}]:${config.port}`}`)
  }
  return {
    keys: accepted.map(({ keyType, key }) => ({ type: keyType, blob: key.toString('base64') })),
    fingerprints: config.fingerprint ?? [],
  }
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
