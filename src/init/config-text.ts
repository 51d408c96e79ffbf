import { stringify } from 'yaml'
import { imageNames } from '../config/images.ts'
import type { Config } from '../config/schema.ts'
import { buildArguments } from './build-arguments.ts'
import type { Stage } from './checks.ts'
import type { OwnImage } from './images.ts'
import type { Proposal } from './proposal.ts'

/** What people answered, or gave as options. */
export interface Answers {
  readonly host: string | null
  readonly user: string
  readonly path: string
  readonly owner: string | null
}

const SCHEMA = 'https://raw.githubusercontent.com/org/deploy-action/v1/schema/deploy.schema.json'

/** Where the images go: a registry that the compose file names, else the one that needs no login of its own on GitHub. */
export interface RegistryChoice {
  readonly host: string
  readonly namespace: string | null
}

export const registryOf = ({ images }: Proposal, owner: string | null): RegistryChoice => {
  const named = images.images.flatMap(({ declared }) => {
    const [host = '', ...rest] = declared?.split('/') ?? []
    return /[.:]/.test(host) && rest.length > 0 ? [{ host, namespace: rest.slice(0, -1).join('/') }] : []
  })
  const [first] = named
  if (first === undefined || first.host === 'ghcr.io') return { host: 'ghcr.io', namespace: owner === null ? 'OWNER' : null }
  return { host: first.host, namespace: first.namespace || null }
}

/** `deploy.yml`: what was found, each thing with the place that it was found at, and each doubt as a comment. */
export const configText = (proposal: Proposal, answers: Answers, composeFiles: readonly string[]): string => {
  const { project, services, health, migration, backup, mounts, variables, checks } = proposal
  const registry = registryOf(proposal, answers.owner)
  const lines: string[] = [
    `# yaml-language-server: $schema=${SCHEMA}`,
    '# Written by deploy-action init from the files of this project. Every key: docs/config.md of deploy-action.',
  ]
  // a stack under another name would begin with empty volumes
  lines.push(
    `project: ${scalar(project)} #${proposal.namedBy === null ? '' : ` COMPOSE_PROJECT_NAME of ${proposal.namedBy};`} as \`docker compose ls\` calls it on the server, where it runs there already`,
  )
  const written = {
    ...(registry.host === 'ghcr.io' ? {} : { host: registry.host }),
    ...(registry.namespace === null ? {} : { namespace: registry.namespace }),
  }
  if (Object.keys(written).length > 0)
    lines.push(
      `registry: ${flow(written)}${registry.namespace === 'OWNER' ? ' # who owns the images: git has no remote that says it' : ''}`,
    )
  lines.push('images:')
  for (const image of proposal.images.images) lines.push(imageLine(proposal, image, registry, answers.owner))
  lines.push(...checkLines(checks.stages))
  const compose = {
    ...(composeFiles.join() === 'docker-compose.yml' ? {} : { files: composeFiles }),
    ...(proposal.compose.profiles.length === 0 ? {} : { profiles: proposal.compose.profiles }),
    ...(mounts.sync.length + variables.brought.length === 0
      ? {}
      : { sync: [...new Set([...mounts.sync, ...variables.brought])].toSorted() }),
  }
  if (Object.keys(compose).length > 0) lines.push(`compose: ${flow(compose)}`)
  const serviceLines = services.flatMap((service) => serviceLine(service, health[service.service.name]))
  if (serviceLines.length > 0)
    lines.push(serviceLines.some((line) => !line.trimStart().startsWith('#')) ? 'services:' : '# services:', ...serviceLines)
  if (migration !== null) {
    const parts = {
      service: migration.service,
      ...(migration.preset === null ? {} : { preset: migration.preset }),
      ...(migration.config === null ? {} : { config: migration.config }),
      ...(migration.up === null ? {} : { up: migration.up }),
      ...(migration.onStart ? { onStart: true } : {}),
    }
    lines.push(`# ${migration.reason}`, ...migration.doubts.map((doubt) => `# not known: ${doubt}`), `migrate: ${flow(parts)}`)
  }
  if (backup !== null) {
    // a backup is made before a migration; where none is known, it would have to be at every deploy
    const open = migration === null || backup.doubt !== null
    if (backup.doubt !== null) lines.push(`# ${backup.doubt}`)
    lines.push(
      `${open ? '# ' : ''}backup: ${flow({ kind: backup.kind, service: backup.service, ...(backup.file === null ? {} : { file: backup.file }), ...(migration === null ? { when: 'always' } : {}) })} # ${oneLine(backup.reason)}`,
    )
  }
  lines.push('environments:', '  production:', '    host: ${SSH_HOST}')
  if (answers.user !== 'deploy') lines.push(`    user: ${scalar(answers.user)}`)
  lines.push(`    path: ${scalar(answers.path)}`)
  const env = {
    ...(variables.file === '.env' ? {} : { file: variables.file }),
    ...(variables.required.length === 0 ? {} : { required: variables.required }),
  }
  if (Object.keys(env).length > 0)
    lines.push(`    env: ${flow(env)}${variables.required.length === 0 ? '' : ' # must be set on the server; take out what may be empty'}`)
  lines.push(`    branch: ${scalar(proposal.branch)}`)
  return `${lines.join('\n')}\n`
}

