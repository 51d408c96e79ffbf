/** Values that only the server knows: whatever prints them there, nobody reads them in our files, nor at the client. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from '@jest/globals'
import { CANARIES } from '../adapters/canaries.ts'
import { canaryForms, formsFound } from '../adapters/canary-forms.ts'
import { configOf } from '../config/problems.ts'
import { newServer, SHELLS, type StandInServer } from './support/server.ts'
import { CONFIG, type Deployed, deploy, digestOf, endOf, failureOf, MODEL } from './support/stack.ts'

const servers: StandInServer[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

/** A server whose environment file and containers hold the canary, and where everything prints it in all its forms. */
const leaky = (canary: string, shell?: string | null): StandInServer => {
  const on = newServer(MODEL, shell ?? undefined)
  servers.push(on)
  mkdirSync(on.directory, { recursive: true })
  writeFileSync(join(on.directory, '.env'), `MODE=production\nTHING='${canary.replaceAll("'", "\\'")}'\n`, { mode: 0o600 })
  on.tell('container-environment', `PATH=/usr/bin\nTHING=${canary}\n`)
  on.tell('printed', printed(canary))
  on.tell('log', printed(canary))
  return on
}

const printed = (canary: string): string =>
  [
    'before mode production',
    ...canaryForms(canary).map(({ text }) => text),
    `\u001b[31m${[...canary].join('\u001b[0m')}\u001b[0m`,
    ...canaryForms(canary).map(({ text }) => `${'x'.repeat(3980)}${text}`),
    'after\n',
  ].join('\n')

/** Everything below the records, and everything that was told, by where it is. */
const channels = (on: StandInServer, told: readonly Deployed[]): Readonly<Record<string, string>> => ({
  ...Object.fromEntries(filesBelow(join(on.directory, '.deploy')).map((file) => [file, readFileSync(file, 'latin1')])),
  events: JSON.stringify(told.map(({ events }) => events)),
  'what was said': JSON.stringify(told.map(({ said }) => said)),
  'what was observed': JSON.stringify(told.map(({ observed }) => observed)),
})

const filesBelow = (folder: string): readonly string[] =>
  readdirSync(folder, { withFileTypes: true, recursive: true }).flatMap((entry) => {
    const path = join(entry.parentPath, entry.name)
    return entry.isFile() && existsSync(path) ? [path] : []
  })

const leaks = (canary: string, on: StandInServer, ...told: readonly Deployed[]): readonly string[] =>
  Object.entries(channels(on, told)).flatMap(([where, text]) => formsFound(canary, decoded(text)).map((form) => `${form} in ${where}`))

/** The journal holds texts of others as base64: they are looked at as what they are, too. */
const decoded = (text: string): string =>
  `${text}\n${[...text.matchAll(/[A-Za-z0-9+/]{16,}={0,2}/g)].map(([word]) => Buffer.from(word, 'base64').toString('latin1')).join('\n')}`

describe.each(Object.entries(SHELLS))('under %s', (name, shell) => {
  const testThere = shell === null ? test.skip : test

  // the forms are awk's to know, not the shell's
  testThere.each(name === 'dash' ? CANARIES.slice(0, 3) : CANARIES.slice(0, 1))('%s is told in no form by what failed', async (canary) => {
    const on = leaky(canary, shell)
    on.tell('sick', `ghcr.io/acme/shop-bot@${digestOf(1, 'bot')}`)
    const failed = await deploy(on, { version: 1 })
    expect(failureOf(failed)).toMatch(/^HEALTH: bot/)
    const evidence = failed.events.flatMap((event) => (event.kind === 'note' && event.topic === 'evidence' ? [event.text] : [])).join('\n')
    expect(evidence).toContain('after')
    expect(evidence).toContain('***')
    expect(leaks(canary, on, failed)).toEqual([])
  })

  testThere('by a migration that succeeds, a seed that fails, and a hook', async () => {
    const [canary = ''] = CANARIES
    const on = leaky(canary, shell)
    on.tell('one-off/migrate', `cat '${on.state}/printed'; echo "deploy-action: before a1"; echo "deploy-action: after b2"`)
    on.tell('one-off/seed-users', `cat '${on.state}/printed' >&2; exit 3`)
    const hooks = `hooks: { beforeMigrate: [{ name: leak, on: server, run: [cat, '${on.state}/printed'] }] }\n`
    const failed = await deploy(on, { version: 1, config: configOf(`${CONFIG}${hooks}`) })
    expect([failureOf(failed), endOf(failed)]).toEqual(['SEED: seed users ended with exit code 3; its data is not undone', 'rolled-back'])
    const output = filesBelow(join(on.directory, '.deploy')).filter((file) => file.endsWith('/output'))
    expect(output.map((file) => readFileSync(file, 'utf8').match(/mode production/g)?.length)).toEqual([3])
    expect(leaks(canary, on, failed)).toEqual([])
  })
})

