/** Requests at a constant rate, whatever becomes of the earlier ones: what people see while a service is replaced. */
import http from 'node:http'

export interface LoadResult {
  readonly sent: number
  /** No answer, or one of 400 and above. */
  readonly failed: number
  /** The longest time without a good answer. */
  readonly longestGapMs: number
}

export interface Load {
  /** Resolves with the next good answer. */
  good(): Promise<void>
  /** Sends no more, waits for what is under way. */
  stop(): Promise<LoadResult>
}

const GIVE_UP_MS = 2_000
/** Answers that never come must not pile up for ever. */
const MOST_UNDER_WAY = 1_000

export const startLoad = (url: string, perSecond = 100): Load => {
  const started = performance.now()
  let [sent, done, failed, lastGood, longestGapMs] = [0, 0, 0, started, 0]
  let next = Promise.withResolvers<void>()
  const settled = (good: boolean): void => {
    done += 1
    if (!good) failed += 1
    if (!good) return
    const now = performance.now()
    longestGapMs = Math.max(longestGapMs, now - lastGood)
    lastGood = now
    next.resolve()
    next = Promise.withResolvers()
  }
  const send = (): void => {
    sent += 1
    void ask(url).then(settled)
  }
  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - started) * perSecond) / 1000)
    while (sent < due && sent - done < MOST_UNDER_WAY) send()
  }, 1000 / perSecond)
  return {
    good: () => next.promise,
    stop: async () => {
      clearInterval(timer)
      while (done < sent) await new Promise((resolve) => setTimeout(resolve, 5))
      // what did not come back was away until the end
      return { sent, failed, longestGapMs: Math.max(longestGapMs, performance.now() - lastGood) }
    },
  }
}

/** A new connection each time: a kept one would hide that nobody listens. Never rejects. */
const ask = (url: string): Promise<boolean> =>
  new Promise((resolve) => {
    const request = http.get(url, { agent: false, timeout: GIVE_UP_MS }, (response) => {
      response.resume()
      response.on('end', () => resolve((response.statusCode ?? 500) < 400))
      response.on('error', () => resolve(false))
    })
    request.on('timeout', () => request.destroy(new Error('no answer')))
    request.on('error', () => resolve(false))
  })
