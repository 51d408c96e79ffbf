/** Two images in one repository: the one of which nothing has changed keeps the digest that was published before. */
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals'
import type { ResultDocument } from '../../../src/report/document.ts'
import { type TestProject, testProject } from '../../pipeline/support/project.ts'
import { type CommandEnvironment, command, commandEnvironment, crane, REGISTRY, uniqueName } from './support/sandbox.ts'

jest.setTimeout(300_000)

describe('a monorepo', () => {
  const name = uniqueName('mono')
  let environment: CommandEnvironment
  let project: TestProject
  let before: ResultDocument['images']

  const publish = async (): Promise<ResultDocument> => {
    const results = []
    for (const step of ['build', 'scan', 'publish']) {
      const { code, document } = await command(project.folder, [step], environment.env)
      expect([step, code]).toEqual([step, 0])
      results.push(document)
    }
    const [built, , published] = results as [ResultDocument, ResultDocument, ResultDocument]
    return { ...published, steps: built.steps }
  }
  const tagged = (image: 'api' | 'bot', tag: string) => crane('digest', `${REGISTRY}/tests/${name}-${image}:${tag}`)

  beforeAll(async () => {
    environment = commandEnvironment()
    const dockerfile = 'FROM debian:12-slim\nCOPY version .\nCMD ["true"]\n'
    project = testProject({
      'deploy.yml': `project: ${name}\nregistry: { namespace: tests }\nscan: { scanner: none }\nimages:\n  api: { context: api, paths: [api] }\n  bot: { context: bot, paths: [bot] }\n`,
      'api/Dockerfile': dockerfile,
      'api/version': '1',
      'bot/Dockerfile': dockerfile,
      'bot/version': '1',
      '.gitignore': 'reports/\n',
    })
    project.commit('one')
    before = (await publish()).images
  })
  afterAll(() => {
    project[Symbol.dispose]()
    environment[Symbol.dispose]()
  })

  test('builds what has changed; the other keeps its digest and gets the name of the new commit', async () => {
    project.write('api/version', '2')
    const sha = project.commit('two')
    const { images, steps } = await publish()
    expect(images.api?.digest).not.toBe(before.api?.digest)
    expect(images.bot).toEqual({ ...before.bot, tags: [sha, 'latest'], scans: images.bot?.scans })
    expect(steps.filter(({ result }) => result === 'skipped').map((step) => step.name)).toEqual(['build bot'])
    for (const tag of [sha, 'latest']) expect(await tagged('bot', tag)).toBe(before.bot?.digest)
    expect(await tagged('api', 'latest')).toBe(images.api?.digest)
  })

  test('builds both where what is below both has changed', async () => {
    project.write('bot/version', '3')
    project.write('api/version', '3')
    project.commit('three')
    const { images, steps } = await publish()
    expect(images.bot?.digest).not.toBe(before.bot?.digest)
    expect(steps.filter(({ result }) => result === 'skipped')).toEqual([])
  })
})
