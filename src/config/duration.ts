import * as z from 'zod'

const UNITS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const

/** A time such as "500ms", "7s", "10m", "1h", or a number of seconds; yields milliseconds. */
export const duration = z
  .union([
    z
      .number()
      .min(0)
      .max(86_400)
      .transform((seconds) => Math.round(seconds * 1000)),
    z
      .string()
      .regex(/^\d{1,6}(ms|s|m|h)$/, 'must be a time such as "500ms", "7s" or "10m"')
      .transform((text) => Number.parseInt(text, 10) * UNITS[text.replace(/^\d+/, '') as keyof typeof UNITS]),
  ])
  .refine((ms) => ms <= 86_400_000, 'must be at most 24h')

/** For a limit or a pause: nothing is done in no time, and to the tools that keep limits 0 means that there is none. */
export const positiveDuration = duration.refine((ms) => ms > 0, 'must be longer than 0')
