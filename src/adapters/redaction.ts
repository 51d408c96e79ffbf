import { secretForms } from './secret-forms.ts'

/** Hides values in text. The runner masks too, but fewer forms, and nothing masks in a terminal or in a file. */
export interface Redaction {
  readonly add: (value: string) => void
  readonly apply: (text: string) => string
}

export const redaction = (): Redaction => {
  const hidden = new Set<string>()
  return {
    add: (value) => {
      for (const form of secretForms(value)) hidden.add(form)
    },
    apply: (text) => withStars(text, spans(text, hidden)),
  }
}

type Span = readonly [start: number, end: number]

const spans = (text: string, hidden: Iterable<string>): readonly Span[] => {
  const found: Span[] = []
  for (const form of hidden) {
    for (let at = text.indexOf(form); at >= 0; at = text.indexOf(form, at + 1)) found.push([at, at + form.length])
  }
  return found.sort((a, b) => a[0] - b[0])
}

/** Spans that overlap or touch become one, so that no rest of a value stays between two others. */
const withStars = (text: string, found: readonly Span[]): string => {
  let shown = ''
  let end = 0
  let hiding = false
  for (const [from, to] of found) {
    if (!hiding || from > end) shown += `${text.slice(end, from)}***`
    hiding = true
    end = Math.max(end, to)
  }
  return shown + text.slice(end)
}
