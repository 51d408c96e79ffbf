import { join } from 'node:path'
import type { InputOptions, OutputOptions } from 'rolldown'

/** Imports of `.sh` files yield their text. */
const shellText = {
  name: 'shell-text',
  transform: {
    filter: { id: /\.sh$/ },
    handler: (source: string) => ({ code: `export default ${JSON.stringify(source)}`, moduleType: 'js' as const }),
  },
}

/** The toolkit's HTTP client takes one class of undici, whose index loads all of it: 300 kB that never run. */
const oneClassOfUndici = {
  name: 'one-class-of-undici',
  resolveId: (id: string, importer?: string) =>
    id === 'undici' && importer?.includes('/@actions/http-client/') ? '\0undici-proxy-agent' : null,
  load: (id: string) =>
    id === '\0undici-proxy-agent'
      ? `export { default as ProxyAgent } from ${JSON.stringify(undiciFile('dispatcher/proxy-agent.js'))}`
      : null,
}
const undiciFile = (path: string): string => join(import.meta.dirname, 'node_modules/undici/lib', path)

export const input: InputOptions = {
  input: { cli: 'src/entry/cli.ts', action: 'src/entry/action.ts' },
  platform: 'node',
  plugins: [shellText, oneClassOfUndici],
  // optional native parts of ssh2, which works without them
  external: [/^cpu-features$/, /\.node$/],
  treeshake: {
    // their modules do nothing when loaded; said here, what is not used of them (undici above all) is not loaded
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
