import { readFileSync } from 'node:fs'
import { commandLine } from '../commands/quote.ts'
import { nearest } from '../config/nearest.ts'
import { normalisedPrivateKey } from '../config/private-key.ts'
import { DeployError } from '../errors.ts'
import { Secret } from '../ports.ts'
import { COMMANDS, type CommandName, POSTS, type PostKind, type Request } from './context.ts'
import { readHandedOver, readKept, readParts } from './handed-over.ts'
import { type Asked, OPTIONS, type Option, type OptionName, variableOf } from './options.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** A text with the place it came from, for the message that refuses it. */
interface Given {
  readonly texts: readonly string[]
  readonly from: string
}

/** What was asked, understood. @throws DeployError CONFIG with everything that is wrong with it */
export const requestOf = (asked: Asked, env: Environment): Request => {
  const reader = new Reader(asked, env)
  const command = reader.command()
  const request = {
    command: command ?? 'check',
    configPath: reader.text('config') ?? 'deploy.yml',
    reports: reader.text('reports') ?? 'reports',
    json: reader.flag('json'),
    dryRun: reader.flag('dry-run'),
    noSeed: reader.flag('no-seed'),
    fromBroken: reader.flag('from-broken'),
    ...optional('down', reader.flag('down') || undefined),
    images: reader.images(),
    ...optional('handedOver', reader.parsed('images', readHandedOver)),
    ...optional('audit', reader.flag('audit') || undefined),
    ...optional('only', reader.list('only', /^[a-z0-9][a-z0-9_.-]{0,62}$/, 'must be the name of an image of the config')),
    ...optional('platforms', reader.list('platform', /^linux\/(amd64|arm64)$/, 'must be linux/amd64 or linux/arm64')),
    ...optional('matrix', reader.flag('matrix') || undefined),
    ...optional('runners', reader.runners()),
    ...optional('parts', reader.parsed('parts', readParts)),
    ...optional('kept', reader.parsed('kept', readKept)),
    ...optional('variables', reader.variables()),
    ...optional('environment', reader.text('environment')),
    ...optional(
      'release',
      reader.matching('release', /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/, 'must be a release id, its number, or the beginning of a commit'),
    ),
    ...optional('backup', reader.matching('backup', /^[A-Za-z0-9][A-Za-z0-9-]{0,63}$/, 'must be the id of a backup, or "latest"')),
    ...optional('confirm', reader.text('confirm')),
    ...optional(
      'registry',
      reader.matching('registry', /^[a-z0-9][a-z0-9.-]*(:[0-9]{1,5})?$/, 'must be a registry host, such as "ghcr.io"'),
    ),
    ...optional('registryUsername', reader.text('registry-username')),
    ...optional('registryPassword', reader.secret('registry-password')),
    ...optional('sshKey', reader.privateKey()),
    ...optional('knownHosts', reader.text('known-hosts')),
    ...optional('post', reader.post()),
    ...optional('reason', reader.text('reason')?.slice(0, 500)),
    ...optional('service', reader.matching('service', /^[a-zA-Z0-9][a-zA-Z0-9._-]*$/, 'must be the name of a compose service')),
    ...optional('lines', command === 'logs' ? reader.lines() : undefined),
    ...optional(
      'host',
      reader.matching(
        'host',
        /^([a-z_][\w.-]*@)?(?![^:]*:\d+$)[A-Za-z0-9[][\w.:[\]-]*$/i,
        'must be HOST or USER@HOST; another port than 22 belongs into the config, as `port`',
      ),
    ),
    ...optional('user', reader.matching('user', /^[a-z_][\w.-]{0,31}$/i, 'must be a user name')),
    ...optional('prepare', reader.flag('prepare') || undefined),
    ...optional(
      'rollbackKey',
      reader.matching(
        'rollback-key',
        /^(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp\d{3}) [A-Za-z0-9+/]+=*( [^\n]*)?\n?$/,
        'must be a public key: the whole line of its .pub file',
      ),
    ),
    ...optional('yes', reader.flag('yes') || undefined),
  }
  reader.refuseUnused(command)
  reader.refuseTogether('matrix', 'parts')
  reader.refuseTogether('audit', 'image')
  if (request.audit === true) reader.require('images', 'audit')
  if (request.rollbackKey !== undefined) reader.require('prepare', 'rollback-key')
  reader.refuseTogether('matrix', 'dry-run')
  reader.refuseTogether('parts', 'dry-run')
  reader.refuseTogether('down', 'backup')
  if (command === 'rollback' && request.confirm !== undefined) reader.require('backup', 'confirm')
  reader.refuseTogether('parts', 'only')
  reader.refuseTogether('parts', 'platform')
  reader.refuseTogether('parts', 'images')
  reader.finish()
  return request
}

const optional = <K extends string, V>(key: K, value: V | undefined): { readonly [key in K]?: V } =>
  value === undefined ? {} : ({ [key]: value } as { readonly [key in K]: V })

class Reader {
  readonly #problems: string[]
  /** What mends one of them, where that is more than to look at what there is. */
  readonly #hints: string[] = []
  readonly #asked: Asked
  readonly #env: Environment

  constructor(asked: Asked, env: Environment) {
    this.#asked = asked
    this.#env = env
    this.#problems = [...asked.problems]
  }

  command(): CommandName | undefined {
    const { command } = this.#asked
    const known = COMMANDS.find((name) => name === command)
    if (known !== undefined) return known
    const meant = command === undefined ? undefined : nearest(command, COMMANDS)
    const list = `there are ${COMMANDS.join(', ')}`
    this.#problems.push(
      command === undefined
        ? `which command? ${list}`
        : `${JSON.stringify(command)} is no command; ${meant === undefined ? list : `did you mean "${meant}"?`}`,
    )
    return undefined
  }

  text(name: OptionName): string | undefined {
    const text = this.#given(name)?.texts[0]
    // biome-ignore lint/suspicious/noControlCharactersInRegex: a NUL ends strings in the programs that get them
    if (text !== undefined && /\u0000/.test(text)) this.#problems.push(`${name} must not hold a NUL character`)
    return text === '' ? undefined : text
  }

  matching(name: OptionName, pattern: RegExp, message: string): string | undefined {
    const given = this.#given(name)
    const text = given?.texts[0]
    if (given === undefined || text === undefined || pattern.test(text)) return text
    this.#problems.push(`${given.from} ${message}, not ${JSON.stringify(text.slice(0, 80))}`)
    return undefined
  }

  flag(name: OptionName): boolean {
    const given = this.#given(name)
    const text = given?.texts[0] ?? 'false'
    if (!/^(true|false)$/i.test(text))
      this.#problems.push(`${given?.from} must be "true" or "false", not ${JSON.stringify(text.slice(0, 40))}`)
    return /^true$/i.test(text)
  }

  secret(name: OptionName): Secret | undefined {
    const text = this.text(name)
    return text === undefined ? undefined : new Secret(text)
  }

  privateKey(): Secret | undefined {
    const given = this.#given('ssh-key')
    if (given?.texts[0] === undefined) return undefined
    try {
      return new Secret(normalisedPrivateKey(given.texts[0]))
    } catch (error) {
      if (!(error instanceof DeployError)) throw error
      this.#problems.push(`${error.message.replace(/^CONFIG: /, '')} (${given.from})`)
      if (error.details.hint !== undefined) this.#hints.push(error.details.hint)
      return undefined
    }
  }

  lines(): number | undefined {
    const text = this.matching('lines', /^[1-9]\d{0,4}$/, 'must be a number from 1 to 99999')
    return text === undefined ? undefined : Number(text)
  }

  images(): Readonly<Record<string, string>> {
    const images: Record<string, string> = Object.create(null)
    for (const text of this.#given('image')?.texts ?? []) {
      const [, name, reference] = /^([a-z0-9][a-z0-9_.-]{0,62})=([a-z0-9][a-z0-9._:/-]*@sha256:[0-9a-f]{64})$/.exec(text) ?? []
      if (name === undefined || reference === undefined || name in Object.prototype)
        this.#problems.push(`image must be NAME=REPOSITORY@sha256:… with 64 hex digits, not ${JSON.stringify(text.slice(0, 120))}`)
      else if (Object.hasOwn(images, name)) this.#problems.push(`image ${name} is there twice`)
      else images[name] = reference
    }
    return images
  }

  /** What an earlier job gave out, through a reader that yields what is wrong with it as a text. */
  parsed<T extends object>(name: OptionName, read: (text: string) => T | string): T | undefined {
    const given = this.#given(name)
    const text = given?.texts[0]
    if (given === undefined || text === undefined) return undefined
    const value = read(text)
    if (typeof value !== 'string') return value
    this.#problems.push(`${given.from} ${value}`)
    return undefined
  }

  post(): Request['post'] {
    const given = this.#given('post')
    if (given === undefined) return undefined
    const words = (given.texts[0] ?? '').split(',').map((word) => word.trim())
    if (words.length === 1 && words[0] === 'none') return []
    for (const word of words.filter((one) => !POSTS.includes(one as PostKind))) {
      const meant = nearest(word, POSTS)
      this.#problems.push(
        `${given.from}: ${JSON.stringify(word.slice(0, 40))} is nothing that is posted; ${meant === undefined ? `there are ${POSTS.join(', ')}, or none` : `did you mean "${meant}"?`}`,
      )
    }
    return POSTS.filter((kind) => words.includes(kind))
  }

  list(name: OptionName, pattern: RegExp, message: string): readonly string[] | undefined {
    const given = this.#given(name)
    if (given === undefined || given.texts.length === 0) return undefined
    for (const text of given.texts)
      if (!pattern.test(text)) this.#problems.push(`${given.from} ${message}, not ${JSON.stringify(text.slice(0, 80))}`)
    return [...new Set(given.texts)]
  }

  runners(): Request['runners'] {
    const given = this.#given('runners')
    if (given === undefined) return undefined
    const pairs = given.texts.map((text) => /^(linux\/(?:amd64|arm64))=([A-Za-z0-9][A-Za-z0-9._-]{0,99})$/.exec(text)?.slice(1) ?? text)
    for (const pair of pairs)
      if (typeof pair === 'string')
        this.#problems.push(
          `${given.from}: each line must be linux/amd64=LABEL or linux/arm64=LABEL, not ${JSON.stringify(pair.slice(0, 80))}`,
        )
    return Object.fromEntries(pairs.filter((pair): pair is string[] => typeof pair !== 'string'))
  }

  variables(): Request['variables'] {
    const given = this.#given('variables')
    if (given === undefined) return undefined
    const variables: Record<string, string> = Object.create(null)
    for (const [index, line] of given.texts.entries()) {
      const [, name, value] = /^([A-Za-z_][A-Za-z0-9_]*)=([^\0]*)$/.exec(line) ?? []
      // no more than the name: the rest may be secret, and all of a line that belongs to the one before
      if (name === undefined || value === undefined)
        this.#problems.push(
          `${given.from}: each line must be NAME=VALUE, not ${line.includes('=') ? `${JSON.stringify(line.split('=')[0]?.slice(0, 40))}…` : `line ${index + 1}, which has no "="`}`,
        )
      else if (Object.hasOwn(variables, name)) this.#problems.push(`${given.from}: ${name} is there twice`)
      else variables[name] = value
    }
    return variables
  }

  /** What was asked of this very command must mean something to it; variables may be there for others. */
  refuseUnused(command: CommandName | undefined): void {
    for (const [name, { texts, from }] of this.#asked.values) {
      const { kind, commands }: Option = OPTIONS.find((known) => known.name === name) as Option
      const asksNothing = kind === 'flag' && /^false$/i.test(texts[0] ?? '')
      if (command !== undefined && commands !== undefined && !commands.includes(command) && !asksNothing)
        this.#problems.push(`${from} means nothing to ${command}; it is for ${commands.join(', ')}`)
    }
  }

  /** Two wishes of which one would be ignored. */
  refuseTogether(one: OptionName, other: OptionName): void {
    const asked = (name: OptionName): boolean => {
      const text = this.#given(name)?.texts[0]
      return text !== undefined && text !== '' && !/^false$/i.test(text)
    }
    if (asked(one) && asked(other)) this.#problems.push(`${one} and ${other} do not go together`)
  }

  require(name: OptionName, by: OptionName): void {
    if (this.#given(name) === undefined) this.#problems.push(`${by} needs ${name}`)
  }

  finish(): void {
    if (this.#problems.length === 0) return
    const many =
      this.#problems.length === 1
        ? (this.#problems[0] ?? '')
        : `${this.#problems.length} things that were asked are not understood; nothing was started`
    throw new DeployError('CONFIG', many, { evidence: this.#problems.length === 1 ? [] : this.#problems, hint: this.#next() })
  }

  #next(): string {
    const { meant, problems } = this.#asked
    if (meant !== undefined && problems.length === this.#problems.length) return `deploy-action ${commandLine(meant)}`
    return this.#hints.length > 0 ? this.#hints.join('\n') : 'deploy-action --help'
  }

  /** What was asked beats the environment; an empty variable asks nothing. */
  #given(name: OptionName): Given | undefined {
    const asked = this.#asked.values.get(name)
    if (asked !== undefined) return asked.isFile === true ? this.#fileContent(asked) : asked
    const option = OPTIONS.find((known): boolean => known.name === name) as Option
    // like what is typed, a variable means something only to the commands that have the option; but it may be there for others
    const isMeant = option.commands === undefined || option.commands.includes(this.#asked.command as CommandName)
    const text = isMeant ? this.#env[variableOf(name)] : undefined
    if (text === undefined || text.trim() === '') return option.default === undefined ? undefined : { texts: [option.default], from: name }
    return { texts: option.kind === 'list' ? text.split('\n').filter((line) => line.trim() !== '') : [text], from: variableOf(name) }
  }

  #fileContent(asked: Given): Given | undefined {
    const file = asked.texts[0] ?? ''
    try {
      return { texts: [readFileSync(file, 'utf8')], from: `${asked.from} ${file}` }
    } catch (cause) {
      this.#problems.push(
        `${asked.from}: ${file} cannot be read (${cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown reason'})`,
      )
      return undefined
    }
  }
}
