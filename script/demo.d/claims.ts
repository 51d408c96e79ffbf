import type { Published } from './registry.ts'
import type { Container, ContainerEvent } from './server.ts'

/** One line of the story: what somebody else than the product says, and whether that is what should be. */
export interface Claim {
  readonly source: string
  readonly seen: string
  readonly holds: boolean
  readonly wanted: string
}

export const short = (digest: string): string => digest.slice(0, 'sha256:'.length + 8)

const claim = (source: string, seen: string, holds: boolean, wanted: string): Claim => ({ source, seen, holds, wanted })

/** One index with both platforms; its second name, where that is asked for. */
export const publishedAs = (image: string, tag: string, sha: Published, latest: Published | null): Claim => {
  const one = latest === null || sha.digest === latest.digest
  const other = latest === null ? '' : one ? ' = latest' : ` is not latest (${short(latest.digest)})`
  const seen = `${image}:${tag}${other}, ${short(sha.digest)}, ${sha.platforms.join(' and ')}`
  return claim('crane', seen, one && sha.platforms.join() === 'linux/amd64,linux/arm64', 'one index with both platforms')
}

/** Exactly these bytes, once, and well. */
export const runs = (service: string, containers: readonly Container[], digest: string): Claim => {
  const all = containers.filter((container) => container.service === service)
  const [only] = all
  const good =
    all.length === 1 &&
    only?.state === 'running' &&
    only.digest === digest &&
    only.restarts === 0 &&
    (only.health ?? 'healthy') === 'healthy'
  return claim(
    'docker inspect',
    `${service} ${all.map(told).join(' and ') || 'has no container'}`,
    good,
    `one container, ${short(digest)}, running, healthy`,
  )
}

const told = ({ digest, state, health, started, restarts }: Container): string =>
  `${short(digest)} ${state}${health === null ? '' : `, ${health}`}, ${restarts} restarts, since ${started.slice(11, 19)}`

/** The very containers that ran before: brought back, not made anew. */
export const sameContainers = (before: readonly Container[], after: readonly Container[], services: readonly string[]): Claim => {
  const ids = (containers: readonly Container[]): string =>
    services
      .map((service) => `${service} ${containers.filter((one) => one.service === service).map(({ id }) => id.slice(0, 12))}`)
      .join(', ')
  return claim('docker inspect', `containers ${ids(after)}: those of before`, ids(before) === ids(after), ids(before))
}

/** The other way round: a new version means a new container. */
export const newContainers = (before: readonly Container[], after: readonly Container[], services: readonly string[]): Claim => {
  const kept = after.filter(({ id, service }) => services.includes(service) && before.some((container) => container.id === id))
  const others = after.filter(({ service }) => !services.includes(service))
  const untouched = others.every(({ id, started }) => before.some((container) => container.id === id && container.started === started))
  const seen = `${kept.length === 0 ? 'new containers' : `old containers of ${kept.map(({ service }) => service).join(', ')}`}; ${others
    .map(({ service }) => service)
    .sort()
    .join(', ')} ${untouched ? 'never restarted' : 'restarted'}`
  return claim(
    'docker inspect',
    seen,
    kept.length === 0 && others.length > 0 && untouched,
    'new containers of the services, no other restarted',
  )
}

/** An answer in JSON that holds these values. */
export const answers = (path: string, body: string, wanted: Readonly<Record<string, unknown>>): Claim => {
  const text = Object.entries(wanted).map(([key, value]) => `${key} ${JSON.stringify(value)}`)
  return claim(`GET ${path}`, body, holdsAll(body, wanted), text.join(', '))
}

const holdsAll = (body: string, wanted: Readonly<Record<string, unknown>>): boolean => {
  try {
    const answer = JSON.parse(body) as Readonly<Record<string, unknown>>
    return Object.entries(wanted).every(([key, value]) => answer[key] === value)
  } catch {
    return false
  }
}

export const seededOnce = (rows: string): Claim =>
  claim('psql', `the seed has run ${rows} time${rows === '1' ? '' : 's'}`, rows === '1', 'once')

/** The broken version was really tried: the engine started it, and it died. */
export const triedAndFailed = (service: string, events: readonly ContainerEvent[], digest: string): Claim => {
  const deaths = events.filter((event) => event.service === service && event.image.endsWith(digest) && event.action === 'die')
  const codes = [...new Set(deaths.map(({ exitCode }) => exitCode))]
  const seen = `${service} ${short(digest)} was started and died ${deaths.length} times, exit code ${codes.join(', ') || 'none'}`
  return claim('docker events', seen, deaths.length > 0 && codes.every((code) => code !== '0'), 'the broken version dies')
}

/** A service that was healthy in the new version went back with the others. */
export const wentBackToo = (service: string, events: readonly ContainerEvent[], digest: string): Claim => {
  const did = (action: string): boolean =>
    events.some((event) => event.service === service && event.image.endsWith(digest) && event.action === action)
  const seen = `${service} ${short(digest)} was ${did('start') ? 'started' : 'not started'}, ${did('stop') ? 'stopped' : 'not stopped'} and ${did('destroy') ? 'removed' : 'not removed'}`
  return claim('docker events', seen, did('start') && did('stop') && did('destroy'), 'started, stopped and removed')
}

/** Neither migration nor seed: nothing but the services themselves was started. */
export const noOneOff = (events: readonly ContainerEvent[]): Claim => {
  const started = events.filter(({ oneOff, action }) => oneOff && action === 'start')
  return claim(
    'docker events',
    `${started.length} one-off containers: ${started.length === 0 ? 'no migration ran with the old image' : started.map(({ service }) => service).join(', ')}`,
    started.length === 0,
    'none',
  )
}

export const exitCode = (code: number, wanted: number, meaning: string): Claim =>
  claim('exit code', `${code}${code === wanted ? ` ${meaning}` : ''}`, code === wanted, `${wanted} ${meaning}`)
