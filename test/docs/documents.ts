import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export const root = join(import.meta.dirname, '../..')

export interface Block {
  readonly document: string
  /** The comment before it: `<!-- config: shop -->` has the kind `config` and the name `shop`. */
  readonly kind: string | null
  readonly name: string | null
  readonly language: string
  readonly text: string
}

/** Everything that users read, apart from what examples and packages bring. */
export const documents = (): readonly string[] =>
  [...globSync(['*.md', 'docs/**/*.md', 'action/*/README.md', 'workflows/README.md', 'examples/*/README.md'], { cwd: root })].sort()

export const textOf = (document: string): string => readFileSync(join(root, document), 'utf8')

export const blocks = (language: string): readonly Block[] =>
  documents().flatMap((document) =>
    [...textOf(document).matchAll(/(?:<!-- (\w+)(?:: (\S+))? -->\n)?```(\w*)\n([\s\S]*?)```/g)]
      .filter((found) => found[3] === language)
      .map(([, kind = null, name = null, , text = '']) => ({ document, kind, name, language, text })),
  )
