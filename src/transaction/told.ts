import { DeployError } from '../errors.ts'
import type { Log } from '../ports.ts'
import { journalEvent } from './journal.ts'

/** A server that never stops telling does not fill our memory, nor the log. */
const MAX_FACT_CHARACTERS = 32 * 1024 * 1024
const MAX_NOISE_CHARACTERS = 64 * 1024

export interface Teller {
  /** What its lines begin with; everything else on the stream is somebody else's. */
  readonly nonce: string
  readonly host: string
  readonly user: string
  readonly directory: string
}

/** What a server told of itself on the way to being ready: facts, signs of trouble, and the noise of others. */
export class Told {
  readonly facts: Record<string, string> = Object.create(null)
  /** What of ours did not arrive whole. */
  incomplete: string | null = null
  /** It has no room left for it. */
  isFull = false
  /** Its program was killed, and told so by the one that found it. */
  died = false
  /** Base64 of facts whose end is still to come. */
  readonly #chunks: Record<string, string> = Object.create(null)
  readonly #teller: Teller
  readonly #log: Log
  #characters = 0
  #noise = 0

  constructor(teller: Teller, log: Log) {
    this.#teller = teller
    this.#log = log
  }

  /** The words of a line of ours; null for the noise of others, which is shown as such. @throws DeployError CONNECT where facts have no end */
  take(line: string): string | null {
    const { nonce } = this.#teller
    if (!line.startsWith(`${nonce} `)) {
      this.#show(line)
      return null
    }
    const word = line.slice(nonce.length + 1)
    const [, kind, name = '', chunk = ''] = /^(fact|more) (\S+) (\S*)$/.exec(word) ?? []
    if (kind !== undefined) this.#collect(name, chunk, kind === 'fact')
    if (word.startsWith('lacks ')) this.facts['missing-tools'] = word.slice(6)
    if (word.startsWith('settling')) this.#log.info(`An earlier operation was left unfinished: ${word.slice(9)}; settling it first`)
    if (word.startsWith('incomplete')) this.incomplete = word.slice(11)
    if (word === 'full') this.isFull = true
    if (word === 'died') this.died = true
    return word
  }

  /** A banner is worth seeing, a flood is not. */
  #show(line: string): void {
    const before = this.#noise
    this.#noise += line.length + 1
    if (this.#noise <= MAX_NOISE_CHARACTERS) this.#log.foreign(line)
    else if (before <= MAX_NOISE_CHARACTERS)
      this.#log.warning(`${this.#teller.host} prints more than is shown: its login shell should be silent`)
  }

  /** A fact may come in several lines, none longer than a line may be. */
  #collect(name: string, chunk: string, isLast: boolean): void {
    const text = (this.#chunks[name] ?? '') + chunk
    this.#characters += chunk.length + name.length
    const { host, user, directory } = this.#teller
    if (this.#characters > MAX_FACT_CHARACTERS)
      throw new DeployError('CONNECT', `what ${host} tells, at last of ${name.slice(0, 40)}, has no end; nothing was touched`, {
        hint: `by hand: look at the server: ssh ${user}@${host} 'ls -l ${directory}/.deploy'`,
      })
    if (isLast) this.#learn(name, Buffer.from(text, 'base64').toString())
    this.#chunks[name] = isLast ? '' : text
  }

  #learn(name: string, value: string): void {
    if (name === 'look') return void Object.assign(this.facts, factsOf(value, this.#teller.nonce))
    this.facts[name] = value
    if (name === 'waiting') this.#log.info(`Waiting for the lock, held by ${oneLine(value)}`)
    if (name === 'settled') this.#log.warning(`An earlier operation was settled: ${settledSentence(value)}`)
  }
}

/** Facts one behind the other, each after a line of the nonce and its name. */
const factsOf = (text: string, nonce: string): Record<string, string> =>
  Object.fromEntries(
    `\n${text}`
      .split(`\n${nonce} `)
      .slice(1)
      .map((fact) => [fact.slice(0, fact.indexOf('\n')), `${fact.slice(fact.indexOf('\n') + 1).trimEnd()}\n`] as const),
  )

export const oneLine = (text: string): string => text.trim().split('\n').join(', ')

const settledSentence = (text: string): string => {
  const lines = text.trim().split('\n')
  const end = lines
    .toReversed()
    .map(journalEvent)
    .find((event) => event?.kind === 'end')
  return `${lines[0] ?? 'unknown'} ${end?.kind === 'end' ? `ended as ${end.end}` : 'could not be settled'}`
}