test('what we write while others print is readable for its owner only', async () => {
  const [canary = ''] = CANARIES
  const on = leaky(canary)
  on.tell('one-off/migrate', `cat '${on.state}/printed'; exit 1`)
  await deploy(on, { version: 1 })
  // what the project brings is like a checkout; the folder around it is not
  const ours = filesBelow(join(on.directory, '.deploy')).filter((file) => !file.includes('/stage/'))
  expect(ours.map((file) => file.split('/').at(-1))).toEqual(expect.arrayContaining(['journal', 'output', 'last']))
  expect(ours.filter((file) => (statSync(file).mode & 0o077) !== 0)).toEqual([])
  expect(statSync(join(on.directory, '.deploy/operations')).mode & 0o077).toBe(0)
})

test('a value in the complaint of compose does not come to the client', async () => {
  const on = leaky('hunter2-hunter2-7')
  on.tell('unresolvable', 'services.api.ports.0: invalid port "hunter2-hunter2-7"\n')
  const refused = await deploy(on, { version: 1, leave: true })
  expect(refused.observed?.model).toEqual({ error: expect.stringContaining('invalid port "***"') })
  expect(JSON.stringify(refused.observed)).not.toContain('hunter2')
})

test('ordinary values hide nothing: an environment, a level, a port, a host', async () => {
  const on = leaky('a-Long-enough-value-1')
  writeFileSync(join(on.directory, '.env'), 'MODE=production\nLEVEL=info\nPORT=8000\nHOST=postgres.internal\nTOKEN=s3cret-t0ken\n')
  on.tell('container-environment', 'PATH=/usr/local/bin:/usr/bin\n')
  on.tell('one-off/migrate', 'echo production info 8000 postgres.internal /usr/local/bin:/usr/bin s3cret-t0ken; exit 1')
  const failed = await deploy(on, { version: 1 })
  const evidence = failed.events.flatMap((event) => (event.kind === 'note' && event.topic === 'evidence' ? [event.text] : []))
  expect(evidence.join('').trim()).toBe('production info 8000 postgres.internal /usr/local/bin:/usr/bin ***')
})

const busybox = SHELLS.busybox
;(busybox === null || busybox === undefined ? test.skip : test).each(CANARIES)('another awk hides %s as well', (canary) => {
  const on = leaky(canary)
  const folder = join(on.state, 'busybox')
  mkdirSync(folder)
  symlinkSync(busybox ?? '', join(folder, 'awk'))
  const secrets = join(import.meta.dirname, '../../src/transaction/program/secrets.sh')
  const script = `directory=$1 env_file=.env operation=mark container_environment=$4 of_others=; . "$2"; hide < "$3"`
  const shown = execFileSync('sh', ['-c', script, 'sh', on.directory, secrets, join(on.state, 'printed'), `THING=${canary}`], {
    encoding: 'latin1',
    env: { ...process.env, LC_ALL: 'C', PATH: `${folder}:${process.env.PATH}` },
  })
  expect(shown).toContain('after')
  expect(formsFound(canary, shown)).toEqual([])
})
