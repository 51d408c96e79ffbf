import { composeError } from './compose-error.ts'
import { COMPOSE_FLOOR, ENGINE_FLOOR, isBelow } from './floor.ts'
import { runsOnce } from './infrastructure.ts'
import type { ComposeModel, ComposeService, Observed } from './observed.ts'
import { publishes } from './published.ts'

/** What the server must have before anything is touched; each refusal is a sentence and what mends it. */
export interface Finding {
  readonly sentence: string
  readonly hint: string
}

/** What the environment file must hold. */
export interface EnvironmentContract {
  /** Variables that must be there and not empty. */
  readonly required: readonly string[]
  /** The same, where a condition such as "ADMIN_ENABLED=true" holds. */
  readonly requiredIf: Readonly<Record<string, string>>
}

export interface PreflightQuestion extends EnvironmentContract {
  readonly host: string
  readonly user: string
  readonly path: string
  readonly project: string
  readonly environmentFile: string
  /** Service → the name its container is given after the switch, which compose is not told of. */
  readonly containerNames: Readonly<Record<string, string>>
  /** Image name → platforms it exists for. */
  readonly platforms: Readonly<Record<string, readonly string[]>>
}

const ENOUGH_KIB = 512 * 1024
const PLENTY_KIB = 2 * 1024 * 1024

/** Everything that stands in the way, all at once. */
export const refusals = (observed: Observed, question: PreflightQuestion): readonly Finding[] => {
  const nowhere = noPlace(observed, question)
  if (nowhere.length > 0) return nowhere
  return [
    ...engine(observed, question),
    ...bash(observed),
    ...disk(observed),
    ...architecture(observed, question),
    ...environment(observed, question),
    ...model(observed, question),
    ...externals(observed, question),
    ...names(observed, question),
    ...ports(observed, question),
  ]
}

/** Why nothing of the stack could be looked at: what a look then tells is not that there is nothing. */
export const unseen = (observed: Observed, question: Pick<PreflightQuestion, 'host' | 'user' | 'path'>): readonly Finding[] => {
  // who may read all of it sees it, whoever may write there
  const nowhere = observed.missingTools.length > 0 || observed.current === null ? noPlace(observed, question) : []
  // a compose that is broken, or too old for a deploy, hides no container
  return nowhere.length > 0 || !('error' in observed.engine) ? nowhere : engine(observed, question)
}

/** A server without its tools, or without a directory that is ours. */
const noPlace = (observed: Observed, question: Pick<PreflightQuestion, 'host' | 'user' | 'path'>): readonly Finding[] => {
  if (observed.missingTools.length > 0)
    return [
      {
        sentence: `the server lacks ${observed.missingTools.join(', ')}`,
        hint: observed.missingTools.includes('docker')
          ? 'by hand: deploy-action doctor --prepare prints the commands that make a server ready; run them there as root'
          : 'on the server: sudo apt-get install --yes bash util-linux coreutils tar gzip gawk grep sed',
      },
    ]
  if (observed.directory !== 'there') {
    return [
      {
        sentence: `${question.user} cannot ${observed.directory === 'missing' ? 'create' : 'write'} ${question.path}${observed.directory === 'foreign' ? '/.deploy' : ''} on ${question.host}`,
        hint:
          observed.directory === 'foreign'
            ? `on the server: sudo chown -R ${question.user} ${question.path}/.deploy`
            : `on the server: sudo install -d -o ${question.user} ${question.path}`,
      },
    ]
  }
  return []
}

/** The same by what was looked at, for a server that has its tools and its directory. */
export const refusalsByCheck = (observed: Observed, question: PreflightQuestion) => ({
  engine: [...engine(observed, question), ...bash(observed)],
  disk: disk(observed),
  architecture: architecture(observed, question),
  environment: environment(observed, question),
  'compose files': [...model(observed, question), ...externals(observed, question), ...names(observed, question)],
  ports: ports(observed, question),
})

