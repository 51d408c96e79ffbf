/**
 * GitHub's own language service over workflows that come as JSON on standard input: [{path, text}]; yields what it says
 * as JSON. A program of its own, because the package has to be bundled before Node can load it.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ActionMetadata } from '@actions/languageservice/action'
import { validate } from '@actions/languageservice/validate'
import type { FileReference } from '@actions/workflow-parser/workflows/file-reference'
import { TextDocument } from 'vscode-languageserver-textdocument'
import { parse } from 'yaml'

const [root = ''] = process.argv.slice(2)

/** Ours are read from here; what is not ours is GitHub's own checkout, whose inputs we write down. */
const actionMetadata = (path: string | undefined): ActionMetadata | undefined => {
  const file = join(root, path ?? '', 'action.yml')
  return existsSync(file) ? (parse(readFileSync(file, 'utf8')) as ActionMetadata) : undefined
}

const CHECKOUT: ActionMetadata = {
  name: 'Checkout',
  description: '',
  inputs: Object.fromEntries(
    ['fetch-depth', 'persist-credentials', 'ref', 'path', 'repository'].map((name) => [name, { description: '' }]),
  ),
}

const getFileContent = async (reference: FileReference) => ({
  name: reference.path,
  content: readFileSync(join(root, reference.path), 'utf8'),
})

const config = {
  fileProvider: { getFileContent },
  actionsMetadataProvider: {
    fetchActionMetadata: async ({ owner, name, path }: { owner: string; name: string; path?: string }) =>
      owner === 'actions' && name === 'checkout' ? CHECKOUT : actionMetadata(path),
  },
}

const files = JSON.parse(readFileSync(0, 'utf8')) as { readonly path: string; readonly text: string }[]
const found = []
for (const [at, { path, text }] of files.entries()) {
  // a name of its own: the service remembers what it read under one
  const uri = `file:///${at}/${path}`
  for (const { message, range, severity } of await validate(TextDocument.create(uri, 'yaml', 1, text), config))
    found.push({ at, path, line: range.start.line + 1, message, severity: severity ?? 1 })
}
process.stdout.write(JSON.stringify(found))
