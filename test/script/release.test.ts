import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'

const RELEASE = join(import.meta.dirname, '../../script/release')
const ENVIRONMENT = {
  ...process.env,
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_SYSTEM: '/dev/null',
  GIT_AUTHOR_NAME: 'Ada',
  GIT_AUTHOR_EMAIL: 'ada@example.org',
  GIT_COMMITTER_NAME: 'Ada',
  GIT_COMMITTER_EMAIL: 'ada@example.org',
}

let top: string
const at = (...path: readonly string[]): string => join(top, ...path)
const git = (...args: readonly string[]): string =>
  execFileSync('git', ['-C', at('project'), ...args], { env: ENVIRONMENT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim()
const release = (...args: readonly string[]): { readonly code: number | null; readonly said: string } => {
  const { status, stdout, stderr } = spawnSync(at('project/script/release'), args, { env: ENVIRONMENT, encoding: 'utf8' })
  return { code: status, said: `${stdout}${stderr}` }
}
/** The commit that a tag of the origin names; empty where there is none. */
const published = (tag: string): string => git('ls-remote', 'origin', `refs/tags/${tag}^{}`).split('\t')[0] ?? ''

const commitVersion = (version: string, heading = `## ${version}`): string => {
  writeFileSync(at('project/package.json'), `{\n  "name": "project",\n  "version": "${version}",\n  "private": true\n}\n`)
  writeFileSync(at('project/CHANGELOG.md'), `# Changes\n\n${heading}\n`)
  git('add', '--all')
  git('commit', '--quiet', '--allow-empty', '--message', version)
  return git('rev-parse', 'HEAD')
}

beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), 'release-'))
  mkdirSync(at('project/script'), { recursive: true })
  cpSync(RELEASE, at('project/script/release'))
  for (const name of ['generate', 'build']) writeFileSync(at('project/script', name), '#!/bin/sh\n', { mode: 0o755 })
  execFileSync('git', ['init', '--quiet', '--bare', at('origin')], { env: ENVIRONMENT })
  execFileSync('git', ['init', '--quiet', '--initial-branch=main', at('project')], { env: ENVIRONMENT })
  git('remote', 'add', 'origin', at('origin'))
})
afterEach(() => rmSync(top, { recursive: true, force: true }))

describe('a release', () => {
  test('is a tag of its own, and the major tag moves to it; both leave the machine on request only', () => {
    const first = commitVersion('1.2.0')
    expect(release('1.2.0')).toMatchObject({
      code: 0,
      said: expect.stringContaining('git push --atomic origin refs/tags/v1.2.0 +refs/tags/v1'),
    })
    expect([published('v1.2.0'), published('v1')]).toEqual(['', ''])
    git('push', '--quiet', '--atomic', 'origin', 'refs/tags/v1.2.0', '+refs/tags/v1')
    expect(published('v1')).toBe(first)
    const second = commitVersion('1.2.1')
    expect(release('1.2.1', '--push').code).toBe(0)
    expect([published('v1.2.0'), published('v1.2.1'), published('v1')]).toEqual([first, second, second])
  })

  test('that is none yet moves nothing', () => {
    const first = commitVersion('1.2.0')
    release('1.2.0', '--push')
    const candidate = commitVersion('1.3.0-rc.1')
    expect(release('1.3.0-rc.1', '--push').code).toBe(0)
    expect([published('v1.3.0-rc.1'), published('v1')]).toEqual([candidate, first])
  })
})

describe('nothing is tagged', () => {
  test('where anything is not ready, and everything is told at once', () => {
    commitVersion('1.1.0', '## 1.2.0 (not released yet)')
    git('switch', '--quiet', '--create', 'topic')
    writeFileSync(at('project/left'), '')
    const { code, said } = release('1.2.0')
    expect(code).toBe(1)
    for (const problem of ['not main', 'not everything is committed', 'package.json says 1.1.0', "no line '## 1.2.0'"])
      expect(said).toContain(problem)
    expect(git('tag')).toBe('')
  })

  test('where the major tag would go back to an older version', () => {
    commitVersion('1.3.0')
    release('1.3.0')
    commitVersion('1.2.9')
    expect(release('1.2.9')).toEqual({ code: 1, said: 'Nothing was tagged: v1.3.0 is newer, and v1 must not go back\n' })
  })

  test('where the version is there already', () => {
    commitVersion('1.3.0')
    release('1.3.0')
    expect(release('1.3.0').said).toContain('v1.3.0 is there already')
  })

  test('where generated files are stale', () => {
    writeFileSync(at('project/script/build'), '#!/bin/sh\necho other > bundle\n', { mode: 0o755 })
    writeFileSync(at('project/bundle'), 'committed\n')
    commitVersion('1.0.0')
    expect(release('1.0.0').said).toContain('generated files are not those that are committed')
    expect(git('tag')).toBe('')
  })

  test.each([[], ['v1.2.0'], ['1.2'], ['1.2.0', '--force']])('for %j', (...args: readonly string[]) => {
    commitVersion('1.2.0')
    expect(release(...args).code).toBe(2)
  })
})
