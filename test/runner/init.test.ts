import { spawn, spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from '@jest/globals'
import { type CommandLineResult, runCli } from './command-line.ts'
import { dist } from './dist.ts'
import { type Project, project } from './project.ts'

const FILES = {
  'compose.yaml': 'services:\n  api:\n    build: .\n    ports: ["8000:8000"]\n    environment: { TOKEN: "${TOKEN}" }\n',
  Dockerfile: 'FROM python:3.12-slim\n',
  'app.py': '@app.get("/health")\n',
}

let shop: Project
afterEach(() => shop.remove())

const init = (...args: readonly string[]): Promise<CommandLineResult> => runCli(['init', ...args], { cwd: shop.folder })
const textOf = (path: string): string => readFileSync(join(shop.folder, path), 'utf8')

/** At a terminal that util-linux's `script` makes, each answer after its question. */
const atTerminal = (answers: readonly (readonly [string, string])[]): Promise<string> =>
  new Promise((resolve, reject) => {
    const child = spawn('script', ['-qec', `${process.execPath} ${join(dist, 'cli.js')} init`, '/dev/null'], { cwd: shop.folder })
    let text = ''
    const rest = [...answers]
    child.stdout.on('data', (bytes: Buffer) => {
      text += bytes.toString()
      const [next] = rest
      if (next !== undefined && text.includes(next[0])) {
        rest.shift()
        child.stdin.write(`${next[1]}\n`)
      }
    })
    child.on('error', reject)
    child.on('close', () => resolve(text))
  })

test('without a terminal it asks nothing, writes, and changes nothing the second time', async () => {
  shop = project(FILES)
  const first = await init('--host', 'ops@server.example.org')
  expect(first).toMatchObject({ code: 0, stdout: '' })
  expect(textOf('deploy.yml')).toContain('health: { http: { port: 8000, path: /health } }')
  expect(textOf('deploy.yml')).toContain('user: ops')
  expect(textOf('.github/workflows/deploy.yml')).toContain('branches: [main]')
  expect(first.stderr).toContain('ssh-keyscan -t ed25519 server.example.org')
  expect(readdirSync(shop.folder).sort()).toEqual(['.git', '.github', 'Dockerfile', 'app.py', 'compose.yaml', 'deploy.yml'])
  expect(await init('--host', 'server.example.org')).toMatchObject({
    code: 0,
    stderr: expect.stringContaining('the files are there already'),
  })
})

test('what is there is not overwritten unasked, and what would change is shown', async () => {
  shop = project({ ...FILES, 'deploy.yml': 'project: mine\nimages: { api: {} }\n' })
  const refused = await init()
  expect(refused.code).toBe(78)
  expect(refused.stderr).toContain('CONFIG: deploy.yml would be overwritten; nothing was written')
  expect(refused.stderr).toContain('-project: mine')
  expect(refused.stderr).toContain('Next: deploy-action init --yes')
  expect(textOf('deploy.yml')).toBe('project: mine\nimages: { api: {} }\n')
  expect(() => textOf('.github/workflows/deploy.yml')).toThrow('ENOENT')
  expect((await init('--yes')).code).toBe(0)
  expect(textOf('deploy.yml')).toContain('# yaml-language-server: $schema=')
})

test('--dry-run shows the files and writes none; --json has the list of what is to do', async () => {
  shop = project(FILES)
  const { code, stdout, stderr } = await init('--dry-run', '--json')
  expect(code).toBe(0)
  expect(stderr).toContain('+images:')
  const document = JSON.parse(stdout) as { outcome: string; steps: { name: string; result: string; detail: string }[] }
  expect(document.outcome).toBe('succeeded')
  expect(document.steps.map(({ result }) => result)).toEqual(document.steps.map(() => 'planned'))
  expect(document.steps.map(({ detail }) => detail).join('\n')).toContain('gh secret set SSH_KEY --env production')
  expect(() => textOf('deploy.yml')).toThrow('ENOENT')
})

test.each([
  ['no host key is pinned', [], 'FAIL  key: nothing pins the host key of server.invalid'],
  ['nothing answers', ['--known-hosts', 'known'], 'FAIL  server: deploy@server.invalid:22 is not reached'],
])('with a key the server is asked; where that does not work, since %s, the files are written all the same', async (_, options, found) => {
  shop = project(FILES)
  expect(spawnSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(shop.folder, '.git/key')]).status).toBe(0)
  const [type, key] = readFileSync(join(shop.folder, '.git/key.pub'), 'utf8').split(' ')
  writeFileSync(join(shop.folder, 'known'), `server.invalid ${type} ${key}\n`)
  const { code, stderr, stdout } = await init('--host', 'server.invalid', '--ssh-key', '.git/key', '--json', ...options)
  expect(code).toBe(0)
  expect(textOf('deploy.yml')).toContain('project: ')
  expect(stderr).toContain(found)
  const document = JSON.parse(stdout) as { outcome: string; message: string; hint: string; checks: { result: string; mend: string }[] }
  expect(document.outcome).toBe('succeeded')
  expect(document.message).toContain('the steps of a deploy are not known yet, and 1 thing stands in its way')
  expect(document.hint).toBe(document.checks.find(({ result }) => result === 'fail')?.mend)
})

test('without a key no server is asked, and the list ends with how to', async () => {
  shop = project(FILES)
  const { stderr } = await init('--host', '127.0.0.1', '--known-hosts', 'Dockerfile')
  expect(stderr).not.toContain('was asked')
  expect(stderr).toMatch(
    /Next: deploy-action init --host 127\.0\.0\.1 --ssh-key ~\/\.ssh\/[\w-]+-deploy --known-hosts ~\/\.ssh\/[\w-]+-known-hosts\n/,
  )
})

test('the config that it wrote is read by the next command', async () => {
  shop = project(FILES)
  await init()
  const { code, stderr } = await runCli(['plan'], { cwd: shop.folder, env: { SSH_HOST: 'server.example.org' } })
  expect(code).toBe(78)
  expect(stderr).toContain('CONFIG: ')
  expect(stderr).toContain('no SSH key')
  expect(stderr).not.toContain('deploy.yml has')
})

test('at a terminal there are two questions, and a No writes nothing', async () => {
  shop = project(FILES)
  const host = ['Host name or address of the server', 'server.example.org'] as const
  const no = await atTerminal([host, ['User on the server', ''], ['Write deploy.yml', 'n']])
  expect(no).toContain('nothing was written')
  expect(() => textOf('deploy.yml')).toThrow('ENOENT')
  const yes = await atTerminal([host, ['User on the server', 'ops'], ['Write deploy.yml', 'y']])
  expect(yes).toContain('wrote deploy.yml, .github/workflows/deploy.yml')
  expect(textOf('deploy.yml')).toContain('user: ops')
  expect(yes).toContain('ssh root@server.example.org')
})

test('a value of the environment file is never in what it writes or says', async () => {
  shop = project(FILES)
  writeFileSync(join(shop.folder, '.env'), 'TOKEN=canary-5f3a\nCOMPOSE_PROJECT_NAME=canary-5f3a\n')
  const { stderr } = await init()
  expect(stderr).not.toContain('canary-5f3a')
  expect(textOf('deploy.yml')).toContain('required: [TOKEN]')
  expect(textOf('deploy.yml')).not.toContain('canary-5f3a')
  rmSync(join(shop.folder, '.env'))
})

test('an environment file that is committed names the project, as compose takes it from there', async () => {
  shop = project({ ...FILES, '.env': 'COMPOSE_PROJECT_NAME=old-shop\n' })
  await init()
  expect(textOf('deploy.yml')).toContain('project: old-shop')
})
