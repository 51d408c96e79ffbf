import { withDefaults } from '../plan/compose-variables.ts'
import { asText } from '../plan/mounts.ts'

export type Json = Readonly<Record<string, unknown>>

export const words = (value: unknown): string =>
  Array.isArray(value) ? value.map(asText).join(' ') : value === undefined || value === null ? '' : asText(value)
export const record = (value: unknown): Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {}
export const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

/** `8080:80`, `127.0.0.1:8080:80/tcp`, `{ target: 80 }`, 80. */
export const containerPort = (value: unknown): number[] => {
  const text = typeof value === 'object' && value !== null ? asText(record(value).target ?? '') : withDefaults(asText(value))
  if (/\/udp$/.test(text)) return []
  const port = Number(text.split(':').at(-1)?.split('/')[0]?.split('-')[0])
  return Number.isInteger(port) && port > 0 && port < 65_536 ? [port] : []
}

export const environmentOf = (value: unknown): Readonly<Record<string, string | null>> =>
  Array.isArray(value)
    ? Object.fromEntries(
        value.map((entry) => {
          const [, name = '', text] = /^([^=]*)(?:=([\s\S]*))?$/.exec(asText(entry)) ?? []
          return [name, text ?? null]
        }),
      )
    : Object.fromEntries(Object.entries(record(value)).map(([name, text]) => [name, text === null ? null : asText(text)]))
