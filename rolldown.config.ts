import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { InputOptions, OutputOptions } from 'rolldown'

/** While commands are being written: one whose file is not there yet is left out (and ends in BUG when asked for). */
const commandsToCome = {
  name: 'commands-to-come',
  resolveId: (id: string, importer?: string) =>
    importer?.endsWith('/entry/commands.ts') && !existsSync(join(dirname(importer), id)) ? { id, external: true } : null,
}

/** Imports of `.sh` files yield their text. */
const shellText = {
  name: 'shell-text',
  transform: {
    filter: { id: /\.sh$/ },
    handler: (source: string) => ({ code: `export default ${JSON.stringify(source)}`, moduleType: 'js' as const }),
  },
}

export const input: InputOptions = {
  input: { cli: 'src/entry/cli.ts', action: 'src/entry/action.ts' },
  platform: 'node',
  plugins: [shellText, commandsToCome],
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
  cleanDir: true,
  comments: { legal: false },
}

export default { ...input, output }
