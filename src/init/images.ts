import { repositoryOf } from '../plan/compose-files.ts'
import type { Compose } from './compose.ts'
import type { Build, Service } from './compose-service.ts'
import { contextOf, type Dockerfile, readDockerfile } from './dockerfile.ts'
import { exists, folderOf, type SourceTree } from './tree.ts'
import { OPEN, variablesWith } from './used-variables.ts'
import { koBuilder } from './without-dockerfile.ts'

/** An image that this repository builds, and the services that run it. */
export interface OwnImage {
  readonly key: string
  readonly services: readonly Service[]
  /** "" for the top of the project. */
  readonly context: string
  readonly dockerfile: Dockerfile | null
  /** Makes it where there is no Dockerfile. */
  readonly builder: string | null
  /** Written only where it is not CONTEXT/Dockerfile. */
  readonly dockerfilePath: string | null
  readonly target: string | null
  readonly args: Readonly<Record<string, string | null>>
  readonly platforms: readonly string[]
  /** Repository as the compose file names it, without tag; null where it names none of a registry. */
  readonly declared: string | null
  /** Each of its services names it in the compose files themselves, where a deploy looks for it. */
  readonly isNamed: boolean
}

export interface Images {
  readonly images: readonly OwnImage[]
  readonly notes: readonly string[]
  /** Service → why it is not built. */
  readonly left: Readonly<Record<string, string>>
}

interface Found {
  readonly service: Service
  readonly context: string
  readonly dockerfilePath: string
  readonly builder?: string
  readonly explicit: boolean
  readonly target: string | null
  readonly args: Readonly<Record<string, string | null>>
}

/** Which images are ours: what a service builds, and what a service runs under a name of this repository with a Dockerfile to it. */
export const ownImages = (tree: SourceTree, compose: Compose): Images => {
  const notes: string[] = []
  const left: Record<string, string> = {}
  const found = compose.services.flatMap((service): Found[] => {
    if (service.profiles.length > 0) {
      // what another one builds has its name, and its deploy, from there
      if (service.build !== null) left[service.name] = `it has the profile ${service.profiles.join(', ')}, which a deploy does not start`
      return []
    }
    if (service.build?.inline === true) {
      left[service.name] = 'its Dockerfile stands in the compose file: put it into a file of its own'
      return []
    }
    if (service.build !== null) return built(service, service.build, notes)
    // several services may run the image that one of them builds
    const twin = compose.services.find(({ build, image }) => build !== null && image !== null && image === service.image)
    return twin?.build ? built(service, twin.build, []) : adopted(tree, service, notes)
  })
  const groups = new Map<string, Found[]>()
  for (const one of found) {
    const key = JSON.stringify([one.context, one.dockerfilePath, one.target, one.args])
    groups.set(key, [...(groups.get(key) ?? []), one])
  }
  const taken = new Set<string>()
  const images = [...groups.values()].flatMap((group): OwnImage[] => {
    const [first] = group
    if (first === undefined) return []
    const text = first.builder === undefined ? tree.read(first.dockerfilePath) : null
    if (text === null && first.builder === undefined)
      notes.push(`${first.dockerfilePath}, which ${first.service.name} is built from, is not in the project`)
    // a service that only prepares something gives the image no name
    const named = group.find(({ service }) => !service.runsOnce) ?? first
    const key = keyFor(named.service.name, taken)
    taken.add(key)
    const platforms = [...new Set(group.flatMap(({ service }) => (service.platform === null ? [] : [service.platform])))]
    const registryNames = group.flatMap(({ service: { image } }) =>
      image === null || !repositoryOf(image).includes('/') ? [] : [repositoryOf(image)],
    )
    return [
      {
        key,
        services: group.map(({ service }) => service),
        context: first.context,
        dockerfile: text === null ? null : readDockerfile(first.dockerfilePath, text, first.target ?? undefined),
        builder: first.builder ?? null,
        dockerfilePath: first.explicit ? first.dockerfilePath : null,
        target: first.target,
        args: first.args,
        platforms: platforms.filter((platform) => platform === 'linux/amd64' || platform === 'linux/arm64'),
        declared: registryNames[0] ?? null,
        isNamed: group.every(
          ({ service: { image, takesOver } }) => image !== null && !takesOver && repositoryOf(image) === registryNames[0],
        ),
      },
    ]
  })
  return { images, notes, left }
}

