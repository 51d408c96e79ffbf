import { parse } from 'yaml'
import type { ComposeModel, ComposeService, Observed, ObservedContainer } from '../plan/observed.ts'
import { NAME_LABEL } from '../plan/pins.ts'
import { dataSeen } from './looked.ts'
import { releaseRecord } from './release-record.ts'

/** What the server told, name by name; everything is text of others until it is read here. */
export type Facts = Readonly<Record<string, string>>

/** Reads the facts of one look. A fact that is missing or makes no sense is "nothing", never a guess. */
export const observation = (facts: Facts): Observed => ({
  missingTools: words(facts['missing-tools']),
  directory: DIRECTORIES.find((state) => state === facts.directory) ?? 'there',
  user: { name: lines(facts.user)[0] ?? '', groups: words(lines(facts.user)[1]) },
  bash: facts.shells !== undefined,
  engine: engine(facts),
  compose:
    facts.compose_version === undefined
      ? { error: lastLine(facts['compose_version.error']) }
      : { version: facts.compose_version.trim().replace(/^v/, '') },
  containers: jsonLines(facts.containers).map(container),
  imageDigests: Object.fromEntries(jsonLines(facts.image_digests).map((image) => [text(image.id), strings(image.digests)])),
  present: lines(facts.present_images),
  disk: lines(facts.disk).flatMap(mount),
  listening: lines(facts.listening).map(listener),
  published: lines(facts.published).flatMap(publication),
  otherContainers: lines(facts.other_containers),
  environmentFile: environmentFile(facts.environment_file),
  environmentSet: environmentSet(facts.resolved),
  environmentNeeded: environmentNeeded(facts.resolved),
  environmentComments: lines(facts.environment_values).flatMap((line) => /^comment ([A-Za-z_]\w*)$/.exec(line)?.[1] ?? []),
  environmentMisses: lines(facts.environment_values).flatMap(environmentMiss),
  model: model(facts),
  hashes: pairs(facts.hashes),
  recordedHashes: pairs(facts.recorded_hashes),
  binds: lines(facts.binds).flatMap(bind),
  missingBinds: lines(facts.binds).flatMap((line) => (line.startsWith('missing\t') ? [line.slice(8)] : [])),
  missingExternals: lines(facts.missing_externals).flatMap(external),
  files: sums(facts.brought_files),
  brought: sums(facts.brought),
  manifest: Object.keys(sums(facts.manifest)),
  ...releases(facts.releases),
  current: releaseName(facts.current),
  parts: pairs(facts.parts),
  othersBrought: named(
    lines(facts.others_brought).flatMap((line) => {
      const [, repository = '', sum = '', path] = /^(\S+) ([0-9a-f]{64}) {2}(.*)$/.exec(line) ?? []
      return path === undefined ? [] : [[path, { repository, sum }] as const]
    }),
  ),
  target: facts.target ?? null,
  broken: brokenMark(facts.broken),
  seeds: lines(facts.seeds).map((line) => ({
    name: words(line)[0] ?? '',
    hash: words(line)[1] ?? '',
    release: words(line)[2] ?? '',
    ...(words(line)[3] === 'started' ? { started: true as const } : {}),
  })),
  ...(facts.looked === undefined ? {} : { data: dataSeen(facts.looked) }),
  unfinished: lines(facts.unfinished).map((path) => path.split('/').at(-1) ?? ''),
})

const DIRECTORIES = ['missing', 'unwritable', 'foreign'] as const

const lines = (value: string | undefined): string[] => (value ?? '').split('\n').filter((line) => line !== '')
const words = (value: string | undefined): string[] => (value ?? '').split(/\s+/).filter((word) => word !== '')
/** Keys are names of others, such as "constructor": what was not told is not there. */
const named = <T>(entries: Iterable<readonly [string, T]>): Record<string, T> =>
  Object.assign(Object.create(null), Object.fromEntries(entries))
const pairs = (value: string | undefined): Record<string, string> =>
  named(lines(value).map((line) => [words(line)[0] ?? '', words(line)[1] ?? '']))
