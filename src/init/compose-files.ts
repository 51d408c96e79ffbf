import { readComposeFile } from './compose-file.ts'
import { type Json, record } from './compose-values.ts'
import { baseOf, below, folderOf, type SourceTree } from './tree.ts'

/** What is used in production, by the names that people give such files; the most telling first. */
const PRODUCTION = [/^(docker-)?compose[.-](prod|production)\.ya?ml$/, /^(docker-)?compose[.-]deploy\.ya?ml$/]
const PLAIN = ['compose.yaml', 'compose.yml', 'docker-compose.yaml', 'docker-compose.yml']
/** Where there is no plain one, what the others come after. */
const COMMON = /^(docker-)?compose[.-](common|base)\.ya?ml$/
const NEAR = ['', 'deploy', 'docker', 'deployment', '.docker', 'infra']

/** Which compose files say how the project runs; empty where there are none. */
export const composeFiles = (tree: SourceTree): readonly string[] => {
  for (const folder of NEAR) {
    const { plain, common, production } = filesIn(tree, folder)
    const before = plain ?? common
    if (production === undefined && plain !== undefined) return [plain]
    if (production !== undefined) return before === undefined || isWhole(tree, before, production) ? [production] : [before, production]
  }
  // another name than the usual ones, where there is only one of them
  const others = tree.files.filter(
    (file) => folderOf(file) === '' && /^(docker-)?compose[.-][\w.-]+\.ya?ml$/.test(file) && !/test|dev|local|override|e2e/.test(file),
  )
  return others.length === 1 ? others : []
}

const filesIn = (tree: SourceTree, folder: string) => {
  const inFolder = tree.files.filter((file) => folderOf(file) === folder)
  return {
    plain: PLAIN.map((name) => (folder === '' ? name : `${folder}/${name}`)).find((file) => inFolder.includes(file)),
    common: inFolder.find((file) => COMMON.test(baseOf(file))),
    production: PRODUCTION.flatMap((name) => inFolder.filter((file) => name.test(baseOf(file))))[0],
  }
}

/** Whether the file for production runs alone: it could, nothing calls it an addition, and nobody names both together. */
const isWhole = (tree: SourceTree, plain: string, production: string): boolean => {
  const { services, replaced } = readComposeFile(tree, production, { home: folderOf(production), folder: '' })
  const isComplete = ({ image, build, depends_on: others }: Json): boolean =>
    // what is built without a context only changes that
    (typeof build === 'string' || record(build).context !== undefined || (!build && typeof image === 'string')) &&
    (Array.isArray(others) ? others.map(String) : Object.keys(record(others))).every((name) => Object.hasOwn(services, name))
  return (
    Object.values(services).every(isComplete) &&
    [...replaced.values()].flat().length === 0 &&
    !/^(\s*#.*\n|---\n)*\s*#.*\boverrides?( for [\w ]+)?\.?\s*(\n|$)/i.test(tree.read(production) ?? '') &&
    !comesAfter(tree, plain, production)
  )
}

/** `-f compose.yml -f compose.prod.yml` in a document, a script or a workflow; `COMPOSE_FILE=…:…`. */
const comesAfter = (tree: SourceTree, before: string, file: string): boolean => {
  const [first, second] = [before, file].map((path) => baseOf(path).replaceAll('.', '\\.'))
  const pattern = new RegExp(`${first}["']?([\\s\\\\]+(-f|--file)[ =]|:)["']?[\\w./-]*\\b${second}`)
  return below(tree, '', 3).some(
    (one) => /\.(md|rst|sh|ya?ml|json|toml|env)$|(^|\/)([Mm]ake|[Jj]ust)file$|(^|\/)\.env/.test(one) && pattern.test(tree.read(one) ?? ''),
  )
}

/** Where a file for production is taken alone beside a plain one: it may be meant to come after that. */
export const otherReading = (tree: SourceTree, files: readonly string[], config: string): readonly string[] => {
  const { plain, production } = filesIn(tree, folderOf(files[0] ?? ''))
  // `docker compose -f compose.prod.yml` somewhere in the project leaves no doubt
  return files.length !== 1 ||
    production === undefined ||
    production !== files[0] ||
    plain === undefined ||
    comesAfter(tree, 'compose', production)
    ? []
    : [
        `${production} is taken for all that runs on the server, without ${plain}: where it comes after it, write \`compose: { files: [${plain}, ${production}] }\` into ${config}, and run init again`,
      ]
}

/** Of a usual name, in a folder of another name than the usual ones. */
export const composeFilesElsewhere = (tree: SourceTree): readonly string[] =>
  below(tree, '', 2).filter((file) => PLAIN.includes(baseOf(file)) && !/(^|\/)(tests?|examples?|\.devcontainer)\//.test(file))

/** What the config says already: a person may know better, and an earlier run found no other. */
export const chosen = (config: Json): { readonly files: readonly string[]; readonly profiles: readonly string[] } => {
  const { files = config.images === undefined ? [] : 'docker-compose.yml', profiles } = record(config.compose)
  const texts = (value: unknown): readonly string[] => [value].flat().filter((one) => typeof one === 'string')
  return { files: texts(files), profiles: texts(profiles) }
}
