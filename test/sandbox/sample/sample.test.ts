/** The example by itself, with docker compose and nothing of ours, as its README says. */
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals'
import { commitVersion, createSample, environmentFile, schemaOf } from './versions.ts'

jest.setTimeout(240_000)

const run = promisify(execFile)
const tag = `by-hand-${process.pid}`
let project: string
let port: number

const docker = async (...args: readonly string[]) => (await run('docker', args, { cwd: project, env: { ...process.env, TAG: tag } })).stdout
const compose = (...args: readonly string[]) => docker('compose', '--project-name', tag, ...args)

const freePort = () =>
  new Promise<number>((resolve) => {
    const server = createServer().listen(0, () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })

const ask = async (path: string): Promise<unknown> => {
  const answer = await fetch(`http://127.0.0.1:${port}${path}`)
  return { ...((await answer.json()) as object), http: answer.status }
}

/** Asks until the answer is the expected one; the last answer is what a failure shows. */
const expectSoon = async (path: string, expected: object): Promise<void> => {
  const deadline = performance.now() + 60_000
  for (;;) {
    const answer = await ask(path).catch((error: Error) => error.message)
    try {
      return expect(answer).toEqual(expected)
    } catch (mismatch) {
      if (performance.now() > deadline) throw mismatch
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
}

const start = async () => {
  await compose('up', '--quiet-pull', '--build', '--detach', '--wait', 'postgres', 'redis')
  await compose('build')
  await compose('run', '--rm', 'api', 'alembic', 'upgrade', 'head')
  await compose('up', '--detach')
}

const seed = () => compose('exec', '-T', 'api', 'python', '-m', 'app.seed', 'seed/users.json')
const query = async (sql: string) => (await compose('exec', '-T', 'postgres', 'psql', '-U', 'shop', '-tA', '-c', sql, 'shop')).trim()

beforeAll(async () => {
  project = mkdtempSync(join(tmpdir(), 'sample-by-hand-'))
  port = await freePort()
  await createSample(project)
  writeFileSync(join(project, '.env'), environmentFile({ API_PORT: String(port) }))
})

afterAll(async () => {
  await compose('down', '--volumes', '--timeout', '2')
  await docker('image', 'rm', '--force', `ghcr.io/acme/bot-and-api-api:${tag}`, `ghcr.io/acme/bot-and-api-bot:${tag}`)
  rmSync(project, { recursive: true })
})

test('version 1 starts, migrates and is healthy', async () => {
  await start()
  await expectSoon('/health', { http: 200, status: 'ok', version: 'dev', schema: schemaOf(1), users: 0 })
})

test('the seed brings each user once, however often it runs, and counts its runs', async () => {
  await seed()
  await seed()
  expect(await query('select count(*) from users')).toBe('3')
  expect(await query('select count(*) from seed_runs')).toBe('2')
})

test('version 2 migrates over the data of version 1, and the bot never holds two sessions', async () => {
  await commitVersion(project, 2)
  await start()
  await expectSoon('/health', { http: 200, status: 'ok', version: 'dev', schema: schemaOf(2), users: 3 })
  await expectSoon('/bot', { http: 200, online: 1 })
  const sessions = (await compose('exec', '-T', 'redis', 'redis-cli', '--csv', 'xrange', 'gateway:sessions', '-', '+')).trim()
  expect([...sessions.matchAll(/"event","(\w+)"/g)].map((match) => match[1])).toEqual(['connected', 'left', 'connected'])
  expect([...sessions.matchAll(/"online","(\d+)"/g)].map((match) => match[1])).toEqual(['1', '0', '1'])
})

test('api and bot leave by themselves when they are told to', async () => {
  await compose('stop', 'api', 'bot')
  const containers = (await compose('ps', '--all', '--quiet', 'api', 'bot')).trim().split('\n')
  expect((await docker('inspect', '--format', '{{.State.ExitCode}}', ...containers)).trim()).toBe('0\n0')
})

test('its integration tests pass in a stack of their own', async () => {
  const tests = ['compose', '--project-name', `${tag}-tests`, '--file', 'compose.test.yml']
  try {
    const output = await docker(...tests, 'run', '--rm', '--no-TTY', '--quiet-pull', 'tests')
    expect(output).toMatch(/^\d+ passed/m)
  } finally {
    await docker(...tests, 'down', '--volumes', '--timeout', '1')
  }
})
