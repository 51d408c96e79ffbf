import type { ImageNames } from '../config/images.ts'
import type { Config } from '../config/schema.ts'
import type { Place } from '../errors.ts'
import { type DeclaredService, repositoryOf } from './compose-files.ts'
import type { EnvironmentContract } from './preflight.ts'
import type { withoutFolders } from './source-mounts.ts'

/** Which services run which of our images: service → key in `images`. */
export interface Ownership {
  readonly services: Readonly<Record<string, string>>
  readonly problems: readonly Place[]
}

/** Every service that names one of our repositories is ours; so is each that the config lists under `images.KEY.services`. */
export const ownership = (
  config: Config,
  placeOf: (path: readonly (string | number)[], message: string) => Place,
  declared: readonly DeclaredService[],
  names: Readonly<Record<string, ImageNames>>,
): Ownership => {
  const services: Record<string, string> = Object.create(null)
  const problems: Place[] = []
  for (const [key, image] of Object.entries(config.images)) {
    const repository = (names[key]?.declared ?? '').replace(/^docker\.io\//, '')
    const listed =
      image.services ??
      declared.filter((service) => service.image !== null && repositoryOf(service.image) === repository).map((service) => service.name)
    for (const [index, name] of listed.entries()) {
      if (!declared.some((service) => service.name === name))
        problems.push(placeOf(['images', key, 'services', index], `no compose file has a service ${name}`))
      else services[name] = key
    }
    if (listed.length === 0) {
      problems.push(
        placeOf(
          ['images', key],
          `no service of ${config.compose.files.join(', ')} runs image ${key} (${repository}): write that name as the service's image, or list the service under images.${key}.services`,
        ),
      )
    }
  }
  if (config.compose.pin === 'env') problems.push(...ignoredVariables(config, declared, services))
  return { services, problems }
}

/** With `pin: env`, a compose file that does not take its image from our variable would run something else. */
const ignoredVariables = (config: Config, declared: readonly DeclaredService[], services: Readonly<Record<string, string>>): Place[] =>
  declared.flatMap((service) => {
    const variable = config.images[services[service.name] ?? '']?.variable
    if (
      variable === undefined ||
      service.image === null ||
      new RegExp(`^\\$(${variable}|\\{${variable}([:?+-].*)?\\})$`).test(service.image)
    )
      return []
    return [
      {
        file: service.file,
        line: service.line,
        column: service.column,
        message: `service ${service.name} has the image ${JSON.stringify(service.image)}, so the digest in $${variable} would not be used: write image: \${${variable}}, or use compose.pin: override`,
      },
    ]
  })

/** The last compose file: our services run exactly these bytes and nothing builds on the server. */
export const pinFile = (
  services: Readonly<Record<string, string>>,
  references: Readonly<Record<string, string>>,
  declared: readonly DeclaredService[],
  without: ReturnType<typeof withoutFolders> = {},
): string => {
  const lines = ['# Made by deploy-action for this release: which bytes each service runs.', 'services:']
  for (const [service, image] of Object.entries(services)) {
    const own = declared.find(({ name }) => name === service)
    lines.push(`  ${JSON.stringify(service)}:`, `    image: ${JSON.stringify(references[image])}`, '    pull_policy: never')
    if (own?.hasBuild) lines.push('    build: !reset null')
    const kept = without[service]?.kept
    if (kept !== undefined && kept.length === 0) lines.push('    volumes: !reset []')
    else if (kept !== undefined) lines.push('    volumes: !override', ...kept.map(({ written }) => `      - ${JSON.stringify(written)}`))
    // two of a name cannot exist side by side, and the new one is made while the old one serves; it gets its name afterwards
    if (own !== undefined && own.containerName !== null) lines.push('    container_name: !reset null')
  }
  return `${lines.join('\n')}\n`
}

/** The same with `pin: env`: a last environment file. */
export const pinEnvironment = (config: Config, references: Readonly<Record<string, string>>): string =>
  Object.entries(config.images)
    .map(([key, image]) => `${image.variable ?? ''}=${references[key] ?? ''}\n`)
    .join('')

/** A label that only the look has, for what compose makes of a container's name: no name of a variable. */
export const NAME_LABEL = 'deploy-action.env.-name'

/** The same for whether the condition holds that makes a variable required. */
export const CONDITION_LABEL = 'deploy-action.env.-if.'

/** A file for looking only: compose itself says which required variables are set, and no value of theirs is told. */
export const probeFile = (
  service: string,
  { required, requiredIf }: EnvironmentContract,
  declared: readonly DeclaredService[] = [],
): string => {
  const labels: Record<string, string[]> = Object.create(null)
  labels[service] = [
    'deploy-action.env.: set',
    ...new Set([...required, ...Object.keys(requiredIf)].map((name) => `deploy-action.env.${name}: "\${${name}:+set}"`)),
    ...Object.entries(requiredIf).map(([name, condition]) => {
      const [variable = '', value = ''] = condition.split('=')
      // the server compares the two, so that no value leaves it
      return `${CONDITION_LABEL}${name}: "=${value}=\${${variable}:-}="`
    }),
  ]
  for (const { name, containerNameToAsk } of declared)
    if (containerNameToAsk !== undefined) labels[name] = [...(labels[name] ?? []), `${NAME_LABEL}: ${JSON.stringify(containerNameToAsk)}`]
  const services = Object.entries(labels).map(
    ([name, lines]) => `  ${JSON.stringify(name)}:\n    labels:\n${lines.map((line) => `      ${line}\n`).join('')}`,
  )
  return `services:\n${services.join('')}`
}
