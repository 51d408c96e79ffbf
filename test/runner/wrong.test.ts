/** Wrong configs and command lines, as somebody at a terminal meets them. */
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { CONFIGS } from '../wrong/list.ts'
import { expectScreen, type Shown, stepsOf } from '../wrong/screen.ts'
import { dist } from './dist.ts'

const CONFIG = `project: shop
registry: { namespace: acme }
images: { web: {} }
services:
  web: { health: { http: { port: 8000, path: /health } } }
environments:
  production: { host: "\${SSH_HOST}", path: /opt/stacks/shop }
`
const COMPOSE = `services:
  web:
    image: ghcr.io/acme/shop-web:latest
    build: .
    ports: ["8000:8000"]
    restart: unless-stopped
`
const REVISION = (id: string) => `revision = "${id}"\ndown_revision = "a1"\n`

interface Case {
  readonly command?: string
  /** Path → text, or null where the file is not there. */
  readonly files?: Readonly<Record<string, string | null>>
  readonly variables?: Readonly<Record<string, string | undefined>>
  readonly git?: boolean
}
const configWith = (from: string, to: string): NonNullable<Case['files']> => {
  if (!CONFIG.includes(from)) throw new Error(`the config does not hold ${from}`)
  return { 'deploy.yml': CONFIG.replace(from, to) }
}

const TWO = configWith('production:', 'staging: { host: staging.example.org, path: /opt/stacks/shop }\n  production:')

let key: string
let home: string
const PINNED = '127.0.0.1 ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ8c3+TKO6uWnQ9mKZqlXbtyKtWMZsyIl0aDUvxsLnSk\n'

const cases = (): Readonly<Record<string, Case>> => ({
  'no-config': { files: { 'deploy.yml': null } },
  'no-commit': { git: false },
  'unknown-option': { command: 'plan --enviroment production' },
  'unknown-key': { files: configWith('images:', 'keeep: 3\nimages:') },
  'wrong-type': { files: configWith('images:', 'keep: many\nimages:') },
  'two-errors': { files: configWith('images:', 'keeep: 3\nscan: { severity: hihg }\nimages:') },
  'missing-variable': { variables: { SSH_HOST: undefined } },
  'no-such-environment': { command: 'plan --environment prodution', files: TWO },
  'which-environment': { files: TWO },
  'hard-coded-image': { files: configWith('images: { web: {} }', 'images: { web: { variable: WEB_IMAGE } }\ncompose: { pin: env }') },
  'no-such-folder': { files: configWith('images:', 'compose: { sync: [certificates] }\nimages:') },
  'no-key': {},
  'half-a-key': { variables: { DEPLOY_SSH_KEY: key.slice(0, key.length / 2) } },
  'nothing-pinned': { variables: { DEPLOY_SSH_KEY: key, DEPLOY_KNOWN_HOSTS: undefined } },
  'two-heads': {
    command: 'check',
    files: {
      ...configWith('environments:', 'migrate: { service: web, preset: alembic }\nenvironments:'),
      'alembic.ini': '[alembic]\nscript_location = migrations\n',
      'migrations/versions/a1.py': 'revision = "a1"\ndown_revision = None\n',
      'migrations/versions/b2.py': REVISION('b2'),
      'migrations/versions/c3.py': REVISION('c3'),
    },
  },
})

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'wrong-'))
  const bin = join(home, 'bin')
  mkdirSync(bin)
  writeFileSync(join(bin, 'deploy-action'), `#!/bin/sh\nexec '${process.execPath}' '${join(dist, 'cli.js')}' "$@"\n`)
  chmodSync(join(bin, 'deploy-action'), 0o755)
  expect(spawnSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(home, 'key')]).status).toBe(0)
  key = readFileSync(join(home, 'key'), 'utf8')
})
afterAll(() => rmSync(home, { recursive: true, force: true }))

/** Without a key, so that nothing is ever connected. */
const environment = (variables: Case['variables'] = {}): NodeJS.ProcessEnv => ({
  PATH: `${join(home, 'bin')}:${process.env.PATH}`,
  HOME: home,
  SSH_HOST: '127.0.0.1',
  DEPLOY_KNOWN_HOSTS: PINNED,
  GIT_AUTHOR_NAME: 'Ada',
  GIT_AUTHOR_EMAIL: 'ada@example.org',
  GIT_COMMITTER_NAME: 'Ada',
  GIT_COMMITTER_EMAIL: 'ada@example.org',
  ...variables,
})

/** A line as it is printed, typed into a shell in the project. */
const typed = (line: string, folder: string, env: NodeJS.ProcessEnv): Shown => {
  const { status, stderr } = spawnSync('sh', ['-c', line], { cwd: folder, env, encoding: 'utf8' })
  return { code: status, screen: stderr }
}

const projectOf = (name: string, { files = {}, git = true }: Case): string => {
  const folder = join(home, name)
  const all = { 'deploy.yml': CONFIG, 'docker-compose.yml': COMPOSE, Dockerfile: 'FROM scratch\n', '.gitignore': 'reports/\n', ...files }
  for (const [path, text] of Object.entries(all)) {
    mkdirSync(join(folder, path, '..'), { recursive: true })
    if (text !== null) writeFileSync(join(folder, path), text)
  }
  if (git) expect(typed('git init -q && git add -A && git commit -qm first', folder, environment()).code).toBe(0)
  return folder
}

test.each(CONFIGS.map((wrong) => [wrong.what, wrong] as const))('%s', (_, wrong) => {
  const one = cases()[wrong.name]
  if (one === undefined) throw new Error(`nobody tries ${wrong.name}`)
  const { command = 'plan', variables } = one
  const folder = projectOf(wrong.name, one)
  const env = environment(variables)
  const shown = typed(`deploy-action ${command}`, folder, env)
  expect(shown.code).not.toBe(0)
  expectScreen(wrong, shown, { [folder]: '/home/ada/shop', [home]: '/home/ada' })
  if (wrong.mends === 'person') return

  const [next] = stepsOf(shown.screen)
  if (next?.kind !== 'here') throw new Error('no command is printed that can be run here')
  const mended = typed(next.command, folder, env)
  const again = next.command.startsWith('deploy-action plan') ? mended : typed(`deploy-action ${command}`, folder, env)
  const first = (text: string): string | undefined => /^error: .*/m.exec(text)?.[0]
  // it goes on to the next stage: what was wrong is not said again
  expect(first(again.screen)).not.toBe(first(shown.screen))
  expect(again.screen).toContain('no SSH key')
})
