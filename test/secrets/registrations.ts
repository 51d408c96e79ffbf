/** A run that is given a secret by every way there is, and prints them all: registrations.ts ROOT FOLDER */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const [root = '', folder = ''] = process.argv.slice(2)
const project = join(folder, 'project')
/** Nothing of one is in another: pieces of a hidden value are hidden, too. */
const secretOf = (name: string): string => createHash('sha256').update(name).digest('base64url').slice(0, 24)
const VARIABLES = [
  'INPUT_SSH-KEY',
  'INPUT_REGISTRY-PASSWORD',
  'INPUT_GITHUB-TOKEN',
  'DEPLOY_SSH_KEY',
  'DEPLOY_REGISTRY_PASSWORD',
  'GITHUB_TOKEN',
  'OF_CONFIG_TOKEN',
] as const

mkdirSync(project, { recursive: true })
execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, 'key')])
const [, ofKey = ''] = readFileSync(join(folder, 'key'), 'utf8').split('\n')
const secrets: Record<string, string> = {
  'key file': ofKey,
  'registry.password': secretOf('REGISTRY IN CONFIG'),
  'notify.url': secretOf('NOTIFY IN CONFIG'),
}
for (const name of VARIABLES) {
  secrets[name] = secretOf(name)
  process.env[name] = secrets[name]
}
writeFileSync(join(folder, 'printed'), `${Object.values(secrets).join('\n')}\n`)
writeFileSync(
  join(project, 'deploy.yml'),
  `project: shop
registry: { namespace: a, username: bot, password: ${secrets['registry.password']} }
images: { api: {} }
notify: [{ type: discord, url: "https://127.0.0.1:9/${secrets['notify.url']}" }]
check: [{ name: unit, run: [sh, -c, "cat ../printed; exit 1"], env: { T: "\${OF_CONFIG_TOKEN}" } }]
environments: { production: { host: 192.0.2.1, path: /opt/stacks/shop } }
`,
)
const git = (...args: readonly string[]): void =>
  void execFileSync('git', ['-C', project, '-c', 'user.name=T', '-c', 'user.email=t@example.org', ...args], { stdio: 'ignore' })
git('init', '-q', '-b', 'main')
git('add', '.')
git('commit', '-q', '-m', 'First')
process.chdir(project)

const { askedByArguments } = (await import(join(root, 'src/entry/arguments.ts'))) as typeof import('../../src/entry/arguments.ts')
const { terminalLog } = (await import(join(root, 'src/adapters/terminal-log.ts'))) as typeof import('../../src/adapters/terminal-log.ts')
const { run } = (await import(join(root, 'src/entry/run.ts'))) as typeof import('../../src/entry/run.ts')
let told = ''
const write = (text: string): void => {
  told += text
}
await run(askedByArguments(['all', '--ssh-key', join(folder, 'key')]), {
  kind: 'terminal',
  log: async (hidden) => terminalLog(hidden, { write, colours: false, debug: true, elapsed: () => 0 }),
  publish: async () => {},
})
told += readFileSync('reports/result.json', 'utf8')
if (!told.includes('"failureCode": "CHECK"')) throw new Error(`the run did not come to its end:\n${told}`)
writeFileSync(join(folder, 'leaks.json'), JSON.stringify(Object.keys(secrets).filter((name) => told.includes(secrets[name] ?? ''))))
process.exit(0)
