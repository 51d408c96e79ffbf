import { posix } from 'node:path'
import { withDefaults } from '../plan/compose-variables.ts'
import { asText, mountOf } from '../plan/mounts.ts'
import { buildMap } from './compose-merge.ts'
import { type Json, record } from './compose-values.ts'

/** Where the relative paths of a compose file begin, each from the top of the project. */
export interface Origins {
  /** Of what is built, included and extended: the folder of the file. */
  readonly home: string
  /** Of what must be on the server: "" for the files that a deploy is given, which compose reads from the deploy directory. */
  readonly folder: string
}

/** What is no path of the project. */
export const NOT_HERE = /^[a-z]+:\/\/|^git@|^\//

/** A service with its paths from the top of the project, as compose settles them before it puts files together. */
export const fromTop = (service: Json, { home, folder }: Origins): Json => {
  const { build, env_file: files, volumes } = service
  const { context } = buildMap(build)
  return {
    ...service,
    ...(context === undefined || context === null ? {} : { build: { ...buildMap(build), context: joined(home, asText(context)) } }),
    ...(folder === '' || files === undefined ? {} : { env_file: [files].flat().map((file) => envFile(folder, file)) }),
    ...(folder === '' || !Array.isArray(volumes) ? {} : { volumes: volumes.map((volume) => moved(folder, volume)) }),
  }
}

/** A path of such a file, from the top. */
export const joined = (folder: string, path: string): string => {
  const written = withDefaults(path)
  return folder === '' || NOT_HERE.test(written) || written.startsWith('~') ? written : posix.join(folder, written)
}

const envFile = (folder: string, file: unknown): unknown =>
  typeof file === 'string' ? joined(folder, file) : { ...record(file), path: joined(folder, asText(record(file).path ?? '')) }

const moved = (folder: string, volume: unknown): unknown => {
  const { kind, source } = mountOf(volume)
  if (kind !== 'bind' || /^[/~]/.test(source)) return volume
  const path = `./${joined(folder, source)}`
  return typeof volume === 'string' ? `${path}${withDefaults(volume).slice(source.length)}` : { ...record(volume), source: path }
}
