/** Somebody in a chat hears what became of a deploy: a success, a release that went back, one that mends what was BROKEN. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, expect, jest, test } from '@jest/globals'
import { Project, pinned, type Told } from './project.ts'
import { scenarioServer } from './server.ts'
import { PATH, tinyFiles, tinyImage } from './tiny.ts'

jest.setTimeout(600_000)

const server = scenarioServer()
let project: Project
let chat: Server
let heard: Record<string, unknown>[] = []

const deploy = async (version: string, ...more: readonly string[]): Promise<Told> => {
  const url = `http://127.0.0.1:${(chat.address() as AddressInfo).port}/hook`
  const config = `notify: [{ type: webhook, url: "${url}", on: [started, succeeded, rolled-back, failed, broken, healed] }]`
  await project.commit(tinyFiles({ config }))
  return project.cli(['deploy', ...pinned({ web: await tinyImage(version) }), ...more])
}

beforeAll(async () => {
  await server.reset('tiny', PATH)
  project = await Project.in(server.host)
  chat = createServer(async (request, response) => {
    let text = ''
    for await (const part of request) text += String(part)
    heard.push(JSON.parse(text) as Record<string, unknown>)
    response.writeHead(204).end()
  })
  await new Promise<void>((resolve) => chat.listen(0, '127.0.0.1', resolve))
})
beforeEach(() => {
  heard = []
})
afterAll(async () => {
  chat.close()
  await server.reset('tiny', PATH)
  await server.leave()
  await project.remove()
})

test('a success, with its release', async () => {
  const { document } = await deploy('1')
  expect(heard.map(({ event }) => event)).toEqual(['started', 'succeeded'])
  expect(heard[1]).toMatchObject({ environment: 'production', release: document.release, outcome: 'succeeded' })
})

test('a release that is not healthy and goes back, with the code', async () => {
  expect((await deploy('2-sick')).code).toBe(24)
  expect(heard.map(({ event }) => event)).toEqual(['started', 'rolled-back'])
  expect(heard[1]).toMatchObject({ failureCode: 'HEALTH', message: expect.stringContaining('HEALTH: ') })
})

test('nothing to do is nothing to tell', async () => {
  await deploy('1')
  heard = []
  expect((await project.cli(['deploy', ...pinned({ web: await tinyImage('1') })])).document.outcome).toBe('unchanged')
  expect(heard.map(({ event }) => event)).toEqual(['started'])
})

test('a success after a BROKEN heals, and a refusal because of it has failed', async () => {
  const mark =
    'repository acme/tiny\noperation 20260101T000000Z-aaaaaa\nkind deploy\nrelease 9-x\nprevious 1-x\nsince 2026-01-01T00:00:00Z\ncode HEALTH\nsentence sick\n'
  await server.write(`${PATH}/.deploy/broken`, mark)
  expect((await deploy('3')).document.failureCode).toBe('BROKEN')
  expect(heard.map(({ event }) => event)).toEqual(['started', 'broken'])
  expect((await deploy('3', '--from-broken')).code).toBe(0)
  expect(heard.map(({ event }) => event)).toEqual(['started', 'broken', 'started', 'healed'])
})
