/** docs/first-deploy.md, typed as it stands there, on a server of the sandbox that knows nothing of its user yet. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals'
import { blocks, root } from '../docs/documents.ts'
import { given, hosts } from '../sandbox/machine/machine.ts'

jest.setTimeout(120_000)

const USER = 'newcomer'
const host = hosts().at(-1) ?? ''
const strict = ['-o', 'BatchMode=yes', '-o', 'StrictHostKeyChecking=yes', '-o', 'LogLevel=ERROR', '-o', 'IdentitiesOnly=yes']
let folder: string

const asRoot = (script: string): string =>
  execFileSync(
    'ssh',
    ['-i', given('SANDBOX_SSH_KEY_ROOT'), ...strict, '-o', `UserKnownHostsFile=${given('SANDBOX_KNOWN_HOSTS')}`, `root@${host}`, script],
    {
      encoding: 'utf8',
    },
  )

/** The document's names become those of this server; ssh gets what a person's own configuration would tell it. */
const typed = (text: string): string =>
  text
    .replaceAll('server.example.org', host)
    .replaceAll('/opt/stacks/shop', `/opt/stacks/${USER}`)
    .replaceAll(/(?<![-\w])deploy(?=[:@\s]|$)/gm, USER)
    .replaceAll('/home/deploy', `/home/${USER}`)
    .replaceAll(
      /(?<=^|\| )ssh root@/gm,
      `ssh ${[...strict, '-i', given('SANDBOX_SSH_KEY_ROOT'), '-o', `UserKnownHostsFile=${given('SANDBOX_KNOWN_HOSTS')}`].join(' ')} root@`,
    )
    .replaceAll(/^ssh -i ~/gm, `ssh ${strict.join(' ')} -o UserKnownHostsFile=${folder}/.ssh/shop-known-hosts -i ~`)

const block = (containing: string): string => {
  const found = blocks('sh').filter(({ document, text }) => document === 'docs/first-deploy.md' && text.includes(containing))
  expect(found.map(({ document }) => document)).toEqual(['docs/first-deploy.md'])
  return typed(found[0]?.text ?? '')
}

const atHome = (script: string): string =>
  execFileSync('sh', ['-euc', script], {
    cwd: folder,
    env: { ...process.env, HOME: folder },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  })
const forget = (): string => asRoot(`userdel --remove ${USER} 2>/dev/null; rm -rf /opt/stacks/${USER}`)

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'first-deploy-'))
  mkdirSync(join(folder, '.ssh'), { mode: 0o700 })
  forget()
})
afterAll(() => {
  forget()
  rmSync(folder, { recursive: true, force: true })
})

test('the commands prepare a server that the product then accepts', () => {
  asRoot(`set -eu\n${block('useradd')}`)
  atHome(block('ssh-keyscan'))
  writeFileSync(join(folder, '.env'), 'POSTGRES_PASSWORD=x\n')
  atHome(block('< .env'))

  expect(given('SANDBOX_KNOWN_HOSTS') && readFileSync(given('SANDBOX_KNOWN_HOSTS'), 'utf8')).toContain(
    readFileSync(join(folder, '.ssh/shop-known-hosts'), 'utf8').trim(),
  )
  expect(asRoot(`stat -c '%U %a' /opt/stacks/${USER}/.env`).trim()).toBe(`${USER} 600`)

  const config = `project: ${USER}\nimages: { api: {} }\nenvironments: { production: { host: ${host}, user: ${USER}, path: /opt/stacks/${USER} } }\n`
  writeFileSync(join(folder, 'deploy.yml'), config)
  atHome('git init --quiet && git -c user.name=A -c user.email=a@example.org commit --quiet --allow-empty --message one')
  const cli = process.env.DEPLOY_ACTION_CLI ?? join(root, 'dist/cli.js')
  const status = atHome(`'${process.execPath}' '${cli}' status --json --ssh-key ~/.ssh/shop-deploy --known-hosts ~/.ssh/shop-known-hosts`)
  expect(JSON.parse(status)).toMatchObject({
    outcome: 'succeeded',
    failureCode: null,
    message: `nothing was deployed in /opt/stacks/${USER} yet`,
  })
})
