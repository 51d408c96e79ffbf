import { type Environment, interpolate } from './interpolate.ts'
import { type Path, type Problem, pathKey } from './problem.ts'

/** Stands where a variable is missing, so that everything else can be checked; no room ever sees one. */
const STAND_IN = 'unset'
const SECRET_NAME = /pass|secret|token|key|credential/i
const WHOLE_NUMBER = /^-?(0|[1-9]\d{0,14})$/

type Complain = (message: string) => void

/** Puts variables into the strings of a config, and remembers what that means for each. */
export class Variables {
  /** Values of variables whose names say that they are secret. */
  readonly secrets: string[] = []
  /** Where such a value becomes an argument, or goes into a file that others read. */
  readonly exposed: Problem[] = []
  readonly standIns: Path[] = []
  /** Strings that are a number once the variables are in: `port: ${SSH_PORT}`. */
  readonly numbers: Path[] = []
  /** What is done without, because its variable is not there. */
  readonly spared: Problem[] = []
  readonly #environment: Environment
  readonly #isUnused: (path: Path) => boolean
  readonly #isSpared: (path: Path) => boolean

  /**
   * @param isUnused what this run has no use for may stay without its variables: a pull request has no secrets
   * @param isSpared what this run would rather do without than not run
   */
  constructor(environment: Environment, isUnused: (path: Path) => boolean, isSpared: (path: Path) => boolean) {
    this.#environment = environment
    this.#isUnused = isUnused
    this.#isSpared = isSpared
  }

  readonly put = ({ path, text }: { readonly path: Path; readonly text: string }, complain: Complain): string => {
    const { text: filled, missing, malformed, nested, used } = interpolate(text, this.#environment)
    for (const name of used.filter((name) => SECRET_NAME.test(name))) {
      this.secrets.push(this.#environment[name] ?? '')
      if (!staysSecret(path))
        this.exposed.push({ path, at: 'value', message: `the value of ${name} can be read there by others: ${where(path)}` })
    }
    for (const wrong of malformed)
      complain(
        wrong.startsWith('${{')
          ? `${wrong}} is filled in by GitHub in workflows only: write \${SSH_HOST}, say, and let \`env:\` of the step set that variable`
          : `${wrong} is no variable; write \${NAME} or \${NAME:-default}, and $${wrong} where a shell is to see it`,
      )
    for (const name of nested)
      complain(
        `the default of ${name} holds another variable, and a default is plain text: write \${${name}}, and let \`env:\` of the step set it, or $\${ for each where a shell is to see them`,
      )
    // what is left of it would be found wrong once more
    if (missing.length + malformed.length + nested.length > 0) return this.#standIn(path, missing, complain)
    if (used.length > 0 && WHOLE_NUMBER.test(filled)) this.numbers.push(path)
    return filled
  }

  isStandIn(path: Path): boolean {
    return this.standIns.some((standIn) => pathKey(standIn) === pathKey(path))
  }

  #standIn(path: Path, missing: readonly string[], complain: Complain): string {
    this.standIns.push(path)
    if (this.#isUnused(path)) return STAND_IN
    for (const name of missing) {
      const how = this.#environment[name] === '' ? 'empty' : 'not set'
      const isMissing = `the environment variable ${name} is ${how}`
      if (this.#isSpared(path)) this.spared.push({ path, at: 'value', message: `${isMissing}, so it is left out` })
      else complain(`${isMissing}; set it, or write \${${name}:-default}`)
    }
    return STAND_IN
  }
}

/** The login of the registry, the environment of a stage, secrets of a build, and what is known of a server: none of it becomes an argument. */
const staysSecret = ([part, ...rest]: Path): boolean =>
  part === 'registry' ||
  part === 'environments' ||
  part === 'notify' ||
  (part === 'check' && rest[1] === 'env') ||
  (part === 'images' && rest[1] === 'secrets')

const where = ([part, , field]: Path): string =>
  part === 'images' && field === 'args'
    ? 'build arguments are in the history of the image, and in the arguments of docker'
    : 'it is an argument of a program, or kept with the release; let the program take it from its environment'
