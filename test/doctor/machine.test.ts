import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type Machine, machineCommand, machineFindings, machineOf } from '../../src/doctor/machine.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'doctor-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const asked = (directory: string, path = process.env.PATH): Machine | null => {
  const text = execFileSync('/bin/sh', ['-c', `echo banner; ${machineCommand('n0nce', directory, '.env')}`], {
    encoding: 'utf8',
    env: { PATH: path },
  })
  return machineOf('n0nce', text.split('\n'))
}

test('a plain shell tells of a machine what it is like, and writes nothing', () => {
  const directory = join(folder, 'stack')
  mkdirSync(directory)
  writeFileSync(join(directory, '.env'), 'TOKEN=canary-value\n', { mode: 0o600 })
  const before = execFileSync('find', [folder, '-printf', '%p %m %T@\n'], { encoding: 'utf8' })
  const machine = asked(directory)
  expect(machine).toMatchObject({ directory: 'writable', foreign: [], environment: { mode: '600', readable: true } })
  expect(Math.abs((machine?.time ?? 0) - Date.now() / 1000)).toBeLessThan(30)
  expect(machine?.freeKib).toBeGreaterThan(0)
  expect(JSON.stringify(machine)).not.toContain('canary')
  expect(execFileSync('find', [folder, '-printf', '%p %m %T@\n'], { encoding: 'utf8' })).toBe(before)
})

test('what is missing is missing: docker, a directory that can be made, one that is a file', () => {
  expect(asked(join(folder, 'not/there'), '/usr/bin:/bin')?.directory).toBe('possible')
  writeFileSync(join(folder, 'file'), '')
  expect(asked(join(folder, 'file'))?.directory).toBe('other')
  const bin = join(folder, 'bin')
  mkdirSync(bin)
  const few = ['sh', 'date', 'id', 'df', 'awk', 'stat']
  for (const tool of few) writeFileSync(join(bin, tool), `#!/bin/sh\nexec /bin/${tool} "$@"\n`, { mode: 0o755 })
  expect(asked(folder, bin)?.lacks).toEqual(expect.arrayContaining(['docker', 'flock', 'tar']))
  expect(asked(folder, bin)?.lacks).not.toContain('awk')
})

test('lines of others are not taken for ours, and an answer that is cut is none', () => {
  expect(machineOf('n', ['x directory writable', 'n time 5', 'other end'])).toBeNull()
  expect(machineOf('n', ['n directory other', 'm directory writable', 'n end'])?.directory).toBe('other')
})

const WELL: Machine = {
  time: 1,
  synchronised: true,
  user: 'deploy',
  groups: ['docker'],
  system: 'Debian',
  lacks: [],
  directory: 'writable',
  foreign: [],
  environment: null,
  freeKib: 50_000_000,
}
const QUESTION = { host: 'web-1', user: 'deploy', path: '/opt/stacks/shop', environmentFile: '.env' }
const worst = (change: Partial<Machine>, skew: number | null = 0): readonly string[] =>
  machineFindings({ ...WELL, ...change }, QUESTION, skew)
    .filter(({ result }) => result !== 'pass')
    .map(({ check, result, mend }) => `${result} ${check}: ${mend}`)

test('each fault is named with what mends it, and a well server with none', () => {
  expect(worst({})).toEqual([])
  expect(worst({ lacks: ['docker'] })).toEqual([expect.stringMatching(/^fail engine: by hand: deploy-action doctor --prepare/)])
  expect(worst({ lacks: ['flock'] })).toEqual([expect.stringMatching(/^fail tools: on the server: sudo apt-get install/)])
  expect(worst({ directory: 'missing' })).toEqual(['fail directory: on the server: sudo install -d -o deploy -g deploy /opt/stacks/shop'])
  expect(worst({ foreign: [{ owner: 'root', path: '/opt/stacks/shop/.deploy/lock' }] })).toEqual([
    'fail directory: on the server: sudo chown -R deploy /opt/stacks/shop/.deploy',
  ])
  // never the data below it
  expect(worst({ foreign: [{ owner: 'root', path: '/opt/stacks/shop' }] })).toEqual([
    'fail directory: on the server: sudo chown deploy /opt/stacks/shop',
  ])
  const both = ['/opt/stacks/shop', '/opt/stacks/shop/.deploy', '/opt/stacks/shop/.deploy/releases'].map((path) => ({
    owner: 'root',
    path,
  }))
  expect(worst({ foreign: both })).toEqual([
    'fail directory: on the server: sudo chown deploy /opt/stacks/shop && sudo chown -R deploy /opt/stacks/shop/.deploy',
  ])
  expect(worst({ freeKib: 100_000 })).toEqual([expect.stringMatching(/^fail disk: by hand: make room/)])
  expect(worst({ freeKib: 1_000_000 })).toEqual([expect.stringMatching(/^warn disk/)])
})

test.each([
  [59, null],
  [-60, 'warn'],
  [299, 'warn'],
  [-300, 'fail'],
])('a clock that is %s s off: %s', (skew, expected) => {
  expect(worst({}, skew)).toEqual(
    expected === null ? [] : [expect.stringMatching(new RegExp(`^${expected} clock: on the server: sudo timedatectl`))],
  )
})

test('a clock that nothing keeps right, and one that does not say', () => {
  expect(worst({ synchronised: false })).toEqual([expect.stringMatching(/^warn clock/)])
  expect(worst({ synchronised: null })).toEqual([])
  expect(worst({}, null)).toEqual([expect.stringMatching(/^warn clock/)])
})
