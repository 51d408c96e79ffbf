import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals'
import { installTool } from '../../src/adapters/tool-cache.ts'
import { pinnedScanner } from '../../src/pipeline/scan/scanner.ts'
import { failure } from '../pipeline/support/context.ts'

let folder: string
let server: Server
let archive: Buffer
let requests: number
let answer: RequestListener
const before = { ...process.env }

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tool-cache-test-'))
  delete process.env.GITHUB_ACTIONS
  process.env.RUNNER_TEMP = join(folder, 'temp')
  process.env.RUNNER_TOOL_CACHE = join(folder, 'tools')
  // the tool cache's own seam: its pauses between attempts are 10 s and more
  Object.assign(globalThis, { TEST_DOWNLOAD_TOOL_RETRY_MIN_SECONDS: 0, TEST_DOWNLOAD_TOOL_RETRY_MAX_SECONDS: 0 })
  archive = toolArchive(folder)
  requests = 0
  answer = (_request, response) => response.end(archive)
  server = createServer((request, response) => {
    requests++
    answer(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})
afterEach(() => {
  process.env = { ...before }
  server.closeAllConnections()
  server.close()
  rmSync(folder, { recursive: true })
})

const toolArchive = (root: string): Buffer => {
  const program = join(root, 'tool')
  writeFileSync(program, '#!/bin/sh\necho tool 1.2.3\n')
  chmodSync(program, 0o755)
  execFileSync('tar', ['-C', root, '-czf', join(root, 'tool.tar.gz'), 'tool'])
  return readFileSync(join(root, 'tool.tar.gz'))
}

const tool = (sha256 = createHash('sha256').update(archive).digest('hex')) => ({
  name: 'tool',
  version: '1.2.3',
  url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/tool.tar.gz`,
  sha256,
  program: 'tool',
})

test('the right bytes become a program that runs, and are downloaded once', async () => {
  const program = await installTool(tool())
  expect(execFileSync(program, { encoding: 'utf8' })).toBe('tool 1.2.3\n')
  expect(execFileSync(await installTool(tool()), { encoding: 'utf8' })).toBe('tool 1.2.3\n')
  expect(requests).toBe(1)
})

test('what somebody put into the cache is not run', async () => {
  await installTool(tool())
  const [kept] = execFileSync('find', [join(folder, 'tools'), '-name', 'archive.tar.gz'], { encoding: 'utf8' }).split('\n')
  const planted = join(folder, 'planted')
  mkdirSync(planted)
  writeFileSync(join(planted, 'tool'), '#!/bin/sh\necho planted\n', { mode: 0o755 })
  execFileSync('tar', ['-C', planted, '-czf', kept as string, 'tool'])
  expect(execFileSync(await installTool(tool()), { encoding: 'utf8' })).toBe('tool 1.2.3\n')
  expect(requests).toBe(2)
  // and the next one finds what was downloaded
  await installTool(tool())
  expect(requests).toBe(2)
})

test('nothing stays unpacked once the process is gone', async () => {
  const program = await installTool(tool())
  const before = process.listeners('exit')
  before.at(-1)?.call(process, 0)
  expect(existsSync(program)).toBe(false)
})

test.each([undefined, 'true'])('standard output stays free for the result document, in a job: %s', async (job) => {
  if (job !== undefined) process.env.GITHUB_ACTIONS = job
  const write = jest.spyOn(process.stdout, 'write').mockReturnValue(true)
  const errors = jest.spyOn(process.stderr, 'write').mockReturnValue(true)
  await installTool(tool())
  const [written, said] = [write, errors].map(({ mock }) => mock.calls.map(([text]) => String(text)).join(''))
  write.mockRestore()
  errors.mockRestore()
  expect(written).toBe('')
  expect(/^::debug::Downloading /m.test(said ?? '')).toBe(job !== undefined)
})

test('what others write while a tool is downloaded is written', async () => {
  const write = jest.spyOn(process.stdout, 'write').mockReturnValue(true)
  const installed = installTool(tool())
  while (requests === 0) await new Promise((resolve) => setImmediate(resolve))
  process.stdout.write('{}\n')
  await installed
  const written = write.mock.calls.map(([text]) => text)
  write.mockRestore()
  expect(written).toEqual(['{}\n'])
})

test('other bytes are not unpacked, let alone run', async () => {
  const error = await failure(installTool(tool('0'.repeat(64))))
  expect(error.code).toBe('SCANNER')
  expect(error.details.evidence).toContain(`expected sha256 ${'0'.repeat(64)}`)
  expect(existsSync(join(folder, 'tools', 'tool'))).toBe(false)
})

test('a cut download is no download', async () => {
  answer = (_request, response) => {
    response.writeHead(200, { 'content-length': String(archive.length) })
    response.write(archive.subarray(0, 50))
    setImmediate(() => response.destroy())
  }
  expect((await failure(installTool(tool()))).code).toBe('SCANNER')
  expect(existsSync(join(folder, 'tools', 'tool'))).toBe(false)
})

test('a release that is not there is said so, with its address, and asked for once', async () => {
  answer = (_request, response) => response.writeHead(404).end()
  const error = await failure(installTool(tool()))
  expect(error.code).toBe('SCANNER')
  expect(error.message).toContain('404')
  expect(error.details.evidence).toEqual([tool().url])
  expect(requests).toBe(1)
})

test('a server error that passes is not noticed', async () => {
  answer = (_request, response) => (requests === 1 ? response.writeHead(500).end() : response.end(archive))
  expect(existsSync(await installTool(tool()))).toBe(true)
  expect(requests).toBe(2)
})

test('the scanner is pinned for both architectures of runners', () => {
  expect(pinnedScanner('x64')).toMatchObject({
    url: 'https://github.com/aquasecurity/trivy/releases/download/v0.74.0/trivy_0.74.0_Linux-64bit.tar.gz',
    sha256: '2ae6fe3ee734b7fdf11335663e18c75ea12dccc76062f09f164a3b0f8be4371a',
  })
  expect(pinnedScanner('arm64').url).toMatch(/trivy_0\.74\.0_Linux-ARM64\.tar\.gz$/)
  expect(() => pinnedScanner('riscv64')).toThrow(/SCANNER: there is no pinned Trivy for riscv64/)
})
