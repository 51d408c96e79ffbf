import { imageNames } from '../config/images.ts'
import { contextOf, readDockerfile } from './dockerfile.ts'
import { below, folderOf, type SourceTree } from './tree.ts'

/** Go runs it from its own checked modules: nothing has to be on the runner but Go. */
const KO =
  'go run github.com/google/ko@v0.18.0 build --push=false --oci-layout-path="$IMAGE_LAYOUT" --platform="$IMAGE_PLATFORMS" --bare --sbom=none'

/** The command that makes the image of a Go program whose repository uses ko instead of a Dockerfile; null for any other. */
export const koBuilder = (tree: SourceTree): string | null => {
  const program = goProgram(tree)
  return program === null || !usesKo(tree) ? null : `${KO} ${program === '' ? '.' : `./${program}`}`
}

/** The folder of the program: the top, or the only one below cmd/. */
const goProgram = (tree: SourceTree): string | null => {
  if (!tree.files.includes('go.mod')) return null
  const programs = [...new Set(tree.files.filter((file) => /^(cmd\/[^/]+\/)?[^/]+\.go$/.test(file) && isMain(tree, file)).map(folderOf))]
  return programs.includes('') ? '' : programs.length === 1 ? (programs[0] ?? null) : null
}

const isMain = (tree: SourceTree, file: string): boolean => !file.endsWith('_test.go') && /^package main$/m.test(tree.read(file) ?? '')

const usesKo = (tree: SourceTree): boolean =>
  tree.files.includes('.ko.yaml') ||
  ['Makefile', ...below(tree, '.github/workflows')].some((file) =>
    /\bko (build|publish|apply|resolve)\b|setup-ko|KO_DOCKER_REPO/.test(tree.read(file) ?? ''),
  )

/**
 * A compose file to begin with, for a repository that has none: a service for each image that can be made of it. Empty where
 * there is neither a Dockerfile nor a program that ko builds.
 */
export const composeToWrite = (tree: SourceTree): readonly string[] => {
  const dockerfiles = tree.files.filter((file) => /^([^/]+\/){0,2}Dockerfile$/.test(file))
  const project = tree.repository?.split('/')[1]?.toLowerCase() ?? tree.name.toLowerCase()
  const owner = tree.repository?.split('/')[0] ?? 'OWNER'
  const image = (key: string): string => {
    return imageNames({ project, registry: { host: 'ghcr.io' }, images: {} }, key, owner).declared
  }
  const environment = tree.files.some((file) => /(^|\/)\.?env[._-]?(example|sample|template)$/i.test(file)) ? ['    env_file: .env'] : []
  const service = (name: string, lines: readonly string[]): readonly string[] => [
    `  ${name}:`,
    ...lines,
    '    restart: unless-stopped',
    ...environment,
  ]
  const services =
    dockerfiles.length > 0
      ? dockerfiles.flatMap((file) => {
          const folder = folderOf(file)
          const name = (folder.split('/').at(-1) || 'app').toLowerCase().replace(/[^a-z0-9_-]+/g, '-')
          // what it copies may be at the top
          const isOfTop = folder !== '' && contextOf(tree, readDockerfile(file, tree.read(file) ?? '')) === ''
          const build = isOfTop ? `{ context: ., dockerfile: ${file} }` : folder === '' ? '.' : `./${folder}`
          return service(name, [`    build: ${build}`, `    image: ${image(name)}:latest`])
        })
      : koBuilder(tree) === null
        ? []
        : service('app', [`    image: ${image('app')}:latest # made by ko, of which init finds the command`])
  return services.length === 0 ? [] : ['services:', ...services]
}
