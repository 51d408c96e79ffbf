/** What prints without end, on the server and in containers: bounded everywhere, and the end of it is shown. */
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals'
import { expectDocument, expectFailure } from './document.ts'
import { Project, pinned, type Told, told } from './project.ts'
import { scenarioServer } from './server.ts'
import { PATH, type Shape, tinyFiles, tinyImage } from './tiny.ts'

jest.setTimeout(900_000)

const server = scenarioServer()
let project: Project

/** A deploy, with the most memory that the command line ever had. */
const deploy = async (version: string, shape: Shape): Promise<Told & { readonly mebibytes: number }> => {
  await project.commit(tinyFiles(shape))
  const running = project.start(['deploy', ...pinned({ web: await tinyImage(version) })])
  let mebibytes = 0
  const look = setInterval(() => {
    try {
      const [, most = '0'] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${running.process.pid}/status`, 'utf8')) ?? []
      mebibytes = Math.max(mebibytes, Number(most) / 1024)
    } catch {
      // it has ended
    }
  }, 50)
  const answer = told(await running.ended)
  clearInterval(look)
  return { ...answer, mebibytes }
}

beforeAll(async () => {
  await server.reset('tiny', PATH)
  project = await Project.in(server.host)
  expectDocument(await deploy('1', {}), 0, { outcome: 'succeeded' })
})
afterAll(async () => {
  await server.reset('tiny', PATH)
  await server.leave()
  await project.remove()
})

const config = (part: object): string =>
  Object.entries(part)
    .map(([key, value]) => `${key}: ${JSON.stringify(value)}`)
    .join('\n')

const expectBounded = async (answer: Told & { readonly mebibytes: number }): Promise<void> => {
  expect(answer.mebibytes).toBeGreaterThan(20)
  expect(answer.mebibytes).toBeLessThan(250)
  expect(answer.log.length).toBeLessThan(200_000)
  expect(JSON.stringify(answer.document).length).toBeLessThan(100_000)
  expect(Number((await server.run(`du -sk ${PATH}/.deploy`)).split('\t')[0])).toBeLessThan(4096)
}

test('a gigabyte without a newline, from a hook on the server', async () => {
  const run = ['sh', '-c', `head -c 1G /dev/zero | tr '\\0' x; echo; echo "::error::the end of it"; exit 3`]
  const answer = await deploy('2', { config: config({ hooks: { beforeSwitch: [{ name: 'flood', on: 'server', run, timeout: '300s' }] } }) })
  expectFailure(answer, 'CONFIG', 78)
  await expectBounded(answer)
  expect(answer.log).toContain('the end of it')
  expect(answer.log).not.toMatch(/^\s*::/m)
  expect(await server.json(8081, '/version')).toEqual({ version: '1' })
})

test('binary without end, from a container', async () => {
  const run = ['sh', '-c', `head -c 100M /dev/urandom; printf '\\n##[error]the end of it\\n'; exit 3`]
  const answer = await deploy('3', { config: config({ seed: [{ name: 'flood', service: 'web', run, timeout: '300s' }] }) })
  expectFailure(answer, 'SEED', 23, { outcome: 'rolled-back' })
  await expectBounded(answer)
  expect(answer.log).toContain('the end of it')
  expect(answer.log).not.toContain('##[')
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  expect(answer.log).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f]/)
  expect(await server.json(8081, '/version')).toEqual({ version: '1' })
})
