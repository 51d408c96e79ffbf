import type { Place } from '../errors.ts'
import { type DeclaredService, repositoryOf } from '../plan/compose-files.ts'
import { isOf } from '../plan/source-mounts.ts'
import type { Context } from './context.ts'

type Path = readonly (string | number)[]

/** What the config says and the compose files do not bear out, each at its place in the config. */
export const misfits = (
  context: Context,
  declared: readonly DeclaredService[],
  owned: Readonly<Record<string, string>>,
): readonly Place[] => [
  ...unknownServices(context, declared),
  ...unknownProfiles(context, declared),
  ...unbuilt(context, declared, owned),
  ...unusedDrops(context, declared, owned),
]

/** Services that the config names and no compose file has. */
const unknownServices = ({ config, placeOf }: Context, declared: readonly DeclaredService[]): readonly Place[] => {
  const named: readonly (readonly [Path, string])[] = [
    ...Object.keys(config.services).map((service) => [['services', service], service] as const),
    ...Object.entries(config.services).flatMap(([service, { after }]) =>
      (after ?? []).map((other, index) => [['services', service, 'after', index], other] as const),
    ),
    ...(config.migrate === undefined ? [] : [[['migrate', 'service'], config.migrate.service] as const]),
    ...(config.backup === undefined ? [] : [[['backup', 'service'], config.backup.service] as const]),
    ...config.seed.map(({ service }, index) => [['seed', index, 'service'], service] as const),
    ...config.compose.elsewhere.map((service, index) => [['compose', 'elsewhere', index], service] as const),
    ...config.smoke.map(({ service }, index) => [['smoke', index, 'service'], service] as const),
  ]
  const known = declared.map(({ name }) => name)
  return named
    .filter(([, service]) => !known.includes(service))
    .map(([path, service]) => placeOf(path, `no compose file has a service ${service}; there are ${known.join(', ')}`))
}

const unknownProfiles = ({ config, placeOf }: Context, declared: readonly DeclaredService[]): readonly Place[] => {
  const known = [...new Set(declared.flatMap(({ profiles }) => profiles))]
  return config.compose.profiles.flatMap((profile, index) =>
    known.includes(profile)
      ? []
      : [
          placeOf(
            ['compose', 'profiles', index],
            `no service has the profile ${profile}${known.length === 0 ? '' : `; there are ${known.join(', ')}`}`,
          ),
        ],
  )
}

/** Nothing is built on a server: what no image of the config makes would not be there, or be what somebody built there once. */
const unbuilt = ({ config: { compose } }: Context, declared: readonly DeclaredService[], owned: Readonly<Record<string, string>>) =>
  declared
    .filter(
      ({ name, hasBuild, image, profiles }) =>
        hasBuild &&
        (image === null || !repositoryOf(image).includes('/')) &&
        owned[name] === undefined &&
        !compose.elsewhere.includes(name) &&
        (profiles.length === 0 || profiles.some((profile) => compose.profiles.includes(profile))),
    )
    .map(({ name, file, line, column }) => ({
      file,
      line,
      column,
      message: `service ${name} is built, but by no image of the config: add it to \`images\`, or to \`compose.elsewhere\` where another repository ships it`,
    }))

/** A folder that no service of ours mounts is a mistake in writing, or was taken out of the compose file. */
const unusedDrops = ({ config, placeOf }: Context, declared: readonly DeclaredService[], owned: Readonly<Record<string, string>>) => {
  const mounts = declared.filter(({ name }) => owned[name] !== undefined).flatMap((service) => service.mounts)
  return config.compose.dropBinds.flatMap((folder, index) =>
    mounts.some((mount) => isOf(mount, folder))
      ? []
      : [placeOf(['compose', 'dropBinds', index], `no service that runs an image of ours mounts ${folder}`)],
  )
}
