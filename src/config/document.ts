import { type Alias, type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, type Pair, type Scalar } from 'yaml'
import { type Path, type Problem, pathKey } from './problem.ts'
import { DEEPEST, parsed, type SyntaxProblem, syntaxProblems } from './syntax.ts'

/** Nodes after all aliases are followed: an alias bomb is one of a few lines that makes millions. */
const MOST_NODES = 20_000

/** Neither 010, 0x1F, 1e3 nor .inf: YAML reads them as numbers, people do not agree which. */
const PLAIN_NUMBER = /^-?(0|[1-9]\d{0,14})(\.\d+)?$/

/** Where each key and value of the config stands, by its path. */
export type Positions = ReadonlyMap<string, { readonly key?: Position; readonly value: Position }>
export interface Position {
  readonly line: number
  readonly column: number
}

/** A string of the config, before variables are put in. */
export interface Leaf {
  readonly path: Path
  readonly text: string
}

/** Yields what stands in the place of a string, and tells what is wrong with it. */
export type TextReader = (leaf: Leaf, problem: (message: string) => void) => string

export interface PlainDocument {
  /** Maps without prototype, arrays and scalars. */
  readonly data: unknown
  readonly positions: Positions
  readonly problems: readonly Problem[]
  /** Errors of the syntax, which have a place but no path. */
  readonly syntax: readonly SyntaxProblem[]
}

/**
 * YAML as plain data that remembers where everything stood. Every string passes `onText`, which may replace it.
 * @throws DeployError CONFIG where the document is nested so deeply that no parser can read it
 */
export const plainDocument = (source: string, file: string, onText: TextReader): PlainDocument => {
  const counter = new LineCounter()
  const document = parsed(source, file, counter)
  const walk = new Walk(document, counter, onText)
  const syntax = syntaxProblems(document, counter, source)
  const data = syntax.length === 0 ? walk.value(document.contents, []) : undefined
  return { data, positions: walk.positions, problems: walk.problems, syntax }
}

class Walk {
  readonly positions = new Map<string, { key?: Position; value: Position }>()
  readonly problems: Problem[] = []
  #nodes = 0
  readonly #document: Document
  readonly #counter: LineCounter
  readonly #onText: TextReader

  constructor(document: Document, counter: LineCounter, onText: TextReader) {
    this.#document = document
    this.#counter = counter
    this.#onText = onText
  }

  value(node: unknown, path: Path, key?: Position): unknown {
    const place = this.#position(node) ?? key ?? { line: 1, column: 1 }
    this.positions.set(pathKey(path), key === undefined ? { value: place } : { key, value: place })
    if (!this.#withinLimits(path)) return null
    if (isAlias(node)) return this.#followed(node, path, key)
    if (isMap(node)) return this.#map(node.items, path)
    if (isSeq(node)) return node.items.map((item, index) => this.value(item, [...path, index]))
    if (isScalar(node)) return this.#scalar(node, path)
    return null
  }

  #withinLimits(path: Path): boolean {
    this.#nodes += 1
    if (this.#nodes === MOST_NODES) this.#refuse(path, 'the aliases before this make more than 20000 values; write them out, or use fewer')
    if (path.length === DEEPEST + 1) this.#refuse(path, `is nested deeper than ${DEEPEST} levels`)
    return this.#nodes < MOST_NODES && path.length <= DEEPEST
  }

  #followed(alias: Alias, path: Path, key?: Position): unknown {
    const target = alias.resolve(this.#document)
    if (target !== undefined) return this.value(target, path, key)
    this.#refuse(path, `there is no anchor "&${alias.source}" before this alias`)
    return null
  }

  #map(pairs: readonly Pair[], path: Path): unknown {
    const map: Record<string, unknown> = Object.create(null)
    for (const pair of pairs) {
      const name = isScalar(pair.key) ? String(pair.key.source ?? pair.key.value) : null
      const key = this.#position(pair.key) ?? undefined
      if (name === null) this.#refuse(path, 'keys must be plain names')
      else if (name in Object.prototype) this.#refuseKey([...path, name], key)
      else map[name] = this.value(pair.value, [...path, name], key)
    }
    return map
  }

  #scalar(node: Scalar, path: Path): unknown {
    if (typeof node.value === 'number' && !PLAIN_NUMBER.test(node.source ?? '')) {
      this.#refuse(
        path,
        `"${node.source}" is a number in a form that people read differently; write it plainly, or in quotes if it is text`,
      )
    }
    if (typeof node.value !== 'string') return node.value
    return this.#onText({ path, text: node.value }, (message) => this.#refuse(path, message))
  }

  #refuse(path: Path, message: string): void {
    this.problems.push({ path, at: 'value', message })
  }

  #refuseKey(path: Path, key: Position | undefined): void {
    if (key !== undefined) this.positions.set(pathKey(path), { key, value: key })
    this.problems.push({ path, at: 'key', message: `"${path.at(-1)}" cannot be used as a name` })
  }

  #position(node: unknown): Position | null {
    const range = (node as Node | null)?.range
    if (!range) return null
    const { line, col } = this.#counter.linePos(range[0])
    return { line, column: col }
  }
}
