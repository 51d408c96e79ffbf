import { type Document, type LineCounter, parseDocument, type YAMLError } from 'yaml'
import { DeployError } from '../errors.ts'

export const DEEPEST = 50

/** An error of the syntax: it has a place, but no path. */
export interface SyntaxProblem {
  readonly line: number
  readonly column: number
  readonly message: string
}

/** @throws DeployError CONFIG where the document is nested so deeply that no parser can read it */
export const parsed = (source: string, file: string, lineCounter: LineCounter): Document => {
  try {
    // never logLevel "silent": it hides a second document, too
    return parseDocument(source, { lineCounter, strict: true, uniqueKeys: true, prettyErrors: false, stringKeys: false })
  } catch (cause) {
    // the parser calls itself for each level; what overflows its stack is far beyond our own limit
    if (cause instanceof RangeError) throw new DeployError('CONFIG', `${file} is nested deeper than ${DEEPEST} levels`, { cause })
    throw cause
  }
}

/** What makes the text no document of ours, in sentences. */
export const syntaxProblems = (document: Document, counter: LineCounter, source: string): readonly SyntaxProblem[] => {
  const errors: readonly YAMLError[] = [...document.errors, ...document.warnings]
  const first = errors.findIndex((error) => error.code === 'UNEXPECTED_TOKEN')
  // after one misplaced token, the rest of the file is misplaced for the parser
  const told = errors.filter((error, index) => error.code !== 'UNEXPECTED_TOKEN' || index === first)
  return told.map((error) => {
    const { line, col } = counter.linePos(error.pos[0])
    return { line, column: col, message: sentence(error, source) }
  })
}

const sentence = (error: YAMLError, source: string): string => {
  switch (error.code) {
    case 'MULTIPLE_DOCS':
      return 'a second document begins here ("---"); the config is one document'
    case 'DUPLICATE_KEY':
      return 'this key is there twice'
    case 'RESOURCE_EXHAUSTION':
      return `is nested deeper than ${DEEPEST} levels`
    case 'TAG_RESOLVE_FAILED':
      return `tags such as "!name" mean nothing here (${error.message})`
    case 'UNEXPECTED_TOKEN':
      return source.slice(error.pos[0] - 1, error.pos[0] + 1) === '${'
        ? 'a variable inside { } or [ ] needs quotes: "${NAME}"'
        : error.message
    default:
      return error.message
  }
}
