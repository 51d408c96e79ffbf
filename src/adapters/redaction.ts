import { secretForms } from './secret-forms.ts'
import { Fragments } from './secret-fragments.ts'

/** Hides values in text. The runner masks too, but fewer forms, and nothing masks in a terminal or in a file. */
export interface Redaction {
  readonly add: (value: string) => void
  readonly apply: (text: string) => string
}

export const redaction = (): Redaction => {
  const hidden = new Set<string>()
  const fragments = new Fragments()
  return {
    add: (value) => {
      for (const form of secretForms(value)) {
        if (hidden.has(form)) continue
        hidden.add(form)
        // pieces of a private key are pieces of its public half too, which people must see
        if (!value.includes('-----BEGIN')) fragments.learn(form)
      }
    },
    apply: (text) => withStars(text, [...wholes(text, hidden), ...fragments.spans(text)]),
  }
}

/** Where something that is hidden begins and ends. */
export type Span = readonly [start: number, end: number]

const wholes = (text: string, hidden: Iterable<string>): readonly Span[] => {
  const found: Span[] = []
  for (const form of hidden) {
    for (let at = text.indexOf(form); at >= 0; at = text.indexOf(form, at + 1)) found.push([at, at + form.length])
  }
  return found
}

/** Spans that overlap or touch become one, so that no rest of a value stays between two others. */
const withStars = (text: string, found: readonly Span[]): string => {
  let shown = ''
  let end = 0
  let hiding = false
  for (const [from, to] of found.toSorted((a, b) => a[0] - b[0])) {
    if (!hiding || from > end) shown += `${text.slice(end, from)}***`
    hiding = true
    end = Math.max(end, to)
  }
  return shown + text.slice(end)
}
