import { describe, expect, test } from '@jest/globals'
import { systemPrograms } from '../../src/adapters/programs.ts'
import { readCommit } from '../../src/entry/commit.ts'
import { testProject } from '../pipeline/support/project.ts'
import { ports, type ScriptedPrograms, scripted } from './fakes.ts'

const SHA = '3f2c1ab'.padEnd(40, '0')
const repository: ScriptedPrograms = {
  'show -s': { stdout: `${SHA} 2026-11-21T12:00:00+01:00\n` },
  'symbolic-ref': { stdout: 'main\n' },
  'remote get-url': { stdout: 'git@github.com:Acme/Shop.git\n' },
  status: { stdout: '' },
}
const commit = (answers: ScriptedPrograms, env: Readonly<Record<string, string>> = {}) =>
  readCommit('/project', ports({ programs: scripted({ ...repository, ...answers }), env }), 'reports')

describe('the commit', () => {
  test('of a clean clone is what git says', async () => {
    expect(await commit({})).toEqual({
      sha: SHA,
      created: '2026-11-21T12:00:00+01:00',
      ref: 'main',
      repository: 'Acme/Shop',
      source: 'https://github.com/Acme/Shop',
      dirty: false,
    })
  })

  test('of a changed tree is dirty', async () => {
    expect((await commit({ status: { stdout: ' M api/main.py\n' } })).dirty).toBe(true)
  })

  test('of a tree that git cannot tell of is not called clean', async () => {
    expect((await commit({ status: { code: 128 } })).dirty).toBe(true)
  })

  test.each([
    ['reports', false],
    ['/var/lib/reports', true],
    ['../reports', true],
    ['..', true],
    ['.', true],
  ])('of a tree with reports in %s has changes for what is not there alone', async (reports, afterReport) => {
    using project = testProject({ 'api/main.py': '1' })
    project.commit('one')
    const programs = systemPrograms(new AbortController().signal)
    const read = async () => (await readCommit(project.folder, ports({ programs, env: process.env }), reports)).dirty
    expect(await read()).toBe(false)
    project.write('reports/result.json', '{}')
    expect(await read()).toBe(afterReport)
    project.write('api/main.py', '2')
    expect(await read()).toBe(true)
  })

  test('of a job, which checks out without a branch, takes the ref of the job only for the commit of the job', async () => {
    const detached = { 'symbolic-ref': { code: 1 }, 'remote get-url': { code: 2 } }
    const job = {
      GITHUB_SHA: SHA,
      GITHUB_REF_NAME: 'release',
      GITHUB_REPOSITORY: 'acme/shop',
      GITHUB_SERVER_URL: 'https://git.example.org',
    }
    expect(await commit(detached, job)).toMatchObject({
      ref: 'release',
      repository: 'acme/shop',
      source: 'https://git.example.org/acme/shop',
    })
    expect((await commit(detached, { ...job, GITHUB_SHA: 'b'.repeat(40) })).ref).toBeNull()
  })

  test.each([
    ['https://token:x@github.com/acme/shop.git', 'acme/shop', 'https://github.com/acme/shop'],
    ['ssh://git@git.example.org:2222/team/acme/shop', 'acme/shop', 'https://git.example.org/team/acme/shop'],
    ['/srv/git/shop.git', null, null],
    ['../shop', null, null],
    ['file:///srv/git/shop.git', null, null],
  ])('with the remote %s is of %s, and its password is told to nobody', async (remote, name, source) => {
    expect(await commit({ 'remote get-url': { stdout: `${remote}\n` } })).toMatchObject({ repository: name, source })
  })

  test('that is not there is explained', async () => {
    await expect(commit({ 'show -s': { code: 128, stderr: 'fatal: not a git repository' } })).rejects.toMatchObject({
      code: 'CONFIG',
      details: { hint: expect.stringContaining('git init') },
    })
    await expect(commit({ 'show -s': { code: 128, stderr: 'fatal: detected dubious ownership' } })).rejects.toMatchObject({
      code: 'CONFIG',
      details: { hint: expect.stringContaining('safe.directory') },
    })
  })
})