const engine = (observed: Observed, question: Pick<PreflightQuestion, 'host' | 'user'>): Finding[] => {
  if ('error' in observed.engine) {
    return /permission denied/i.test(observed.engine.error)
      ? [
          {
            sentence: `${question.user} may not use Docker on ${question.host}`,
            hint: `on the server: sudo usermod -aG docker ${question.user}`,
          },
        ]
      : [
          {
            sentence: `Docker does not answer on ${question.host}: ${observed.engine.error}`,
            hint: 'on the server: sudo systemctl start docker',
          },
        ]
  }
  const found: Finding[] = []
  if (isBelow(observed.engine.version, ENGINE_FLOOR))
    found.push({
      sentence: `Docker ${observed.engine.version} is older than ${ENGINE_FLOOR}, the oldest that works`,
      hint: 'by hand: upgrade Docker as docs.docker.com/engine/install says',
    })
  if ('error' in observed.compose)
    found.push({
      sentence: `docker compose does not answer: ${observed.compose.error}`,
      hint: 'by hand: install compose v2 on the server from where its Docker came: docs.docker.com/compose/install/linux (the old docker-compose is not enough)',
    })
  else if (isBelow(observed.compose.version, COMPOSE_FLOOR))
    found.push({
      sentence: `docker compose ${observed.compose.version} is older than ${COMPOSE_FLOOR}, the oldest that works`,
      hint: 'by hand: upgrade compose on the server from where its Docker came: docs.docker.com/compose/install/linux',
    })
  return found
}

const bash = (observed: Observed): Finding[] =>
  observed.bash
    ? []
    : [{ sentence: 'the server has no bash, which HTTP checks are asked with', hint: 'on the server: sudo apt-get install --yes bash' }]

const disk = (observed: Observed): Finding[] =>
  observed.disk
    .filter(({ freeKib }) => freeKib < ENOUGH_KIB)
    .map(({ mount, freeKib }) => ({
      sentence: `only ${Math.floor(freeKib / 1024)} MiB are free on ${mount}`,
      hint: 'by hand: make room there; docker system df says what Docker takes, docker image prune --all removes images that no container uses',
    }))

const architecture = (observed: Observed, question: PreflightQuestion): Finding[] => {
  const platform = 'platform' in observed.engine ? observed.engine.platform : null
  return Object.entries(question.platforms)
    .filter(([, platforms]) => platform !== null && platforms.length > 0 && !platforms.includes(platform))
    .map(([name, platforms]) => ({
      sentence: `image ${name} exists for ${platforms.join(', ')}, but the server is ${platform}`,
      hint: `by hand: add ${platform} to images.${name}.platforms, and build again`,
    }))
}

const environment = (observed: Observed, question: PreflightQuestion): Finding[] => [
  ...requiredSet(observed, question),
  ...(observed.environmentFile === null || 'error' in observed.model ? [] : compared(observed, question)),
]

/** What values are like is compared on the server: none of them is told. */
const compared = ({ environmentMisses }: Observed, question: PreflightQuestion): Finding[] => {
  const file = `${question.path}/${question.environmentFile}`
  return environmentMisses.map(({ check, name, unknown }) => {
    if (unknown)
      return {
        sentence: `whether ${name} in ${file} is as it has to be cannot be told by this docker compose`,
        hint: 'by hand: upgrade compose on the server from where its Docker came; env.match and env.changed need its `docker compose config --environment`',
      }
    return check === 'match'
      ? { sentence: `${name} in ${file} is not as env.match wants it`, hint: `by hand: mend ${name} in ${file} on ${question.host}` }
      : {
          sentence: `${name} in ${file} is still what the example says`,
          hint: `by hand: give ${name} in ${file} on ${question.host} a value of its own`,
        }
  })
}

