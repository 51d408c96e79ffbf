import { posix } from 'node:path'
import { type ProjectFile, readProjectFiles } from '../adapters/project-files.ts'
import { environmentFiles } from '../config/cross-checks.ts'
import { type ImageNames, imageNames } from '../config/images.ts'
import { DeployError } from '../errors.ts'
import { type DeclaredService, declaredServices, readsFurther } from '../plan/compose-files.ts'
import { ownership, pinEnvironment, pinFile, probeFile } from '../plan/pins.ts'
import type { Contents } from '../plan/seeds.ts'
import { withoutFolders } from '../plan/source-mounts.ts'
import type { ImageReport } from '../report/document.ts'
import { ROLLBACK_KEY, rollbackKeyFile } from '../rollback-key/brought.ts'
import { composeFunction, composeFunctionWithParts } from '../transaction/compose-function.ts'
import type { Context } from './context.ts'
import { environmentContract } from './environment-contract.ts'
import { misfits } from './misfits.ts'
import { handedOver, seedContents } from './seed-files.ts'

/** What the project's own files say, before any network: which services run which of our images. */
export interface Project {
  readonly files: Readonly<Record<string, ProjectFile>>
  readonly declared: readonly DeclaredService[]
  /** Service → key of its image. */
  readonly ownership: Readonly<Record<string, string>>
  /** What the seeds are made of: path → hash. */
  readonly contents: Contents
}

/** @throws DeployError CONFIG, every problem with its file and line */
export const readProject = (context: Context): Project => {
  const { config } = context
  const files = withoutEnvironment(
    context,
    readProjectFiles(context.project, [...config.compose.files, ...config.compose.sync, ...handedOver(context)]),
  )
  const declared = declaredServices(
    Object.fromEntries(config.compose.files.map((file) => [file, files[file]?.content.toString() ?? ''])),
    (path) => files[path]?.content.toString(),
  )
  const names: Record<string, ImageNames> = {}
  for (const key of Object.keys(config.images))
    names[key] = imageNames(config, key, context.commit.repository?.split('/')[0] ?? null, context.request.registry)
  const found = ownership(config, context.placeOf, declared, names)
  const places = [...found.problems, ...misfits(context, declared, found.services)]
  if (places.length > 0)
    throw new DeployError(
      'CONFIG',
      places.length === 1 ? (places[0]?.message ?? '') : `${places.length} things in the config and the compose files do not fit together`,
      { places },
    )
  return { files, declared, ownership: found.services, contents: seedContents(context) }
}

/** A folder that is brought may hold the environment file of whoever works here: the server's own is never written. */
const withoutEnvironment = ({ config, ports }: Context, files: Readonly<Record<string, ProjectFile>>): Record<string, ProjectFile> => {
  const ofServer = environmentFiles(config)
  const brought: Record<string, ProjectFile> = Object.create(null)
  for (const [path, file] of Object.entries(files)) {
    if (ofServer.includes(posix.normalize(path))) ports.log.info(`${path} is not brought: the server's environment file is its own`)
    else brought[path] = file
  }
  return brought
}

/** The files of the request: the project's, and what we make of it for this release. */
export const releaseRequest = (
  context: Context,
  project: Project,
  images: Readonly<Record<string, ImageReport>>,
): Record<string, string | Buffer> => {
  const { config } = context
  const environment = context.environment().config
  const references = Object.fromEntries(Object.entries(images).map(([key, { reference }]) => [key, reference]))
  const files: Record<string, string | Buffer> = {}
  for (const [path, { content }] of Object.entries(project.files)) files[`project/${path}`] = content
  const executables = Object.keys(project.files).filter((path) => project.files[path]?.executable)
  files.executables = executables.map((path) => `${path}\n`).join('')
  const called = readsFurther(composeTexts(config, project), Object.keys(project.files)) ? composeFunctionWithParts : composeFunction
  files['compose.sh'] = called({
    project: config.project,
    directory: environment.path.replace(/\/+$/, ''),
    environmentFile: environment.env.file,
    ...config.compose,
  })
  if (config.compose.pin === 'override')
    files['pin.yml'] = pinFile(
      project.ownership,
      references,
      project.declared,
      withoutFolders(project.declared, project.ownership, config.compose.dropBinds),
    )
  else files['pin.env'] = pinEnvironment(config, references)
  const { match, changed, example } = environment.env
  const checks = [
    ...Object.entries(match).map(([name, pattern]) => `match ${name} ${pattern}\n`),
    ...changed.map((name) => `changed ${name}\n`),
  ]
  if (checks.length > 0) files['env-checks'] = checks.join('')
  if (changed.length > 0 && example !== undefined)
    files['example.env'] = readProjectFiles(context.project, [example])[example]?.content ?? ''
  files[ROLLBACK_KEY] = rollbackKeyFile(config)
  files['probe.yml'] = probeFile(probedService(project, config.compose.profiles), environmentContract(context), project.declared)
  return files
}

/** Compose leaves out a service whose profile is not started, and what is asked of it with it. */
const probedService = ({ ownership, declared }: Project, active: readonly string[]): string => {
  const names = Object.keys(ownership)
  const isStarted = (service: string): boolean => {
    const profiles = declared.find(({ name }) => name === service)?.profiles ?? []
    return profiles.length === 0 || active.includes('*') || profiles.some((profile) => active.includes(profile))
  }
  return names.find(isStarted) ?? names[0] ?? ''
}

const composeTexts = ({ compose }: Context['config'], { files }: Project): readonly string[] =>
  compose.files.flatMap((path) => files[path]?.content.toString() ?? [])
