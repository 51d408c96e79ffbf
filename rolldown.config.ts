import { join } from 'node:path'
import type { InputOptions, OutputOptions } from 'rolldown'

/** Shell crosses the wire with each run, and its comments would go with it: they are for who reads the sources. */
export const withoutComments = (script: string): string =>
  script
    .split('\n')
    .filter((line) => !/^\s*(#.*)?$/.test(line))
    .join('\n')

/** Imports of `.sh` files, and of the starter workflow, yield their text. */
const shellText = {
  name: 'shell-text',
  transform: {
    filter: { id: /\.(sh|yml)$/ },
    handler: (source: string, id: string) => ({
      code: `export default ${JSON.stringify(id.endsWith('.sh') ? withoutComments(source) : source)}`,
      moduleType: 'js' as const,
    }),
  },
}

/**
 * The toolkit's HTTP client knows two ways through a proxy: a tunnel for its own requests, which is what downloads and
 * our calls of GitHub's API take, and undici's agent for undici's `fetch`, which @actions/github prepares when it is
 * loaded and which nobody here calls. Both would bring 290 kB of undici, a fifth of the bundle, to never run.
 */
const withoutUndici = {
  name: 'without-undici',
  resolveId: (id: string, importer?: string) =>
    id === 'undici' && /\/@actions\/(http-client|github)\//.test(importer ?? '') ? '\0undici' : null,
  load: (id: string) =>
    id === '\0undici'
      ? 'export class ProxyAgent {}\nexport const fetch = () => { throw new Error("this bundle has no fetch of undici") }'
      : null,
}

/** @actions/github asks for the version before, of which it takes what is the same in both: one copy is enough. */
const oneHttpClient = {
  name: 'one-http-client',
  resolveId: (id: string, importer?: string) =>
    id === '@actions/http-client' && importer?.includes('/@actions/github/')
      ? join(import.meta.dirname, 'node_modules/@actions/http-client/lib/index.js')
      : null,
}

/** node-ssh makes folders by a package that asks with a whole semver whether Node is at least 10.12. */
const modernNode = {
  name: 'modern-node',
  resolveId: (id: string, importer?: string) => (id === 'semver' && importer?.includes('/make-dir/') ? '\0modern-node' : null),
  load: (id: string) => (id === '\0modern-node' ? 'export const satisfies = () => true' : null),
}

/**
 * ssh2 is a server, too, makes keys, carries HTTP and moves files: none of it is what a client that runs commands with a key it
 * was given asks for. Whether a channel is one of files is asked by its class, which therefore is there, and no channel's.
 */
const onlyTheClient = {
  name: 'only-the-client',
  resolveId: (id: string, importer?: string) =>
    /^\.\/(server|keygen|http-agents|protocol\/SFTP)\.js$/.test(id) && /\/ssh2\/lib\/(index|client|utils)\.js$/.test(importer ?? '')
      ? '\0ssh2-besides'
      : null,
  load: (id: string) => (id === '\0ssh2-besides' ? 'module.exports = { SFTP: class {} }' : null),
}

/** Every schema of zod can tell itself as JSON Schema: `script/generate` asks for that, from the sources, and nobody else. */
const withoutJsonSchema = {
  name: 'without-json-schema',
  resolveId: (id: string, importer?: string) =>
    /\/(to-json-schema|json-schema-processors)\.js$/.test(id) && importer?.includes('/node_modules/zod/') ? '\0json-schema' : null,
  load: (id: string) => (id === '\0json-schema' ? 'module.exports = {}' : null),
}

/** A key with a passphrase is refused as it is read: nobody is there to type it. What would open it is a library of curves. */
const openKeys = {
  name: 'open-keys',
  resolveId: (id: string) => (id === 'bcrypt-pbkdf' ? '\0open-keys' : null),
  load: (id: string) => (id === '\0open-keys' ? 'module.exports = { pbkdf: () => -1 }' : null),
}

export const input: InputOptions = {
  input: { cli: 'src/entry/cli.ts', action: 'src/entry/action.ts' },
  platform: 'node',
  plugins: [shellText, withoutUndici, oneHttpClient, modernNode, onlyTheClient, withoutJsonSchema, openKeys],
  // optional native parts of ssh2, which works without them
  external: [/^cpu-features$/, /\.node$/],
  treeshake: {
    // their modules do nothing when loaded; said here, what is not used of them is not loaded
    moduleSideEffects: (id: string) => !/@actions|undici|tunnel|@octokit/.test(id),
  },
}

export const output: OutputOptions = {
  dir: 'dist',
  format: 'esm',
  entryFileNames: '[name].js',
  chunkFileNames: '[name].js',
  minify: true,
  comments: { legal: false },
}

export default { ...input, output }