const requiredSet = (observed: Observed, question: PreflightQuestion): Finding[] => {
  if (question.required.length + Object.keys(question.requiredIf).length === 0) return []
  const file = `${question.path}/${question.environmentFile}`
  if (observed.environmentFile === null && question.required.length === 0) return []
  if (observed.environmentFile === null)
    return [
      {
        sentence: `${file} does not exist on ${question.host}, and ${question.required.join(', ')} must be set there`,
        hint: `on the server: install -D -m 600 /dev/null ${file}`,
      },
    ]
  const isMissing = (name: string): boolean => !observed.environmentSet.includes(name)
  const missing = question.required.filter(isMissing)
  const needed = Object.keys(question.requiredIf).filter((name) => observed.environmentNeeded.includes(name) && isMissing(name))
  // where compose could not resolve anything, nothing is known of the variables
  if ('error' in observed.model) return []
  const comments = question.required.filter((name) => !missing.includes(name) && observed.environmentComments.includes(name))
  return [
    ...missing.map((name) => ({
      sentence: `${name} is missing or empty in ${file}`,
      hint: `by hand: set ${name} in ${file} on ${question.host}`,
    })),
    ...needed.map((name) => ({
      sentence: `${name} is missing or empty in ${file}, where ${question.requiredIf[name]} needs it`,
      hint: `by hand: set ${name} in ${file} on ${question.host}`,
    })),
    ...comments.map((name) => ({
      sentence: `${name} has only a comment behind it in ${file}, which docker compose takes for its value`,
      hint: `by hand: set ${name} in ${file} on ${question.host}, and write the comment on a line of its own`,
    })),
  ]
}

const model = (observed: Observed, question: PreflightQuestion): Finding[] => {
  // without compose, or its environment file, nothing resolves, which was said
  if (!('error' in observed.model) || 'error' in observed.compose || (observed.environmentFile === null && question.required.length > 0))
    return []
  const said = composeError(observed.model.error)
  const [, file] = /env file (\/\S+) not found/.exec(said) ?? []
  return [
    {
      sentence: `compose cannot resolve the project on the server: ${said}`,
      hint:
        file === undefined
          ? 'by hand: mend the compose file, or set what it asks for in the environment file'
          : `on the server: install -D -m 600 /dev/null ${file}\nby hand: and write into it what the services need`,
    },
  ]
}

const externals = (observed: Observed, question: PreflightQuestion): Finding[] =>
  'error' in observed.engine
    ? []
    : observed.missingExternals.map(({ kind, name }) => ({
        sentence: `${kind} ${name}, which the compose file takes as external, does not exist on ${question.host}`,
        hint: `on the server: docker ${kind} create ${name}`,
      }))

/** Stopped before it is renamed: two of the same might be one too many. */
const names = (observed: Observed, question: PreflightQuestion): Finding[] =>
  'error' in observed.model
    ? []
    : Object.entries(observed.model.services).flatMap(([service, { containerName: resolved }]) => {
        const containerName = resolved ?? question.containerNames[service]
        return containerName !== undefined && observed.otherContainers.includes(containerName)
          ? [
              {
                sentence: `the name ${containerName}, which ${service} asks for, belongs to a container on ${question.host} that is not of project ${question.project}`,
                hint: `on the server: docker stop ${containerName} && docker rename ${containerName} ${containerName}-before\nby hand: or give ${service} another container_name`,
              },
            ]
          : []
      })

