import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { Context } from '../entry/context.ts'
import { DeployError } from '../errors.ts'
import { type RegistryCredentials, Secret } from '../ports.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** The registry's host of this run. */
export const registryHost = (context: Context): string => context.request.registry ?? context.config.registry.host

/** Name and password for the registry that images are pushed to and pulled from; null: as nobody. */
export const registryCredentials = (context: Context): RegistryCredentials | null => credentialsFor(context, registryHost(context))

/**
 * Name and password for any registry. What was asked for and the config's hold for our own registry only: no other
 * ever gets to see them.
 */
export const credentialsFor = (context: Context, host: string): RegistryCredentials | null => {
  const { request, config, ports } = context
  const own = host === registryHost(context)
  const configured = request.registry === undefined ? config.registry : undefined
  const username = request.registryUsername ?? configured?.username
  const credentials =
    (own ? pair(username, request.registryPassword?.reveal(), 'the registry-username input') : null) ??
    (own ? pair(configured?.username, configured?.password, 'registry.username') : null) ??
    fromDockerConfig(ports.env, host) ??
    (host === 'ghcr.io' ? fromJob(ports.env) : null)
  if (credentials !== null) ports.log.mask(credentials.password.reveal())
  return credentials
}

const pair = (username: string | undefined, password: string | undefined, where: string): RegistryCredentials | null => {
  if (password === undefined || password === '') return null
  if (username === undefined || username === '')
    throw new DeployError('CONFIG', 'a registry password without a user name', { hint: `by hand: set ${where}, too` })
  return { username, password: new Secret(password) }
}

/** Under which key Docker, and whoever reads its configuration, looks for a login. */
export const loginKey = (host: string): string => (host === 'docker.io' ? 'https://index.docker.io/v1/' : host)

/** What `docker login` left. Credential helpers are programs of the user's own desktop; they are not asked. */
const fromDockerConfig = (env: Environment, host: string): RegistryCredentials | null => {
  const path = join(env.DOCKER_CONFIG ?? join(env.HOME ?? homedir(), '.docker'), 'config.json')
  const { auth, identitytoken } = readLogin(path, loginKey(host))
  if (typeof auth !== 'string') return null
  const decoded = Buffer.from(auth, 'base64').toString()
  const colon = decoded.indexOf(':')
  if (colon < 1) return null
  // `az acr login` leaves a token instead of a password, which Azure takes as one: https://aka.ms/acr/auth-and-exchange
  const password = decoded.slice(colon + 1) || (typeof identitytoken === 'string' ? identitytoken : '')
  return pair(decoded.slice(0, colon), password, path)
}

interface Login {
  readonly auth?: unknown
  readonly identitytoken?: unknown
}

const readLogin = (path: string, key: string): Login => {
  try {
    const document = JSON.parse(readFileSync(path, 'utf8')) as { readonly auths?: Readonly<Record<string, Login>> }
    return document.auths?.[key] ?? {}
  } catch {
    // no login is the usual case, and a broken file is Docker's to complain about
    return {}
  }
}

/** On a runner the job's own token may push to GHCR where the job has `packages: write`. Another server's is worth nothing there. */
const fromJob = (env: Environment): RegistryCredentials | null =>
  env.GITHUB_ACTIONS === 'true' && (env.GITHUB_SERVER_URL || GITHUB) === GITHUB
    ? pair(env.GITHUB_ACTOR, env['INPUT_GITHUB-TOKEN'] || env.GITHUB_TOKEN, 'GITHUB_ACTOR')
    : null

const GITHUB = 'https://github.com'
