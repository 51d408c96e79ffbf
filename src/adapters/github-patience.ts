import { type Clock, NotPosted } from '../ports.ts'

const ATTEMPTS = 3
const FIRST_PAUSE_MS = 1000
/** GitHub may ask for an hour; nobody keeps a job for that. */
const LONGEST_PAUSE_MS = 20_000

/** What is known of an attempt that failed. */
export interface Failure {
  /** null where no answer came. */
  readonly status: number | null
  readonly message: string
  readonly headers: Readonly<Record<string, string | number | undefined>>
}

interface Patience {
  readonly clock: Clock
  /** Nothing is waited for, or begun, once it is aborted. */
  readonly giveUp: AbortSignal
  /** A second time changes nothing: asking, and what only sets a state. */
  readonly repeatable: boolean
  readonly read: (thrown: unknown) => Failure
}

/**
 * Repeats what was throttled, and what failed where repeating is safe.
 * https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#exceeding-the-rate-limit
 * @throws NotPosted
 */
export const patiently = async <T>(send: () => Promise<T>, patience: Patience): Promise<T> => {
  const { clock, giveUp, repeatable, read } = patience
  for (let attempt = 1; ; attempt += 1) {
    let thrown: unknown
    try {
      return await unlessGivenUp(giveUp, send)
    } catch (error) {
      if (error instanceof NotPosted) throw error
      thrown = error
    }
    const failure = read(thrown)
    const throttled = isThrottled(failure)
    if (!throttled && !isPassing(failure)) throw asNotPosted(failure, thrown)
    const pause = pauseMs(failure, attempt, clock.now())
    if (attempt === ATTEMPTS || pause > LONGEST_PAUSE_MS || !(throttled || repeatable)) throw silent(failure, pause, thrown)
    await unlessGivenUp(giveUp, () => clock.sleep(pause))
  }
}

/** What was begun goes on in the background, and its end interests nobody any more. */
const unlessGivenUp = async <T>(giveUp: AbortSignal, start: () => Promise<T>): Promise<T> => {
  let give = (): void => {}
  const promise = new Promise<never>((_, reject) => {
    give = () => reject(new NotPosted('silent', 'GitHub did not answer in the time there was'))
  })
  if (giveUp.aborted) give()
  giveUp.addEventListener('abort', give, { once: true })
  try {
    const work = giveUp.aborted ? promise : start()
    work.catch(() => {})
    return await Promise.race([work, promise])
  } finally {
    giveUp.removeEventListener('abort', give)
    promise.catch(() => {})
  }
}

const isThrottled = ({ status, headers, message }: Failure): boolean =>
  status === 429 ||
  (status === 403 && (headers['retry-after'] !== undefined || headers['x-ratelimit-remaining'] === '0' || /rate limit/i.test(message)))

const isPassing = ({ status }: Failure): boolean => status === null || status >= 500

/** What GitHub asks for; else twice as long each time. */
const pauseMs = ({ headers }: Failure, attempt: number, now: Date): number => {
  const seconds = Number(headers['retry-after'])
  if (headers['retry-after'] !== undefined && seconds >= 0) return seconds * 1000
  const reset = Number(headers['x-ratelimit-reset']) * 1000
  if (headers['x-ratelimit-remaining'] === '0' && reset > 0) return Math.max(1000, reset - now.getTime())
  return FIRST_PAUSE_MS * 2 ** (attempt - 1)
}

const silent = (failure: Failure, pause: number, cause: unknown): NotPosted =>
  new NotPosted(
    'silent',
    isThrottled(failure)
      ? `GitHub asks to wait ${Math.ceil(pause / 1000)} s (${failure.status})`
      : failure.status === null
        ? `GitHub was not reached: ${failure.message}`
        : `GitHub failed: ${failure.status} ${failure.message}`,
    cause,
  )

const asNotPosted = ({ status, message }: Failure, cause: unknown): NotPosted => {
  // a token without access is told by 404 where nobody may know that there is something
  if (status === 401 || status === 403 || status === 404) return new NotPosted('forbidden', `${status} ${message}`, cause)
  return new NotPosted('refused', `${status} ${message}`, cause)
}
