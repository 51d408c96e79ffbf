import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'

export interface DemoArguments {
  /** The command line that is shown. */
  readonly cli: string
  /** Sample project and logs; what an earlier demo in it has published is used again. */
  readonly folder: string
  /** Picture of the screen. */
  readonly record: string | null
}

/** @throws where something is asked that is not understood */
export const demoArguments = (args: readonly string[], root: string): DemoArguments => {
  const { values } = parseArgs({
    args: [...args],
    options: { cli: { type: 'string' }, folder: { type: 'string' }, record: { type: 'string' } },
  })
  return {
    cli: resolve(values.cli ?? join(root, 'dist/cli.js')),
    folder: resolve(values.folder ?? mkdtempSync(join(tmpdir(), 'deploy-action-demo-'))),
    record: values.record === undefined ? null : resolve(values.record),
  }
}
