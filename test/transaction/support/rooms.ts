/** The rooms of the program on the server, in a shell of the test's own, with an operation of theirs. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll } from '@jest/globals'

const ROOMS = join(import.meta.dirname, '../../../src/transaction/program')

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'undo-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

/** What a script prints that has the rooms of the program, and an operation of its own. */
export const shell = (script: string): string[] =>
  execFileSync(
    'sh',
    [
      '-c',
      `set -u
directory=$(mktemp -d "$2/XXXXXX") operation=$directory/.deploy/operations/20261121T100000Z-abcdef
project=shop release=2-abc kind=rollback env_file=.env previous='' fallback='' known_schema='' repository=-
mkdir -p "$operation" "$directory/.deploy/backups"
for room in state docker secrets journal beside steps one-off containers restore backup release readiness first-start checks; do . "$1/$room.sh"; done
database_kind='' database_service=db database_name=''
sleep() { echo "sleeps $1"; }
said() { sed -n "s/^[0-9]* $1 //p" "$operation/journal" | while read -r number code text; do echo "$number $code $(echo "$text" | base64 -d)"; done; }
${script}`,
      'sh',
      ROOMS,
      folder,
    ],
    { encoding: 'utf8' },
  )
    .split('\n')
    .filter(Boolean)
