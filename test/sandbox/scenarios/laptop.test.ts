/** From a person's own machine: the key is in an agent, and the server's name is one of ~/.ssh/config. */
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals'
import { expectFailure } from './document.ts'
import { given, type Running, start } from './programs.ts'
import { Project } from './project.ts'
import { scenarioServer } from './server.ts'
import { tinyFiles } from './tiny.ts'

jest.setTimeout(120_000)

const server = scenarioServer()
let folder: string
let project: Project
let agent: Running
/** No key is given: the name of ~/.ssh/config, the agent, and, unless it is taken out, what known_hosts has of the address. */
let own: Readonly<Record<string, string | undefined>>

/** ssh looks for its file in the home of the account, whatever HOME says: here it is told of another one. */
const sshReads = (config: string): void => writeFileSync(join(folder, 'config'), `UserKnownHostsFile ${known()}\n${config}`)
/** What this person's ssh trusts. */
const known = () => join(folder, 'known')
const socket = () => join(folder, 'agent')
const add = (...args: readonly string[]) => execFileSync('ssh-add', ['-q', ...args], { env: { ...process.env, SSH_AUTH_SOCK: socket() } })

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'laptop-'))
  const bin = join(folder, 'bin')
  mkdirSync(bin)
  const ssh = execFileSync('sh', ['-c', 'command -v ssh'], { encoding: 'utf8' }).trim()
  writeFileSync(join(bin, 'ssh'), `#!/bin/sh\nexec '${ssh}' -F '${folder}/config' "$@"\n`)
  chmodSync(join(bin, 'ssh'), 0o755)
  agent = start(['ssh-agent', '-D', '-a', socket()])
  writeFileSync(join(folder, 'key'), readFileSync(given('SANDBOX_SSH_KEY'), 'utf8'), { mode: 0o600 })
  project = await Project.in(server.host)
  await project.commit(tinyFiles({}))
  own = {
    PATH: `${bin}:${process.env.PATH}`,
    DEPLOY_SSH_KEY: undefined,
    SSH_AUTH_SOCK: socket(),
    SSH_HOST: 'shop',
    CI: undefined,
    GITHUB_ACTIONS: undefined,
  }
})
afterAll(async () => {
  agent.process.kill('SIGTERM')
  await agent.ended
  await project.remove()
  await server.leave()
  rmSync(folder, { recursive: true, force: true })
})

test('an agent without the key is refused by the server, and it is said which agent', async () => {
  sshReads(`Host shop\n  HostName ${server.host}\n`)
  for (let waited = 0; waited < 50; waited += 1) {
    try {
      execFileSync('ssh-add', ['-l'], { env: { ...process.env, SSH_AUTH_SOCK: socket() }, stdio: 'ignore' })
    } catch (error) {
      // 1: it answers and has none
      if ((error as { readonly status?: number }).status === 1) break
    }
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  const told = await project.cli(['status'], own)
  expectFailure(told, 'AUTH', 77)
  expect(told.document.message).toContain(`refuses every key of the agent at ${socket()}`)
  expect(told.document.hint).toMatch(/^ssh-add -l\nby hand: /)
})

test('its name leads to its address, and the agent holds the key', async () => {
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, 'other')])
  // as people have it: several keys, of which one fits
  add(join(folder, 'other'))
  add(join(folder, 'key'))
  const told = await project.succeeds(['status'], own)
  expect(told.document.message).toContain('nothing was deployed')
  // and as a host that is asked for by its address
  await project.succeeds(['status'], { ...own, SSH_HOST: server.host })
})

test('a key that is given is the one that is used', async () => {
  const told = await project.cli(['status'], { ...own, DEPLOY_SSH_KEY: readFileSync(join(folder, 'other'), 'utf8') })
  expectFailure(told, 'AUTH', 77)
  expect(told.document.message).toContain('refuses our key ssh-ed25519 SHA256:')
})

test('a key is not learned because the name is known', async () => {
  sshReads(`Host shop\n  HostName ${server.host}\n  StrictHostKeyChecking no\n`)
  const told = await project.cli(['status'], { ...own, DEPLOY_KNOWN_HOSTS: '' })
  expectFailure(told, 'CONFIG', 78)
  expect(told.document.message).toContain('nothing pins the host key of shop')
})

const lineOf = (name: string): string => {
  const line = readFileSync(given('SANDBOX_KNOWN_HOSTS'), 'utf8')
    .split('\n')
    .find((one) => one.startsWith(`${server.host} ssh-ed25519 `))
  if (line === undefined) throw new Error(`nothing is known of ${server.host}`)
  return line.replace(server.host, name)
}
const UNPINNED = { DEPLOY_KNOWN_HOSTS: undefined }

test.each([
  ['the name', () => lineOf('shop'), ''],
  ['the address, hashed', () => lineOf(server.host), ''],
  ['its HostKeyAlias, with a line that is no line before it', () => `what is this?\n${lineOf('till')}`, '  HostKeyAlias till\n'],
])('what this person’s ssh trusts already is enough: %s', async (what, line, more) => {
  writeFileSync(known(), `${line()}\n`)
  if (what.includes('hashed')) execFileSync('ssh-keygen', ['-q', '-H', '-f', known()], { stdio: 'ignore' })
  sshReads(`Host shop\n  HostName ${server.host}\n${more}`)
  await project.succeeds(['status'], { ...own, ...UNPINNED })
})

test('and another key than it trusts is not', async () => {
  sshReads(`Host shop\n  HostName ${server.host}\n`)
  const other = readFileSync(join(folder, 'other.pub'), 'utf8').trim()
  writeFileSync(known(), `shop ${other}\n`)
  expectFailure(await project.cli(['status'], { ...own, ...UNPINNED }), 'HOSTKEY', 76)
  writeFileSync(known(), `${lineOf('shop')}\n@revoked ${lineOf('*')}\n`)
  expectFailure(await project.cli(['status'], { ...own, ...UNPINNED }), 'CONFIG', 78)
  // what is given replaces it
  await project.succeeds(['status'], own)
})

test('on a runner neither is asked, and nothing is connected', async () => {
  for (const runner of [{ CI: 'true' }, { GITHUB_ACTIONS: 'true' }]) {
    const told = await project.cli(['status'], { ...own, ...runner })
    expect([told.document.failureCode, told.document.message]).toEqual(['CONFIG', expect.stringContaining('no SSH key')])
    expect(told.document.message).toContain('the known hosts have no key for shop')
    writeFileSync(known(), `${lineOf('shop')}\n`)
    const unpinned = await project.cli(['status'], { ...own, ...UNPINNED, ...runner })
    expect(unpinned.document.message).toContain('nothing pins the host key of shop')
  }
})

test('an agent that is gone is said, in a bounded time', async () => {
  const told = await project.cli(['status'], { ...own, SSH_AUTH_SOCK: join(folder, 'gone') })
  expectFailure(told, 'AUTH', 77)
  expect(told.document.message).toContain(`the agent at ${join(folder, 'gone')} signed nothing for`)
})

test('a way through another machine, and a file that ssh cannot read, are refused before anything is connected', async () => {
  sshReads(`Host shop\n  HostName ${server.host}\n  ProxyJump bastion.example.org\n`)
  const jump = await project.cli(['status'], own)
  expectFailure(jump, 'CONFIG', 78)
  expect(jump.document.message).toBe('CONFIG: ~/.ssh/config reaches shop through another machine (proxyjump bastion.example.org)')
  sshReads('Hots shop\n')
  const unread = await project.cli(['status'], own)
  expectFailure(unread, 'CONFIG', 78)
  expect(unread.document.message).toContain('ssh cannot say where shop is')
})
