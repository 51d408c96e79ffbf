import { withDefaults } from './compose-variables.ts'

/** What a service mounts, as a compose file writes it. */
export interface Mount {
  readonly kind: 'bind' | 'volume' | 'other'
  /** Path on the host as it is written, or name of the volume; empty where it has none. */
  readonly source: string
  readonly target: string
  readonly readOnly: boolean
  /** As it is written, for a file of ours that keeps it. */
  readonly written: unknown
}

/** An entry of `volumes`, short or long, with its variables replaced by their defaults. */
export const mountOf = (value: unknown): Mount => {
  if (typeof value === 'object' && value !== null) {
    const { type, source, target, read_only: readOnly } = value as Readonly<Record<string, unknown>>
    const kind = type === 'bind' || type === 'volume' ? type : 'other'
    return { kind, source: withDefaults(asText(source ?? '')), target: asText(target ?? ''), readOnly: readOnly === true, written: value }
  }
  const [first = '', second, mode = ''] = withDefaults(asText(value)).split(':')
  if (second === undefined) return { kind: 'volume', source: '', target: first, readOnly: false, written: value }
  const kind = /^[./~]/.test(first) ? 'bind' : 'volume'
  return { kind, source: first, target: second, readOnly: /(^|,)ro(,|$)/.test(mode), written: value }
}

/** A value that is none of text stands as JSON: maps may say themselves how they are shown. */
export const asText = (value: unknown): string => (typeof value === 'string' ? value : (JSON.stringify(value) ?? ''))