const imageLine = (proposal: Proposal, image: OwnImage, registry: RegistryChoice, owner: string | null): string => {
  const last = image.declared?.split('/').at(-1)
  const given = image.declared?.split('/').slice(0, -1).join('/')
  const isThere = given === [registry.host, (registry.namespace ?? owner ?? '').toLowerCase()].filter(Boolean).join('/')
  const name = last !== undefined && isThere && last !== `${proposal.project}-${image.key}` ? last : undefined
  const names = imageNames(
    {
      project: proposal.project,
      registry: { host: registry.host, ...(registry.namespace === null ? {} : { namespace: registry.namespace }) },
      images: { [image.key]: name === undefined ? {} : { name } },
    } as unknown as Config,
    image.key,
    owner,
  )
  const { args } = buildArguments(image)
  const parts = {
    ...(name === undefined ? {} : { name }),
    ...(image.context === '' ? {} : { context: image.context }),
    ...(image.builder === null ? {} : { builder: image.builder }),
    ...(image.dockerfilePath === null ? {} : { dockerfile: image.dockerfilePath }),
    ...(image.target === null ? {} : { target: image.target }),
    ...(image.platforms.length === 0 ? {} : { platforms: image.platforms }),
    ...(names.declared === image.declared && image.isNamed ? {} : { services: image.services.map((service) => service.name) }),
  }
  // what comes from the environment of the run stays a variable
  const whole = { ...(escaped(parts) as Record<string, unknown>), ...(Object.keys(args).length === 0 ? {} : { args }) }
  return `  ${image.key}: ${flowOf(whole)}`
}

const checkLines = (stages: readonly Stage[]): readonly string[] =>
  stages.length === 0
    ? ['# check: [{ name: test, container: "IMAGE", run: COMMAND }] # no lint or tests were recognised']
    : ['check:', ...stages.map((stage) => `  - ${flow(stage)}`)]

const serviceLine = (
  { service: { name, runsOnce }, kind }: Proposal['services'][number],
  health: Proposal['health'][string] | undefined,
): readonly string[] => {
  const key = scalar(name)
  if (kind === 'once' && !runsOnce)
    return [`  # ${name} migrates and ends, and no service waits for its end: a deploy fails until one does, or ${name} has a profile`]
  if (kind === 'once') return [`  # ${name} runs once and ends: a deploy runs it before those that wait for it, and does not watch it`]
  const once = kind === 'bot' || kind === 'scheduler' ? { exactly: 1 } : {}
  const why =
    kind === 'bot'
      ? ' # a bot: two at the same time would answer twice'
      : kind === 'scheduler'
        ? ' # a scheduler: two would do everything twice'
        : ''
  if (health?.kind === 'http') {
    const where = `${health.path} of ${health.from}`
    return [
      `  ${key}: ${flow({ ...once, health: { http: { port: health.port, path: health.path } } })} # ${where}${why.replace(' # ', '; ')}`,
    ]
  }
  if (kind === 'bot' || kind === 'scheduler') {
    if (health?.kind === 'own') return [`  ${key}: ${flow(once)}${why}; ready by the health check of ${health.from}`]
    return [
      `  ${key}: ${flow({ ...once, stable: '10s' })}${why}; ready when it has stayed up (better: health.log, a text of its log such as "connected")`,
    ]
  }
  if (health?.kind === 'own') return [`  # ${name} is ready by its own health check (${health.from})`]
  if (health?.kind === 'open')
    return [
      `  # ${name} listens on ${health.port}, but no path that says it is ready was found: believed after 10s; better: ${name}: { health: { http: { port: ${health.port}, path: /PATH } } }`,
    ]
  return [`  # ${name} tells nothing of itself: ready when it has stayed up for 10s`]
}

/** A dollar sign is one, not the beginning of a variable of ours. */
const escaped = (value: unknown): unknown => {
  if (typeof value === 'string') return value.replaceAll('$', '$$$$')
  if (Array.isArray(value)) return value.map(escaped)
  return typeof value === 'object' && value !== null
    ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, escaped(inner)]))
    : value
}

/** As people write it: `{ a: 1, b: [x, y] }`. */
const flow = (value: unknown): string => flowOf(escaped(value))
const flowOf = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(flowOf).join(', ')}]`
  if (typeof value === 'object' && value !== null) {
    const parts = Object.entries(value).map(([key, inner]) => `${flowScalar(key)}: ${flowOf(inner)}`)
    return parts.length === 0 ? '{}' : `{ ${parts.join(', ')} }`
  }
  return flowScalar(value)
}
/** In a list of one, the quotes are those that a flow needs. */
const flowScalar = (value: unknown): string =>
  stringify([value], { collectionStyle: 'flow', lineWidth: 0 })
    .trim()
    .replace(/^\[ ?(.*?) ?\]$/s, '$1')
const scalar = (value: string): string => stringify(value.replaceAll('$', '$$$$'), { lineWidth: 0 }).trim()
const oneLine = (text: string): string => text.replace(/\s+/g, ' ')
