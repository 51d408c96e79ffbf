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

/** Ours are read from here; of the others, which are few, we write down what we use. */
const actionMetadata = (path: string | undefined): ActionMetadata | undefined => {
  const file = join(root, path ?? '', 'action.yml')
  return existsSync(file) ? (parse(readFileSync(file, 'utf8')) as ActionMetadata) : undefined
}

/** By the `action.yml` of the commits that our starters name; of their inputs and outputs those that a starter may use. */
const OTHERS: Readonly<Record<string, readonly [inputs: readonly string[], outputs?: readonly string[]]>> = {
  'actions/checkout': [['fetch-depth', 'persist-credentials', 'ref', 'path', 'repository']],
  'aws-actions/configure-aws-credentials': [['role-to-assume', 'aws-region', 'role-session-name', 'role-duration-seconds']],
  'aws-actions/amazon-ecr-login': [['mask-password', 'registries', 'registry-type', 'skip-logout'], ['registry']],
  'google-github-actions/auth': [
    ['workload_identity_provider', 'service_account', 'token_format', 'create_credentials_file', 'access_token_lifetime'],
    ['access_token'],
  ],
  'docker/login-action': [['registry', 'username', 'password', 'logout']],
}
const described = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, { description: '' }]))
const metadataOf = (action: string): ActionMetadata | undefined => {
  const [inputs, outputs = []] = OTHERS[action] ?? []
  return inputs === undefined ? undefined : { name: action, description: '', inputs: described(inputs), outputs: described(outputs) }
}

const getFileContent = async (reference: FileReference) => ({
  name: reference.path,
  content: readFileSync(join(root, reference.path), 'utf8'),
})

const config = {
  fileProvider: { getFileContent },
  actionsMetadataProvider: {
    fetchActionMetadata: async ({ owner, name, path }: { owner: string; name: string; path?: string }) =>
      metadataOf(`${owner}/${name}`) ?? actionMetadata(path),
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
