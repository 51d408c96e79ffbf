import { withDefaults } from '../plan/compose-variables.ts'

export type Json = Readonly<Record<string, unknown>>

export interface Mount {
  readonly kind: 'bind' | 'volume' | 'other'
  /** Path on the host as it is written, or name of the volume; empty where it has none. */
  readonly source: string
  readonly target: string
  readonly readOnly: boolean
  /** As it is written, for a file of ours that keeps it. */
  readonly written: unknown
}

export const words = (value: unknown): string =>
  Array.isArray(value) ? value.map(asText).join(' ') : value === undefined || value === null ? '' : asText(value)
/** A value that is none of text stands as JSON: maps may say themselves how they are shown. */
export const asText = (value: unknown): string => (typeof value === 'string' ? value : (JSON.stringify(value) ?? ''))
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

export const mountOf = (value: unknown): Mount => {
  if (typeof value === 'object' && value !== null) {
    const { type, source, target, read_only: readOnly } = record(value)
    const kind = type === 'bind' || type === 'volume' ? type : 'other'
    return { kind, source: withDefaults(asText(source ?? '')), target: asText(target ?? ''), readOnly: readOnly === true, written: value }
  }
  const [first = '', second, mode = ''] = withDefaults(asText(value)).split(':')
  if (second === undefined) return { kind: 'volume', source: '', target: first, readOnly: false, written: value }
  const kind = /^[./~]/.test(first) ? 'bind' : 'volume'
  return { kind, source: first, target: second, readOnly: /(^|,)ro(,|$)/.test(mode), written: value }
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
