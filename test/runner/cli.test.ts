import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { isEarly } from '../../src/entry/commands.ts'
import { COMMANDS } from '../../src/entry/context.ts'
import { ON_A_SERVER } from '../../src/entry/options.ts'
import { runCli } from './command-line.ts'
import { dist } from './dist.ts'
import { configWithCheck, type Project, project } from './project.ts'

const KEYS = [
  'command',
  'environment',
  'failureCode',
  'hint',
  'images',
  'message',
  'outcome',
  'places',
  'previousRelease',
  'release',
  'reportPath',
  'serving',
  'steps',
  'url',
]
const documentOf = (stdout: string): Record<string, unknown> => {
  const document = JSON.parse(stdout) as Record<string, unknown>
  expect(Object.keys(document).sort()).toEqual(KEYS)
  return document
}

let good: Project
let bad: Project
let server: Server
let connections = 0
beforeAll(async () => {
  server = createServer((socket) => {
    connections += 1
    socket.destroy()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const environments = `environments:\n  production: {host: 127.0.0.1, port: ${port}, path: /opt/stacks/shop}\n`
  good = project({ 'deploy.yml': configWithCheck('echo fine; echo warned >&2', environments) })
  bad = project({ 'deploy.yml': `registry: {host: "127.0.0.1:${port}"}\n${configWithCheck('touch ran', environments)}keeep: 3\n` })
})
afterAll(async () => {
  good.remove()
  bad.remove()
  await new Promise((resolve) => server.close(resolve))
})

describe('with --json', () => {
  test('standard output is exactly one document, and everything else is on standard error', async () => {
    const { code, stdout, stderr } = await runCli(['check', '--json'], { cwd: good.folder })
    expect(code).toBe(0)
    expect(documentOf(stdout)).toMatchObject({
      command: 'check',
      outcome: 'succeeded',
      failureCode: null,
      reportPath: 'reports/result.json',
      steps: [{ name: 'check unit', result: 'succeeded' }],
    })
    expect(stderr).toContain('fine')
    expect(stderr).toContain('warned')
    expect(JSON.parse(readFileSync(join(good.folder, 'reports/result.json'), 'utf8'))).toEqual(JSON.parse(stdout))
  })

  test('a failure is a document, too, with its code as exit code', async () => {
    const one = project({ 'deploy.yml': configWithCheck('echo "##[add-mask]e"; exit 1') })
    const { code, stdout, stderr } = await runCli(['check', '--json'], { cwd: one.folder })
    one.remove()
    expect(code).toBe(10)
    expect(documentOf(stdout)).toMatchObject({ outcome: 'failed', failureCode: 'CHECK' })
    expect(`${stdout}${stderr}`).not.toContain('##[')
  })

  test.each(COMMANDS.filter((name) => !isEarly(name)))(
    '%s refuses a wrong config with 78, all errors, and no connection',
    async (command) => {
      const before = connections
      const { code, stdout, stderr } = await runCli([command, '--json'], { cwd: bad.folder })
      expect(code).toBe(78)
      expect(documentOf(stdout)).toMatchObject({
        command,
        outcome: 'refused',
        failureCode: 'CONFIG',
        steps: [],
        places: [{ file: 'deploy.yml', line: 10, column: 1, message: '"keeep" is not known here; did you mean "keep"?' }],
      })
      expect(stderr).toContain('deploy.yml:10:1: "keeep" is not known here; did you mean "keep"?')
      expect(connections).toBe(before)
      expect(existsSync(join(bad.folder, 'ran'))).toBe(false)
    },
  )
})

describe('what is asked wrongly', () => {
  test.each([
    [['bild'], '"bild" is no command; did you mean "build"?'],
    [['deploy', '--enviroment', 'x'], '--enviroment is not known; did you mean --environment?'],
    [['deploy', '--registry-password', 'x'], '--registry-password is no option, because everybody can read command lines'],
    [['deploy', '--environment'], '--environment needs NAME after it'],
    [['deploy', '--json', '--json=perhaps'], '--json is there twice'],
    [['check', '--json=perhaps'], '--json must be "true" or "false", not "perhaps"'],
    [['check', '--image', `api=ghcr.io/x/y@sha256:${'a'.repeat(64)}`], '--image means nothing to check; it is for scan, plan, deploy, all'],
    [['status', '--dry-run'], '--dry-run means nothing to status'],
    [['plan', '--dry-run=false', 'now'], '"now" is one word too many'],
    [['deploy', 'now'], '"now" is one word too many'],
    [['rollback', '3', '--release', '4'], 'the release is there twice'],
    [['logs', 'api', '--lines', '0'], '--lines must be a number from 1 to 99999'],
    [['rollback', '../../etc'], 'the release must be a release id'],
    [['deploy', '--image', 'api=ghcr.io/x/y:latest'], 'image must be NAME=REPOSITORY@sha256:…'],
    [['deploy', '--image', `api=ghcr.io/x/y@sha256:${'a'.repeat(63)}`], 'image must be NAME=REPOSITORY@sha256:…'],
    [['deploy', '--registry', 'x;touch y'], 'must be a registry host'],
    [['deploy', '--ssh-key', '/no/such/file'], '/no/such/file cannot be read (ENOENT)'],
    [['deploy', '--environment', 'staging'], 'no environment "staging"; there are production'],
    [['check', '--config', 'deplyo.yml'], 'there is no deplyo.yml'],
  ])('%j is refused with 78 and the right way', async (args, message) => {
    const { code, stderr } = await runCli(args, { cwd: good.folder })
    expect(code).toBe(78)
    expect(stderr).toContain(message)
    expect(stderr).toMatch(/CONFIG: /)
  })

  test('several mistakes are told at once, as a document where one was asked for', async () => {
    const { code, stdout, stderr } = await runCli(['deploi', '--jsno', '--json', '--registry-password', 'x'], { cwd: good.folder })
    expect(code).toBe(78)
    expect(documentOf(stdout)).toMatchObject({ failureCode: 'CONFIG', reportPath: null })
    for (const part of ['did you mean "deploy"', 'did you mean --json', '--registry-password is no option']) expect(stderr).toContain(part)
  })

  test('nothing at all shows what there is, and is no success', async () => {
    const { code, stdout, stderr } = await runCli([], { cwd: good.folder })
    expect([code, stdout]).toEqual([78, ''])
    for (const command of COMMANDS) expect(stderr).toContain(command)
  })
})

describe('the environment', () => {
  test('gives every option, and an option beats it', async () => {
    writeFileSync(join(good.folder, 'other.yml'), configWithCheck('echo from the other config'))
    const fromVariable = await runCli(['check'], { cwd: good.folder, env: { DEPLOY_CONFIG: 'other.yml' } })
    const fromOption = await runCli(['check', '--config=deploy.yml'], { cwd: good.folder, env: { DEPLOY_CONFIG: 'other.yml' } })
    expect(fromVariable.stderr).toContain('from the other config')
    expect(fromOption.stderr).not.toContain('from the other config')
  })

  test('may hold a key with Windows line ends, and a wrong one is refused without being shown', async () => {
    const { code, stderr } = await runCli(['deploy'], {
      cwd: good.folder,
      env: { DEPLOY_SSH_KEY: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ' },
    })
    expect(code).toBe(78)
    expect(stderr).toContain('the SSH key is a public key')
    expect(stderr).not.toContain('AAAAC3')
  })
})

describe('what a run does not use', () => {
  const environments = [
    'environments:',
    '  staging: {host: "${STAGING_HOST}", path: /opt/stacks/shop}',
    '  production: {host: "${PRODUCTION_HOST}", path: /opt/stacks/shop}',
    '',
  ].join('\n')
  let one: Project
  beforeAll(() => {
    one = project({
      'deploy.yml': configWithCheck('echo fine', `registry: {username: bot, password: "\${REGISTRY_PASSWORD}"}\n${environments}`),
    })
  })
  afterAll(() => one.remove())

  test('may lack its variables: a pull request has no secrets', async () => {
    expect((await runCli(['check'], { cwd: one.folder })).code).toBe(0)
  })

  test('is told where it is used, each at its line', async () => {
    const { code, stderr } = await runCli(['deploy'], { cwd: one.folder })
    expect(code).toBe(78)
    for (const line of [
      '7:37: registry.password: the environment variable REGISTRY_PASSWORD',
      '9:19: environments.staging.host',
      '10:22: environments.production.host',
    ])
      expect(stderr).toContain(line)
  })

  // doctor says it as a finding, among others
  const asking = ON_A_SERVER.filter((command) => command !== 'doctor')
  test.each(asking)('is another environment than the one that is asked for: %s', async (command) => {
    const { code, stderr } = await runCli([command, '--environment', 'production'], { cwd: one.folder })
    expect(code).toBe(78)
    expect(stderr).toContain('environments.production.host')
    expect(stderr).not.toContain('staging')
  })

  test('a server without a pinned key, or without a key of ours, is refused before it is connected', async () => {
    const before = connections
    const { code, stderr } = await runCli(['deploy'], { cwd: good.folder })
    expect(code).toBe(78)
    expect(stderr).toMatch(/a key is never learned|host key/)
    expect(connections).toBe(before)
  })
})

describe('help', () => {
  test.each(COMMANDS)('for %s names its options, and asks nothing else', async (command) => {
    const { code, stdout } = await runCli([command, '--help'], { cwd: '/' })
    expect(code).toBe(0)
    expect(stdout).toContain(`deploy-action ${command} `)
    expect(stdout).toContain('--config FILE')
  })

  test('--version is that of the package', async () => {
    const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8')) as { version: string }
    expect((await runCli(['--version'], { cwd: '/' })).stdout).toBe(`${version}\n`)
  })
})

test('a reader that stops reading does not change the outcome', () => {
  const cli = join(dist, 'cli.js')
  const shell = `"$1" "$2" check --json 2>/dev/null | true; echo "\${PIPESTATUS[0]}"`
  const text = execFileSync('bash', ['-c', shell, 'bash', process.execPath, cli], { cwd: good.folder, encoding: 'utf8' })
  expect(text).toBe('0\n')
})

test('the command line runs on the Node that the machine has', async () => {
  const found = spawnSync('sh', ['-c', 'command -v node'], { encoding: 'utf8' }).stdout.trim()
  const [major = 0, minor = 0] = execFileSync(found, ['-p', 'process.versions.node'], { encoding: 'utf8' }).split('.').map(Number)
  // package.json says >=20.19; an older one is not ours to run on
  const node = major > 20 || (major === 20 && minor >= 19) ? found : process.execPath
  const { code, stdout } = await runCli(['check', '--json'], { cwd: good.folder, node })
  expect(code).toBe(0)
  expect(documentOf(stdout).outcome).toBe('succeeded')
})

test('a folder without a commit is explained', async () => {
  const one = project({ 'deploy.yml': configWithCheck('true') })
  execFileSync('rm', ['-rf', join(one.folder, '.git')])
  const { code, stderr } = await runCli(['check'], { cwd: one.folder, env: { GIT_CEILING_DIRECTORIES: '/tmp' } })
  one.remove()
  expect(code).toBe(78)
  expect(stderr).toContain('has no commit')
  expect(stderr).toContain('git init')
})

describe('the end of a run', () => {
  const slow = (): Project => project({ 'deploy.yml': configWithCheck('echo works; sleep 600') })

  test('by a mistake of ours is BUG with a stack, and masked', async () => {
    const one = slow()
    const boom = join(import.meta.dirname, 'boom.cjs')
    const { code, stdout, stderr } = await runCli(['check', '--json'], {
      cwd: one.folder,
      env: { NODE_OPTIONS: `--require ${boom}`, DEPLOY_REGISTRY_PASSWORD: 's3cret-value' },
    })
    one.remove()
    expect(code).toBe(70)
    expect(documentOf(stdout)).toMatchObject({ outcome: 'failed', failureCode: 'BUG' })
    expect(stderr).toContain('boom.cjs')
    expect(`${stdout}${stderr}`).not.toContain('s3cret-value')
  })

  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('by %s is CANCELLED with 32, and a document', async (signal) => {
    const one = slow()
    const { code, stdout } = await runCli(['check', '--json'], { cwd: one.folder, signalAt: { text: 'works', signal } })
    one.remove()
    expect(code).toBe(32)
    expect(documentOf(stdout)).toMatchObject({ outcome: 'failed', failureCode: 'CANCELLED' })
  })
})
