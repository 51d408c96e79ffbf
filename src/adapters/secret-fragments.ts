import type { Span } from './redaction.ts'

/** A piece of this length of a hidden form is hidden wherever it stands. */
const LENGTH = 8
/** Keys and certificates of many lines are known by their lines; a longer text is a document, not a secret. */
const LONGEST_FORM = 2048
/** Pieces of ordinary words stand in innocent text too: "https://", "postgres". */
const LOOKS_RANDOM = /[A-Z0-9!#$%&*+=?^~]|[^ -~]/

/**
 * What is left of a secret that was cut, wrapped or printed in several lines: somebody who bounds a text cuts anywhere.
 * Such a piece touches no rule about whole values, and is as good as the value for whoever sees all pieces.
 */
export class Fragments {
  readonly #pieces = new Set<string>()
  /** Pairs of bytes that a piece begins with: most places of a text are dismissed by one look. */
  readonly #beginnings = new Uint8Array(1 << 16)

  learn(form: string): void {
    if (form.length > LONGEST_FORM || form.includes('\n')) return
    for (let at = 0; at + LENGTH <= form.length; at++) {
      const piece = form.slice(at, at + LENGTH)
      if (!LOOKS_RANDOM.test(piece)) continue
      this.#pieces.add(piece)
      this.#beginnings[pairAt(form, at)] = 1
    }
  }

  spans(text: string): readonly Span[] {
    const found: Span[] = []
    for (let at = 0; at + LENGTH <= text.length; at++) {
      if (this.#beginnings[pairAt(text, at)] === 1 && this.#pieces.has(text.slice(at, at + LENGTH))) found.push([at, at + LENGTH])
    }
    return found
  }
}

const pairAt = (text: string, at: number): number => ((text.charCodeAt(at) & 0xff) << 8) | (text.charCodeAt(at + 1) & 0xff)
