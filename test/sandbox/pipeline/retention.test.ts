/** What nothing needs goes from a real registry; what stays can be pulled, with all its platforms. */
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals'
import type { ImageReport } from '../../../src/report/document.ts'
import type { TestProject } from '../../pipeline/support/project.ts'
import { imageProject } from './support/image-project.ts'
import { type CommandEnvironment, command, commandEnvironment, crane, REGISTRY, tagsOf, uniqueName } from './support/sandbox.ts'

jest.setTimeout(300_000)

/** The age of an image is that of its commit. */
const commitOf = (folder: string, date: string): void => {
  const author = ['-c', 'user.name=Test', '-c', 'user.email=test@example.invalid']
  const env = { ...process.env, GIT_COMMITTER_DATE: date }
  execFileSync('git', [...author, 'add', '--all'], { cwd: folder, env })
  execFileSync('git', [...author, 'commit', '--quiet', '--message', date], { cwd: folder, env })
}

describe('retention', () => {
  const name = uniqueName('retention')
  const repository = `${REGISTRY}/tests/${name}-app`
  let environment: CommandEnvironment
  let project: TestProject & { readonly sha: string }
  const published: ImageReport[] = []
  const run = (...args: readonly string[]) => command(project.folder, args, environment.env)
  const pulls = async ({ digest, platforms }: ImageReport): Promise<boolean> => {
    const found = await Promise.all([digest, ...Object.values(platforms)].map((one) => crane('manifest', `${repository}@${one}`)))
    return found.every((manifest) => manifest !== null)
  }
  const prune = (kept: ImageReport, ...more: readonly string[]) => {
    const file = join(project.folder, '.git', 'kept.json')
    writeFileSync(file, JSON.stringify({ environment: 'production', references: [kept.reference] }))
    return run('prune', '--kept', file, ...more)
  }

  beforeAll(async () => {
    environment = commandEnvironment()
    const server = 'environments: { production: { host: server.example.org, path: /opt/stacks/x } }'
    project = imageProject({ name, config: `scan: { scanner: none }\nretention: { newest: 1, days: 1 }\n${server}\n` })
    for (const version of ['one', 'two', 'three']) {
      project.write('version', version)
      commitOf(project.folder, `2026-01-0${published.length + 1}T00:00:00Z`)
      for (const step of ['build', 'scan']) expect((await run(step)).code).toBe(0)
      const { code, document } = await run('publish')
      expect(code).toBe(0)
      published.push(document.images.app as ImageReport)
    }
  })
  afterAll(() => {
    project[Symbol.dispose]()
    environment[Symbol.dispose]()
  })

  test('is shown first, and nothing is removed', async () => {
    const { code, document } = await prune(published[0] as ImageReport)
    expect([code, document.message]).toEqual([0, '3 would be removed; nothing was'])
    expect(await Promise.all(published.map(pulls))).toEqual([true, true, true])
  })

  test('refuses without the needs of every environment, and with another name than that of the stack', async () => {
    expect((await run('prune', '--confirm', name)).document.message).toContain('the servers of production need')
    expect((await prune(published[0] as ImageReport, '--confirm', 'another')).document.failureCode).toBe('CONFIG')
    expect(await Promise.all(published.map(pulls))).toEqual([true, true, true])
  })

  test('takes what no server keeps, no name has and no index needs, and nothing else', async () => {
    const { code, document } = await prune(published[0] as ImageReport, '--confirm', name)
    expect([code, document.message]).toEqual([0, '3 removed'])
    expect(await Promise.all(published.map(pulls))).toEqual([true, false, true])
    expect(await crane('manifest', `${repository}@${published[1]?.digest}`)).toBeNull()
    expect((await tagsOf(repository)).length).toBe(3)
  })

  test('finds nothing more the next time', async () => {
    expect((await prune(published[0] as ImageReport, '--confirm', name)).document.message).toBe('everything in the registry is needed')
  })
})
