import type { InputOptions, OutputOptions } from 'rolldown'

/** Imports of `.sh` files, and of the starter workflow, yield their text. */
const shellText = {
  name: 'shell-text',
  transform: {
    filter: { id: /\.(sh|yml)$/ },
    handler: (source: string) => ({ code: `export default ${JSON.stringify(source)}`, moduleType: 'js' as const }),
  },
}

/**
 * The toolkit's HTTP client knows two ways through a proxy: a tunnel for its own requests, which is all that downloads
 * take, and undici's agent for whoever asks for a dispatcher (`getAgentDispatcher`), which nobody here does. That agent
 * would bring 290 kB of undici, a fifth of the bundle, to never run.
 */
const withoutUndici = {
  name: 'without-undici',
  resolveId: (id: string, importer?: string) =>
    id === 'undici' && importer?.includes('/@actions/http-client/') ? '\0undici-proxy-agent' : null,
  load: (id: string) =>
    id === '\0undici-proxy-agent'
      ? 'export class ProxyAgent { constructor() { throw new Error("this bundle has no dispatcher for proxies") } }'
      : null,
}

export const input: InputOptions = {
  input: { cli: 'src/entry/cli.ts', action: 'src/entry/action.ts' },
  platform: 'node',
  plugins: [shellText, withoutUndici],
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
