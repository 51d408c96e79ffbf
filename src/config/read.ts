import { DeployError, type Place } from '../errors.ts'
import { crossChecks } from './cross-checks.ts'
import { type PlainDocument, type Position, plainDocument } from './document.ts'
import { frozen } from './freeze.ts'
import { type Environment, interpolate } from './interpolate.ts'
import { problemsOf } from './issues.ts'
import { type Path, type Problem, pathText, shownPath } from './problem.ts'
import { type Config, config as schema } from './schema.ts'
import { sourceText } from './source.ts'

export interface ConfigQuestion {
  readonly bytes: Uint8Array
  /** As it is shown in messages and annotations. */
  readonly file: string
  readonly environment: Environment
  /** What this run has no use for may stay without its variables: a pull request has no secrets. */
  readonly isUnused: (path: Path) => boolean
}

export interface ConfigAnswer {
  readonly config: Config
  /** Values of variables whose names say that they are secret. */
  readonly secrets: readonly string[]
}

/** Stands where a variable is missing that this run does not need; never seen by anybody. */
const STAND_IN = 'unset'
const SECRET_NAME = /pass|secret|token|key|credential/i

/** Reads `deploy.yml`. @throws DeployError CONFIG with everything that is wrong, each at its line */
export const readConfig = (question: ConfigQuestion): ConfigAnswer => {
  const variables = new Variables(question)
  const document = plainDocument(sourceText(question.bytes, question.file), question.file, variables.put)
  if (document.syntax.length > 0)
    throw refusal(
      question.file,
      document.syntax.map((error) => placed(question.file, error, error.message)),
    )

  const checked = validate(document, variables)
  const problems = [...document.problems, ...checked.problems]
  if (problems.length > 0 || checked.config === undefined)
    throw refusal(
      question.file,
      problems.map((problem) => place(question.file, document, problem)),
    )
  return { config: frozen(checked.config), secrets: variables.secrets }
}

interface Checked {
  readonly config?: Config
  readonly problems: readonly Problem[]
}

const validate = (document: PlainDocument, variables: Variables): Checked => {
  const numbered = withNumbers(document.data, variables.numbers)
  const result = schema.safeParse(numbered)
  const problems = result.success
    ? []
    : problemsOf(result.error.issues, schema, numbered).filter((problem) => !variables.isStandIn(problem.path))
  if (problems.length > 0) return { problems }
  // stand-ins are taken out: no room ever sees one
  const final = variables.standIns.length === 0 ? result : schema.safeParse(without(numbered, variables.standIns))
  if (!final.success) return { problems: problemsOf(final.error.issues, schema, numbered) }
  return { config: final.data, problems: crossChecks(final.data) }
}

/** Puts variables into strings, and remembers what that means for each. */
class Variables {
  readonly secrets: string[] = []
  readonly standIns: Path[] = []
  /** Strings that are a number once the variables are in: `port: ${SSH_PORT}`. */
  readonly numbers: Path[] = []
  readonly #question: ConfigQuestion

  constructor(question: ConfigQuestion) {
    this.#question = question
  }

  readonly put = ({ path, text }: { readonly path: Path; readonly text: string }, problem: (message: string) => void): string => {
    const { text: filled, missing, malformed, used } = interpolate(text, this.#question.environment)
    for (const name of used.filter((name) => SECRET_NAME.test(name))) this.secrets.push(this.#question.environment[name] ?? '')
    for (const wrong of malformed) problem(`${wrong} is no variable; write $${wrong} where a shell is to see it`)
    if (missing.length > 0 && this.#question.isUnused(path)) {
      this.standIns.push(path)
      return STAND_IN
    }
    for (const name of missing)
      problem(
        `the environment variable ${name} is ${this.#question.environment[name] === '' ? 'empty' : 'not set'}; set it, or write \${${name}:-default}`,
      )
    // a second complaint about the shape of a value that is not there would only distract
    if (missing.length > 0) this.standIns.push(path)
    else if (used.length > 0 && /^-?(0|[1-9]\d{0,14})$/.test(filled)) this.numbers.push(path)
    return missing.length > 0 ? STAND_IN : filled
  }

  isStandIn(path: Path): boolean {
    return this.standIns.some((standIn) => pathText(standIn) === pathText(path))
  }
}

/** Only where the schema wants a number does a text of digits become one: an owner may be called 123. */
const withNumbers = (data: unknown, paths: readonly Path[]): unknown => {
  if (paths.length === 0) return data
  const result = schema.safeParse(data)
  const wanted = (result.error?.issues ?? [])
    .filter((issue) => JSON.stringify(issue).includes('"expected":"number"'))
    .map((issue) => pathText(issue.path.map((part) => (typeof part === 'number' ? part : String(part)))))
  for (const path of paths.filter((path) => wanted.includes(pathText(path)))) {
    const holder = holderOf(data, path)
    const last = path.at(-1)
    if (holder !== undefined && last !== undefined) holder[last] = Number(holder[last])
  }
  return data
}

/** Leaves out the values at the paths; an environment that lacks one of its values is left out whole. */
const without = (data: unknown, paths: readonly Path[]): unknown => {
  for (const path of paths) {
    const gone = path[0] === 'environments' ? path.slice(0, 2) : path
    const last = gone.at(-1)
    const holder = holderOf(data, gone)
    if (holder !== undefined && last !== undefined) delete holder[last]
  }
  return data
}

const holderOf = (data: unknown, path: Path): Record<string | number, unknown> | undefined => {
  let value: unknown = data
  for (const part of path.slice(0, -1))
    value = typeof value === 'object' && value !== null ? (value as Record<string | number, unknown>)[part] : undefined
  return typeof value === 'object' && value !== null ? (value as Record<string | number, unknown>) : undefined
}

const place = (file: string, document: PlainDocument, problem: Problem): Place => {
  const text = shownPath(problem.path)
  return placed(file, positionOf(document, problem), problem.at === 'key' || text === '' ? problem.message : `${text}: ${problem.message}`)
}

/** Of the value, of its key, or of the nearest thing around it that is written in the file. */
const positionOf = (document: PlainDocument, { path, at }: Problem): Position => {
  for (let length = path.length; length >= 0; length--) {
    const found = document.positions.get(pathText(path.slice(0, length)))
    if (found !== undefined) return at === 'key' || length < path.length ? (found.key ?? found.value) : found.value
  }
  return { line: 1, column: 1 }
}

const placed = (file: string, { line, column }: Position, message: string): Place => ({ file, line, column, message })

const refusal = (file: string, found: readonly Place[]): DeployError => {
  const places = [...found].sort((a, b) => a.line - b.line || a.column - b.column)
  const many = places.length === 1 ? 'an error' : `${places.length} errors`
  return new DeployError('CONFIG', `${file} has ${many}; nothing was started`, {
    places,
    evidence: places.map((place) => `${place.file}:${place.line}:${place.column}: ${place.message}`),
    hint: `edit ${file}, then run the same command again`,
  })
}
