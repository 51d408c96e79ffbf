import { type Log, NotPosted } from '../../ports.ts'

/** Something that is to be seen on GitHub. */
export interface Post {
  /** For people: "the deployment of production". */
  readonly what: string
  /** Without which GitHub refuses it: "deployments: write". */
  readonly permission: string
  /** Not worth a line where the token may not, unless somebody asked for it. */
  readonly extra?: boolean
}

/**
 * Posts one after the other, behind the work of the run. What cannot be posted is told and changes nothing; once
 * GitHub is silent, nothing more is tried.
 */
export class Posts {
  readonly #log: Log
  /** Somebody asked for them by the input `post`. */
  readonly #asked: boolean
  #last: Promise<void> = Promise.resolve()
  readonly #forbidden = new Set<string>()
  readonly #notes: string[] = []
  readonly #left: string[] = []
  #silence: string | null = null

  constructor(log: Log, asked: boolean) {
    this.#log = log
    this.#asked = asked
  }

  add(post: Post, work: () => Promise<void>): void {
    this.#last = this.#last.then(() => this.#attempt(post, work))
  }

  /** A sentence for the log and the summary. */
  note(sentence: string): void {
    this.#notes.push(sentence)
    this.#log.info(sentence)
  }

  /** @returns when all is done, what is not on GitHub, as sentences */
  async end(): Promise<readonly string[]> {
    await this.#last
    if (this.#silence === null) return this.#notes
    const sentence = `not posted to GitHub: ${[...new Set(this.#left)].join(', ')}: ${this.#silence}; what the run did is not changed by it`
    this.#log.warning(sentence)
    return [...this.#notes, sentence]
  }

  async #attempt(post: Post, work: () => Promise<void>): Promise<void> {
    if (this.#forbidden.has(post.permission)) return
    if (this.#silence !== null) {
      this.#left.push(named(post))
      return
    }
    try {
      await work()
    } catch (error) {
      if (error instanceof NotPosted && error.kind === 'silent') {
        this.#silence = error.message
        this.#left.push(named(post))
      } else if (error instanceof NotPosted && error.kind === 'forbidden') this.#forbid(post, error)
      else this.#warn(`not posted to GitHub: ${named(post)}: ${error instanceof Error ? error.message : String(error)}`)
    }
  }

  /** Told once for each permission. A job that was not given it is no mistake. */
  #forbid(post: Post, { message }: NotPosted): void {
    this.#forbidden.add(post.permission)
    const sentence = `not posted to GitHub: ${post.what}: the job's token may not (it needs \`permissions: ${post.permission}\`): ${message}`
    if (this.#asked) this.#warn(sentence)
    else if (post.extra === true) this.#log.debug(sentence)
    else this.note(sentence)
  }

  #warn(sentence: string): void {
    this.#notes.push(sentence)
    this.#log.warning(sentence)
  }
}

const named = ({ what, permission }: Post): string => `${what} (\`${permission}\`)`