/** It goes into paths and comments. */
const releaseName = (value: string | undefined): string | null => /^[\w.-]+$/.exec(value?.trim() ?? '')?.[0] ?? null
const lastLine = (value: string | undefined): string => lines(value).at(-1) ?? 'no answer'

type Json = Readonly<Record<string, unknown>>
const text = (value: unknown): string => (typeof value === 'string' ? value : '')
const strings = (value: unknown): string[] => (Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : [])
const record = (value: unknown): Json => (typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {})

/** One JSON object a line; a line that is none is left out. */
export const jsonLines = (value: string | undefined): Json[] =>
  lines(value).flatMap((line) => {
    try {
      return [record(JSON.parse(line))]
    } catch {
      return []
    }
  })

const engine = (facts: Facts): Observed['engine'] => {
  const [version, platform] = words(facts.engine)
  return version === undefined || platform === undefined ? { error: lastLine(facts['engine.error']) } : { version, platform }
}

export const container = (value: Json): ObservedContainer => ({
  id: text(value.id),
  name: text(value.name).replace(/^\//, ''),
  service: text(value.service),
  oneOff: value.oneoff === 'True',
  operation: text(value.operation),
  image: text(value.image),
  imageId: text(value.imageId),
  state: text(value.state),
  started: text(value.started),
  restarts: typeof value.restarts === 'number' ? value.restarts : 0,
  health: typeof value.health === 'string' ? value.health : null,
  policy: text(value.policy),
  anonymousVolumes: list(value.mounts).flatMap((mount) =>
    mount.Type === 'volume' && /^[0-9a-f]{64}$/.test(text(mount.Name)) ? [{ name: text(mount.Name), path: text(mount.Destination) }] : [],
  ),
})

/** A line of `df -Pk`: the fourth column is what is free, the sixth where. */
const mount = (line: string): Observed['disk'] => {
  const columns = words(line)
  const freeKib = Number(columns[3])
  return Number.isFinite(freeKib) && columns[5] !== undefined ? [{ mount: columns.slice(5).join(' '), freeKib }] : []
}

/** A line of /proc/net/tcp: hexadecimal address, in the machine's byte order, and port. */
const listener = (line: string): Observed['listening'][number] => {
  const [address = '', port = ''] = line.split(':')
  const bytes = address.match(/../g)?.map((byte) => Number.parseInt(byte, 16)) ?? []
  const isAny = bytes.every((byte) => byte === 0)
  return { address: isAny ? '' : bytes.length === 4 ? bytes.toReversed().join('.') : address, port: Number.parseInt(port, 16) }
}

/** Two JSON strings: the container's name and what it publishes. */
const publication = (line: string): Observed['published'] => {
  const match = /^("(?:[^"\\]|\\.)*") ("(?:[^"\\]|\\.)*")$/.exec(line)
  return match === null ? [] : [{ name: JSON.parse(match[1] ?? '""') as string, ports: JSON.parse(match[2] ?? '""') as string }]
}

/** "KEY VALUE" lines; a mark that cannot be read is a mark all the same. */
const brokenMark = (value: string | undefined): Observed['broken'] => {
  if (value === undefined) return null
  const all = lines(value).map((line) => [line.split(' ')[0] ?? '', line.slice(line.indexOf(' ') + 1)] as const)
  const of = (key: string): string => all.find(([name]) => name === key)?.[1] ?? 'unknown'
  const said = all.flatMap(([key, text]) => ((key === 'sentence' || key === 'undo') && text.trim() !== '' ? [text.trim()] : []))
  return {
    repository: of('repository'),
    operation: of('operation'),
    kind: of('kind'),
    release: of('release'),
    since: of('since'),
    sentences: said,
  }
}

const environmentFile = (value: string | undefined): Observed['environmentFile'] => {
  const [mode, owner] = words(value)
  return mode === undefined || owner === undefined ? null : { mode, owner }
}

const environmentSet = (resolved: string | undefined): string[] =>
  [...(resolved ?? '').matchAll(/^ {4}x-deploy-action\.env\.([A-Za-z_]\w*): set$/gm)].map((match) => match[1] ?? '')

const environmentNeeded = (resolved: string | undefined): string[] =>
  [...(resolved ?? '').matchAll(/^ {4}x-deploy-action\.env\.-if\.([A-Za-z_]\w*): met$/gm)].map((match) => match[1] ?? '')

const environmentMiss = (line: string): Observed['environmentMisses'] => {
  const [, check, name, result] = /^(match|changed) ([A-Za-z_]\w*) (no|unknown)$/.exec(line) ?? []
  return name === undefined ? [] : [{ check: check === 'match' ? 'match' : 'changed', name, unknown: result === 'unknown' }]
}

const bind = (line: string): Observed['binds'] => {
  const match = /^(\d+) (\d+) (\d+) ([^\t]*)\t(.*)$/.exec(line)
  return match === null
    ? []
    : [{ uid: Number(match[1]), gid: Number(match[2]), mode: match[3] ?? '', kind: match[4] ?? '', source: match[5] ?? '' }]
}

const external = (line: string): Observed['missingExternals'] => {
  const [, kind, name] = /^(network|volume) ([\w.-]+)$/.exec(line) ?? []
  return kind === undefined || name === undefined ? [] : [{ kind: kind as 'network' | 'volume', name }]
}

/** "SHA256  PATH" lines. */
const sums = (value: string | undefined): Record<string, string> =>
  Object.fromEntries(lines(value).flatMap((line) => (/^[0-9a-f]{64} {2}/.test(line) ? [[line.slice(66), line.slice(0, 64)]] : [])))

/** Records that are ones, and what is wrong with those that are not. */
const releases = (value: string | undefined): Pick<Observed, 'releases' | 'unreadable'> => {
  const read = jsonLines(value).map((line) => ({ id: text(line.id).slice(0, 128), record: releaseRecord(line) }))
  return {
    releases: read.flatMap(({ record }) => (typeof record === 'string' ? [] : [record])),
    unreadable: read.flatMap(({ id, record }) => (typeof record === 'string' ? [{ id, why: record }] : [])),
  }
}

const model = (facts: Facts): Observed['model'] => {
  const error = lines(facts['resolved-error']).slice(-3).join(' ')
  if (facts.resolved === undefined) return { error: error || 'compose gave no answer' }
  try {
    const services = record(record(parse(facts.resolved, { maxAliasCount: 0, logLevel: 'error' })).services)
    return { services: named(Object.entries(services).map(([name, value]) => [name, service(record(value))])) } satisfies ComposeModel
  } catch (problem) {
    return { error: error || `what compose prints is no YAML: ${problem instanceof Error ? problem.message.split('\n')[0] : ''}` }
  }
}

const service = (value: Json): ComposeService => {
  const deploy = record(value.deploy)
  return {
    image: text(value.image),
    containerName: text(value[`x-${NAME_LABEL}`]) || text(value.container_name) || null,
    restart: typeof value.restart === 'string' ? value.restart : null,
    replicas: replicas(deploy.replicas ?? value.scale),
    ports: list(value.ports).map((one) => ({
      address: text(one.host_ip),
      published: Number(one.published ?? 0),
      target: Number(one.target ?? 0),
      protocol: text(one.protocol),
    })),
    binds: list(value.volumes).flatMap((one) =>
      one.type === 'bind' ? [{ source: text(one.source), target: text(one.target), readOnly: one.read_only === true }] : [],
    ),
    mounted: list(value.volumes).map((one) => text(one.target)),
    dependsOn: Object.fromEntries(
      Object.entries(record(value.depends_on)).map(([name, condition]) => [name, text(record(condition).condition)]),
    ),
    healthcheck: value.healthcheck !== undefined && record(value.healthcheck).disable !== true,
    limits: value.mem_limit !== undefined || record(record(deploy.resources).limits).memory !== undefined,
    privileged: value.privileged === true,
    networkMode: typeof value.network_mode === 'string' ? value.network_mode : null,
    user: value.user === undefined ? null : String(value.user),
  }
}

const list = (value: unknown): Json[] => (Array.isArray(value) ? value.map(record) : [])

/** One where nothing sensible is said. */
const replicas = (value: unknown): number => (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : 1)
