/** What GitHub's runner hides: registered values in the encodings that its ValueEncoders make. */
export class Masks {
  readonly #values = new Set<string>()

  /** As a secret or `add-mask` registers it: whole, and each of its lines. */
  add(value: string): void {
    for (const text of [value, ...value.split(/[\r\n]/).map((line) => line.trim())]) {
      for (const form of forms(text)) if (form !== '') this.#values.add(form)
    }
  }

  /** One text, without its lines: the words of stop-commands. */
  addWord(word: string): void {
    this.#values.add(word)
  }

  apply(text: string): string {
    const hidden = [...this.#values].flatMap((value) => occurrences(text, value)).sort((a, b) => a[0] - b[0])
    let shown = ''
    let end = 0
    let hiding = false
    for (const [from, to] of hidden) {
      if (!hiding || from > end) shown += `${text.slice(end, from)}***`
      hiding = true
      end = Math.max(end, to)
    }
    return shown + text.slice(end)
  }
}

const forms = (text: string): readonly string[] => {
  const bytes = Buffer.from(text)
  return [
    text,
    ...[0, 1, 2].map((offset) => bytes.subarray(offset).toString('base64')),
    text.replaceAll('"', '\\"'),
    text.replaceAll("'", "''"),
    JSON.stringify(text).slice(1, -1),
    encodeURIComponent(text),
    text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;').replaceAll("'", '&apos;'),
    text.length > 8 && text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1) : '',
  ]
}

const occurrences = (text: string, value: string): readonly (readonly [number, number])[] => {
  const found: [number, number][] = []
  for (let at = text.indexOf(value); at >= 0; at = text.indexOf(value, at + 1)) found.push([at, at + value.length])
  return found
}
