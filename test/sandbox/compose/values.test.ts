/** What values of an environment file are like, as the program on the server tells it: by docker compose itself, and no value is told. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals'
import { composeFunction } from '../../../src/transaction/compose-function.ts'
import { observation } from '../../../src/transaction/observation.ts'

jest.setTimeout(120_000)

const PROGRAM = join(import.meta.dirname, '../../../src/transaction/program')
let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'values-'))
  mkdirSync(join(folder, 'project'))
  writeFileSync(join(folder, 'project/docker-compose.yml'), 'services: { web: { image: nginx } }\n')
  writeFileSync(join(folder, 'pin.yml'), 'services: {}\n')
  writeFileSync(
    join(folder, 'compose.sh'),
    composeFunction({
      project: 'p',
      directory: folder,
      environmentFile: '.env',
      files: ['docker-compose.yml'],
      profiles: [],
      pin: 'override',
    }),
  )
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const seen = (environment: string, checks: string, example?: string, before = '') => {
  writeFileSync(join(folder, '.env'), environment)
  writeFileSync(join(folder, 'env-checks'), checks)
  rmSync(join(folder, 'example.env'), { force: true })
  if (example !== undefined) writeFileSync(join(folder, 'example.env'), example)
  const rooms = ['docker', 'observe'].map((room) => `. '${PROGRAM}/${room}.sh'`).join('; ')
  const script = `set -u; directory=$1 stage=$1 env_file=.env time_limit=; ${rooms}; ${before} environment_values`
  const { stdout, stderr } = spawnSync('sh', ['-c', script, 'sh', folder], { encoding: 'utf8', env: process.env })
  expect(stderr).toBe('')
  const { environmentComments, environmentMisses } = observation({ environment_values: stdout })
  return {
    comments: environmentComments,
    misses: environmentMisses.map(({ check, name, unknown }) => `${check} ${name}${unknown ? ' ?' : ''}`),
    told: stdout,
  }
}

test('a comment behind nothing is found, which compose takes for the value; a comment behind a value is none', () => {
  const text = 'A= # only a comment\nexport B =  # another\nC=x # behind\nD=#no-blank\nE="" # empty\n# F= # no variable\nG=\n'
  expect(seen(text, '').comments).toEqual(['A', 'B'])
})

test('values are compared as compose reads them: without quotes and comments, with variables in them', () => {
  const text = `OWNER="ada|4711" # name|id\nBAD=ada#4711\nNAME=ada\nWHOLE='$NAME|1'\nMADE="$NAME|2"\nLINES="a|1\nb"\n`
  const checks = ['OWNER', 'BAD', 'WHOLE', 'MADE', 'MISSING'].map((name) => `match ${name} ^[^|]+\\|[0-9]+$\n`).join('')
  expect(seen(text, `${checks}match WHOLE ^[$]NAME\nmatch LINES ^a.1$\n`).misses).toEqual(['match BAD', 'match MISSING'])
  expect(seen(text, checks).told).not.toMatch(/ada|4711/)
})

test('what the example says is found again, however either is quoted; what is empty is for others to say', () => {
  const example = 'PASSWORD=change_me # a long one\nTOKEN=\nKEY="a b"\nOTHER=x\n'
  const checks = 'changed PASSWORD\nchanged TOKEN\nchanged KEY\nchanged OTHER\n'
  expect(seen("PASSWORD='change_me'\nTOKEN=\nKEY=a b\nOTHER=y\n", checks, example).misses).toEqual(['changed PASSWORD', 'changed KEY'])
})

test('where compose tells no values, nobody knows', () => {
  expect(seen('A=x\n', 'match A ^y$\n', undefined, 'compose() { return 1; };').misses).toEqual(['match A ?'])
})