/** With what stands in the images of others: compose refuses one without a name; ours get a pin. */
export const withOthers = (compose: Compose, { images }: Images): Compose => {
  const own = new Set(images.flatMap(({ services }) => services.map(({ name }) => name)))
  const others = compose.services.filter(({ name, build, profiles }) => !own.has(name) && build === null && profiles.length === 0)
  return { ...compose, insisted: [...compose.insisted, ...variablesWith({ from: others.map(({ image }) => image) }, OPEN)] }
}

const built = (service: Service, { context, dockerfile, target, args, besides }: Build, notes: string[]): Found[] => {
  if (context === null) {
    notes.push(
      `${service.name} is built from outside of this folder: where that is in the same repository, run init at its top; else build it where its source is`,
    )
    return []
  }
  if (besides.length > 0)
    notes.push(
      `${service.name}: its ${besides.map((part) => `build.${part}`).join(', ')} are not taken over; see images.*.secrets in docs/config.md`,
    )
  const usual = context === '' ? 'Dockerfile' : `${context}/Dockerfile`
  return [{ service, context, dockerfilePath: dockerfile ?? usual, explicit: dockerfile !== null && dockerfile !== usual, target, args }]
}

/** `image: ghcr.io/OWNER/NAME` without `build:`, where OWNER or NAME is of this repository and there is a Dockerfile for it. */
const adopted = (tree: SourceTree, service: Service, notes: string[]): Found[] => {
  if (service.image === null || tree.repository === null) return []
  const [owner = '', project = ''] = tree.repository.toLowerCase().split('/')
  const parts = repositoryOf(service.image).toLowerCase().split('/')
  const name = parts.at(-1) ?? ''
  const isOurs =
    parts.length > 1 &&
    (parts.at(-2) === owner ? name === project || name.startsWith(`${project}-`) || hasDockerfile(tree, name) : name === project)
  if (!isOurs) {
    if (parts.length > 1 && parts.at(-2) === owner)
      notes.push(`${service.name} runs ${repositoryOf(service.image)}, of which no Dockerfile is here: it stays as it is`)
    return []
  }
  const rest = name === project ? '' : name.startsWith(`${project}-`) ? name.slice(project.length + 1) : name
  const candidates =
    rest === ''
      ? ['Dockerfile', 'docker/Dockerfile']
      : [`${rest}/Dockerfile`, `Dockerfile.${rest}`, `docker/Dockerfile.${rest}`, `docker/${rest}/Dockerfile`]
  const path = candidates.find((file) => tree.files.includes(file))
  const text = path === undefined ? null : tree.read(path)
  if (path === undefined || text === null) {
    const builder = koBuilder(tree)
    if (builder !== null) return [{ service, context: '', dockerfilePath: 'Dockerfile', builder, explicit: false, target: null, args: {} }]
    notes.push(`${service.name} runs ${repositoryOf(service.image)}, but there is no ${candidates[0]}: it stays as it is`)
    return []
  }
  const context = contextOf(tree, readDockerfile(path, text))
  if (context === null) notes.push(`what ${path} copies was found neither beside it nor at the top: check images.*.context`)
  const chosen = context ?? folderOf(path)
  const usual = chosen === '' ? 'Dockerfile' : `${chosen}/Dockerfile`
  return [{ service, context: chosen, dockerfilePath: path, explicit: path !== usual, target: null, args: {} }]
}

const hasDockerfile = (tree: SourceTree, name: string): boolean => exists(tree, `${name}/Dockerfile`)

/** Lowercase letters, digits and "-", as names of images are. */
const keyFor = (service: string, taken: ReadonlySet<string>): string => {
  const plain =
    service
      .toLowerCase()
      .replace(/[^a-z0-9]{2,}|[^a-z0-9._-]/g, '-')
      .slice(0, 60)
      // a registry takes no name that begins or ends otherwise
      .replace(/^[^a-z0-9]+|[^a-z0-9]+$/g, '') || 'app'
  let key = plain
  for (let count = 2; taken.has(key); count++) key = `${plain}-${count}`
  return key
}
