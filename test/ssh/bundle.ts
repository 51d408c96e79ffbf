/** Bundles one file as the product is bundled: bundle.ts ENTRY FOLDER. In a process of its own: rolldown takes no arrays of Jest's realm. */
import { build } from 'rolldown'
import { input, output } from '../../rolldown.config.ts'

const [entry = '', dir = ''] = process.argv.slice(2)
await build({ ...input, input: { program: entry }, output: { ...output, dir }, logLevel: 'silent' })