const ports = (observed: Observed, question: PreflightQuestion): Finding[] => {
  if ('error' in observed.model) return []
  const ours = new Set(observed.containers.map(({ name }) => name.replace(/^\//, '')))
  const heldByUs = observed.published.filter(({ name }) => ours.has(name)).map(({ ports: text }) => text)
  return Object.entries(observed.model.services).flatMap(([service, { ports: wanted }]) =>
    wanted
      .filter(
        ({ published, address, protocol }) =>
          published > 0 &&
          protocol !== 'udp' &&
          !heldByUs.some((text) => publishes(text, published)) &&
          observed.listening.some((taken) => taken.port === published && overlaps(taken.address, address)),
      )
      .map(({ published }) => {
        const other = observed.published.find(({ name, ports: text }) => !ours.has(name) && publishes(text, published))
        return {
          sentence: `port ${published}, which ${service} publishes, is taken by ${other === undefined ? 'another program' : `container ${other.name}`} on ${question.host}`,
          hint:
            other === undefined
              ? `by hand: stop it, or publish another port; which program it is, says on the server: sudo ss -ltnp 'sport = :${published}'`
              : `on the server: docker stop ${other.name}\nby hand: or publish another port`,
        }
      }),
  )
}

const overlaps = (taken: string, wanted: string): boolean => isAny(taken) || isAny(wanted) || taken === wanted
const isAny = (address: string): boolean => address === '' || address === '0.0.0.0' || address === '::'

/** What goes through, but a tired maintainer would want to know. */
export const warnings = (observed: Observed, question: PreflightQuestion, owned: readonly string[]): readonly string[] => {
  const found: string[] = []
  if ('services' in observed.model) found.push(...serviceWarnings(observed.model, owned))
  for (const { mount, freeKib } of observed.disk) {
    if (freeKib >= ENOUGH_KIB && freeKib < PLENTY_KIB) found.push(`only ${Math.floor(freeKib / 1024)} MiB are free on ${mount}`)
  }
  if (observed.environmentFile !== null && !/00$/.test(observed.environmentFile.mode)) {
    found.push(
      `${question.environmentFile} has mode ${observed.environmentFile.mode}: others on the server can read it; on the server: chmod 600 ${question.path}/${question.environmentFile}`,
    )
  }
  for (const source of unmadeBinds(observed, question.path))
    found.push(`${source} does not exist on the server: Docker will create it as a folder that belongs to root`)
  return found
}

/** What is mounted, is not there and is not brought: Docker would make it. */
export const unmadeBinds = (observed: Observed, path: string): readonly string[] =>
  observed.missingBinds.filter((source) => !isBrought(source, observed, path))

/** A file or folder of this very release: it will be there. */
const isBrought = (source: string, { brought }: Observed, path: string): boolean =>
  Object.keys(brought).some(
    (file) => `${path.replace(/\/+$/, '')}/${file}` === source || `${path.replace(/\/+$/, '')}/${file}`.startsWith(`${source}/`),
  )

/** One sentence for all services of which the same is to be said. */
const serviceWarnings = (composeModel: ComposeModel, owned: readonly string[]): string[] => {
  const services = owned.flatMap((name) => {
    const service = composeModel.services[name]
    return service === undefined ? [] : [{ name, service }]
  })
  const said = (holds: (service: ComposeService, name: string) => boolean, one: string, several: string): string[] => {
    const names = services.filter(({ service, name }) => holds(service, name)).map(({ name }) => name)
    return names.length === 0 ? [] : [`${names.join(', ')} ${names.length === 1 ? one : several}`]
  }
  return [
    ...said(
      ({ restart }, name) => (restart === null || restart === 'no') && !runsOnce(name, composeModel),
      'has no restart policy: it stays down after a crash or a reboot; restart: unless-stopped',
      'have no restart policy: they stay down after a crash or a reboot; restart: unless-stopped',
    ),
    ...said(
      ({ limits }) => !limits,
      'has no memory limit: it can starve its neighbours; deploy.resources.limits.memory',
      'have no memory limit: they can starve their neighbours; deploy.resources.limits.memory',
    ),
    ...said(
      ({ privileged }) => privileged,
      'is privileged: whoever breaks into it owns the server',
      'are privileged: whoever breaks into one of them owns the server',
    ),
    ...said(
      ({ networkMode }) => networkMode === 'host',
      'shares the network of the server: nothing keeps its ports from anybody',
      'share the network of the server: nothing keeps their ports from anybody',
    ),
    ...services.flatMap(({ name, service }) =>
      service.binds
        .filter(({ source }) => source === '/' || /(^|\/)docker\.sock$/.test(source))
        .map(({ source }) => `${name} mounts ${source}: whoever breaks into it owns the server`),
    ),
  ]
}

/** Bind mounts that a container's own user could not write. */
export const ownerWarnings = (observed: Observed): readonly string[] =>
  'error' in observed.model
    ? []
    : Object.entries(observed.model.services).flatMap(([name, { user, binds }]) =>
        binds.flatMap(({ source, readOnly }) => {
          const found = observed.binds.find((bind) => bind.source === source)
          const uid = Number.parseInt(user ?? '', 10)
          if (found === undefined || readOnly || Number.isNaN(uid) || uid === 0 || found.uid === uid || /[2367]$/.test(found.mode))
            return []
          return [
            `${name} runs as user ${uid} but ${source} belongs to ${found.uid} (mode ${found.mode}): it cannot write there; on the server: sudo chown ${uid} ${source}`,
          ]
        }),
      )
