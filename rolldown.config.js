import { defineConfig } from 'rolldown'

/** Imports of `.sh` files yield their text. */
const shellText = {
  name: 'shell-text',
  transform: { filter: { id: /\.sh$/ }, handler: (source) => ({ code: `export default ${JSON.stringify(source)}`, moduleType: 'js' }) },
}

export default defineConfig({
  input: { cli: 'src/entry/cli.ts', action: 'src/entry/action.ts' },
  platform: 'node',
  plugins: [shellText],
  // optional native parts of ssh2, which works without them
  external: [/^cpu-features$/, /\.node$/],
  treeshake: {
    // their modules do nothing when loaded; said here, what is not used of them (undici above all) is not loaded
    moduleSideEffects: (id) => !/@actions|undici|tunnel|@octokit/.test(id),
  },
  output: {
    dir: 'dist',
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: '[name].js',
    minify: true,
    cleanDir: true,
    legalComments: 'none',
  },
})
