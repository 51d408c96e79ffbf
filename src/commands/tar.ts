import type { Argv } from '../ports.ts'

/** Unpacks an archive of our own making; whose files they were is of no importance. */
export const tarExtract = (archive: string, folder: string): Argv => [
  'tar',
  '--extract',
  '--no-same-owner',
  '--file',
  archive,
  '--directory',
  folder,
]
