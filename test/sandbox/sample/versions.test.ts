import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { readConfig } from '../../../src/config/read.ts'
import { BREAKAGES, type BreakageName, commitVersion, createSample } from './versions.ts'

let project: string
beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), 'sample-'))
})
afterEach(() => rmSync(project, { recursive: true }))

const git = (...args: string[]) => execFileSync('git', ['-C', project, ...args], { encoding: 'utf8' }).trim()
const read = (path: string) => readFileSync(join(project, path), 'utf8')
const deployYml = () =>
  readConfig({
    bytes: readFileSync(join(project, 'deploy.yml')),
    file: 'deploy.yml',
    environment: { SSH_HOST: 'web-1' },
    isUnused: () => false,
  }).config

test('each version is a commit whose parent is the version before', async () => {
  const first = await createSample(project)
  const second = await commitVersion(project, 2)
  expect(git('rev-parse', `${second}^`)).toBe(first)
  expect(git('log', '--format=%s')).toBe('Version 2.0.0\nVersion 1.0.0')
  expect(git('status', '--porcelain')).toBe('')
})

test('version 2 brings a schema revision and tells its number', async () => {
  await createSample(project)
  expect(existsSync(join(project, 'migrations/versions/0003_joined.py'))).toBe(false)
  await commitVersion(project, 2)
  expect(read('migrations/versions/0003_joined.py')).toContain('down_revision = "0002"')
  expect(read('deploy.yml').match(/APP_VERSION: 2\.0\.0/g)).toHaveLength(2)
})

test('the same version twice is two commits', async () => {
  await createSample(project)
  expect(await commitVersion(project, 2)).not.toBe(await commitVersion(project, 2))
})

test('a version after a broken one holds nothing of the breakage', async () => {
  await createSample(project)
  const good = await commitVersion(project, 3)
  await commitVersion(project, 3, 'seed')
  expect(existsSync(join(project, 'seed/staff.json'))).toBe(true)
  const mended = await commitVersion(project, 3)
  expect(git('diff', '--stat', good, mended)).toBe('')
})

test.each(Object.keys(BREAKAGES) as BreakageName[])('breakage %s changes a version and leaves deploy.yml readable', async (name) => {
  await createSample(project)
  const good = await commitVersion(project, 3)
  const broken = await commitVersion(project, 3, name)
  expect(git('diff', '--stat', good, broken)).not.toBe('')
  expect(Object.keys(deployYml().images)).toEqual(['api', 'bot'])
})

test('neither the example nor a version names the sandbox', async () => {
  await createSample(project)
  await commitVersion(project, 2)
  const traces = git('ls-files')
    .split('\n')
    .filter((path) => /registry\.test|sandbox|10\.213/i.test(read(path)))
  expect(traces).toEqual([])
})
