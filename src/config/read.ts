import type { Place } from '../errors.ts'
import { crossChecks } from './cross-checks.ts'
import { type PlainDocument, plainDocument } from './document.ts'
import { frozen } from './freeze.ts'
import type { Environment } from './interpolate.ts'
import { problemsOf } from './issues.ts'
import { placeOf, refusal } from './places.ts'
import { type Path, type Problem, pathKey } from './problem.ts'
import { type Config, config as schema } from './schema.ts'
import { sourceText } from './source.ts'
import { Variables } from './variables.ts'

interface ConfigQuestion {
  readonly bytes: Uint8Array
  /** As it is shown in messages and annotations. */
  readonly file: string
  readonly environment: Environment
  /** What this run has no use for may stay without its variables: a pull request has no secrets. */
  readonly isUnused: (path: Path) => boolean
  /** What this run would rather do without than not run, where its variables are missing. */
  readonly isSpared?: (path: Path) => boolean
}

interface ConfigAnswer {
  readonly config: Config
  /** Values of variables whose names say that they are secret. */
  readonly secrets: readonly string[]
  /** Places where one of them does not stay secret. */
  readonly exposed: readonly Place[]
  /** What is left out because it may be, and its variables are missing. */
  readonly spared: readonly Place[]
  /** All that the file has, also those that are left out because their variables are missing. */
  readonly environmentNames: readonly string[]
  /** Where a value stands, for what can be known to be wrong only later. */
  readonly placeOf: (path: Path, message: string) => Place
}

/** Reads `deploy.yml`. @throws DeployError CONFIG with everything that is wrong, each at its line */
export const readConfig = ({ bytes, file, environment, isUnused, isSpared = () => false }: ConfigQuestion): ConfigAnswer => {
  const variables = new Variables(environment, isUnused, isSpared)
  const document = plainDocument(sourceText(bytes, file), file, variables.put)
  const syntax = document.syntax.map((error) => ({ file, ...error }))
  if (syntax.length > 0) throw refusal(file, syntax)

  const placed = (problem: Problem): Place => placeOf(file, document, problem)
  const environmentNames = Object.keys((document.data as { readonly environments?: object | null } | null)?.environments ?? {})
  const checked = validate(document, variables)
  const places = [...document.problems, ...checked.problems].map(placed)
  if (places.length > 0 || checked.config === undefined) throw refusal(file, places)
  return {
    config: frozen(checked.config),
    secrets: variables.secrets,
    exposed: variables.exposed.map(placed),
    spared: variables.spared.map(placed),
    environmentNames,
    placeOf: (path, message) => placed({ path, at: 'value', message }),
  }
}

interface Checked {
  readonly config?: Config
  readonly problems: readonly Problem[]
}

const validate = (document: PlainDocument, variables: Variables): Checked => {
  const data = withNumbers(document.data, variables.numbers)
  const problems = problemsIn(data).filter((problem) => !variables.isStandIn(problem.path))
  if (problems.length > 0) return { problems }
  // a second complaint about the shape of a value that is not there would only distract
  const result = schema.safeParse(without(data, variables.standIns))
  if (!result.success) return { problems: document.problems.length > 0 ? [] : problemsOf(result.error.issues, schema, data) }
  return { config: result.data, problems: crossChecks(result.data) }
}

const problemsIn = (data: unknown): readonly Problem[] => {
  const result = schema.safeParse(data)
  return result.success ? [] : problemsOf(result.error.issues, schema, data)
}

/** Only where the schema wants a number does a text of digits become one: an owner may be called 123. */
const withNumbers = (data: unknown, paths: readonly Path[]): unknown => {
  if (paths.length === 0) return data
  const issues = schema.safeParse(data).error?.issues ?? []
  const wanted = issues
    .filter(wantsNumber)
    .map((issue) => pathKey(issue.path.map((part) => (typeof part === 'number' ? part : String(part)))))
  for (const path of paths.filter((path) => wanted.includes(pathKey(path))))
    change(data, path, (holder, last) => (holder[last] = Number(holder[last])))
  return data
}

/** Directly, or as one of several forms. */
const wantsNumber = (issue: {
  readonly code?: string
  readonly expected?: unknown
  readonly errors?: readonly (readonly object[])[]
}): boolean => issue.expected === 'number' || (issue.errors ?? []).flat().some((inner) => wantsNumber(inner))

/** Leaves out the values at the paths, with what means nothing without them. */
const without = (data: unknown, paths: readonly Path[]): unknown => {
  for (const path of paths.flatMap(meaningless)) change(data, path, (holder, last) => delete holder[last])
  if (isHolder(data) && Array.isArray(data.notify)) data.notify = data.notify.filter((one) => one !== undefined)
  return data
}

/** A backup is made for a migration, so neither goes without the other. */
const meaningless = (path: Path): readonly Path[] => {
  const [part] = path
  if (part === 'environments' || part === 'hooks' || part === 'notify') return [path.slice(0, 2)]
  if (part === 'check' || part === 'seed' || part === 'smoke') return [[part]]
  return part === 'migrate' || part === 'backup' ? [['migrate'], ['backup']] : [path]
}

type Holder = Record<string | number, unknown>

/** Lets `edit` change what holds the value at a path, where there is such a thing. */
const change = (data: unknown, path: Path, edit: (holder: Holder, last: string | number) => void): void => {
  const last = path.at(-1)
  let holder: unknown = data
  for (const part of path.slice(0, -1)) holder = isHolder(holder) ? holder[part] : undefined
  if (last !== undefined && isHolder(holder)) edit(holder, last)
}

const isHolder = (value: unknown): value is Holder => typeof value === 'object' && value !== null
