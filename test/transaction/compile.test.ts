import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from '@jest/globals'
import type { Plan, Step } from '../../src/plan/steps.ts'
import { compile, type ProgramFacts } from '../../src/transaction/compile.ts'
import { composeFunction } from '../../src/transaction/compose-function.ts'
import { type FrontArguments, frontCommand } from '../../src/transaction/front.ts'
import { configOf } from '../config/problems.ts'
import { container, nothingThere, planOf, record } from '../plan/support/observed.ts'
import { SHELLS } from './support/server.ts'
import { shellcheck } from './support/shellcheck.ts'

const folder = mkdtempSync(join(tmpdir(), 'compile-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const facts: ProgramFacts = {
  directory: '/opt/stacks/shop',
  project: 'shop',
  operation: '20261121T100000Z-abcdef',
  environmentFile: '.env',
  compose: composeFunction({
    project: 'shop',
    directory: '/opt/stacks/shop',
    environmentFile: '.env',
    files: ['docker-compose.yml', 'more.yml'],
    profiles: ['web'],
    pin: 'override',
  }),
  schema: 'r0',
  record: (({ schema: _, committed: __, ...kept }) => kept)(record(1, '1', '1111111aaaa')),
}
const generated = (program: string): string => program.slice(program.indexOf('# How compose is called'))
const hostile = `a'b"c$(touch pwned)\`id\`\n\\ ; exit`
const front: FrontArguments = {
  verb: 'operate',
  nonce: 'a'.repeat(24),
  directory: '/opt/stacks/shop',
  project: 'shop',
  operation: 'o',
  environmentFile: '.env',
  waitSeconds: 600,
  holder: 'deploy by somebody',
  target: '',
  repository: 'acme/shop',
}

describe('the program', () => {
  test('of a first deploy reads as what it does', () => {
    expect(generated(compile(planOf(nothingThere), facts))).toBe(readFileSync(join(import.meta.dirname, 'first-deploy.golden.sh'), 'utf8'))
  })

  test('begins with what it is about', () => {
    const program = compile(planOf(nothingThere), facts)
    expect(program.slice(0, program.indexOf('# What the program of a deploy'))).toBe(`#!/bin/sh
# Operation 20261121T100000Z-abcdef: deploy of release 1-1111111. Made by deploy-action; kept for its record and for settling.
directory=/opt/stacks/shop
project=shop
env_file=.env
operation=/opt/stacks/shop/.deploy/operations/20261121T100000Z-abcdef
kind=deploy
release=1-1111111
previous=''
fallback=''
known_schema=r0
repository=-
parts='- 1-1111111'
`)
  })

  const steps: Step[] = [
    { kind: 'hook', cause: '', name: 'h', directory: hostile, argv: [hostile], timeout: 1, onFailure: 'warn' },
    { kind: 'pull', cause: '', references: [hostile] },
    { kind: 'migrate', cause: '', tool: 'command', timeout: 1500, run: ['api', hostile, ''] },
    { kind: 'seed', cause: '', name: 'n', hash: '0', timeout: 1, run: [hostile] },
    {
      kind: 'smoke',
      cause: '',
      name: 's',
      service: hostile,
      ask: { kind: 'http', port: 80, path: `/${hostile}`, status: [200], contains: hostile, patterns: [hostile] },
      retries: 0,
      timeout: 1,
    },
    {
      kind: 'http-seed',
      cause: '',
      name: 'h',
      hash: '0',
      timeout: 1,
      service: hostile,
      request: {
        port: 80,
        path: `/${hostile}`,
        method: 'POST',
        file: `data/${hostile.replaceAll('/', '')}`,
        field: 'f',
        type: 'a/b',
        bearer: 'TOKEN',
        status: [200, 201],
        poll: { path: `/${hostile}/{a.b}/{c}`, field: 'd.e', succeeded: ['ok', 'fine'], failed: ['bad'], interval: 20 },
      },
    },
    { kind: 'smoke', cause: '', name: 't', service: 'api', ask: { kind: 'exec', argv: [hostile] }, retries: 0, timeout: 1 },
  ]
  const hostilePlan: Plan = { kind: 'deploy', release: '1-1111111', previous: null, fallback: null, steps }

  for (const [name, shell] of Object.entries(SHELLS)) {
    ;(shell === null ? test.skip : test)(`holds hostile values literally, as ${name} reads it`, () => {
      const program = compile(hostilePlan, { ...facts, directory: `${folder}/x`, record: { ...facts.record, reason: hostile } })
      // the steps are called with functions that only show what they got; nothing of the rest runs
      const shown = `${program.replace(/\nmain "\$@"\n$/, '\n')}
show() { for one; do printf '<%s>' "$one"; done; echo; }
step() { shift; show "$@"; }
ask_http() { show "$@"; }
ask_exec() { show "$@"; }
upload() { show "$@"; }
steps; ready_5 id; upload_6 id; ready_7 id; release_start`
      const argv = name === 'busybox' ? ['sh', '-c', shown] : ['-c', shown]
      const output = execFileSync(shell ?? 'sh', argv, { cwd: folder, encoding: 'utf8' })
      const h = `<${hostile}>`
      const { schema: _, committed: __, ...kept } = record(1, '1', '1111111aaaa')
      expect(output).toBe(
        [
          `<server_hook><h><1><warn>${h}${h}`,
          `<pull_images>${h}`,
          `<migrate_command><2><api>${h}<>`,
          `<run_seed><n><0><1>${h}`,
          `<smoke_test><s>${h}<0><1><ready_5>`,
          `<http_seed><h><0><1>${h}<upload_6><20><d.e><ok fine><bad></${hostile}/><a.b></><c><>`,
          '<smoke_test><t><api><0><1><ready_7>',
          `<id><80></${hostile}><200>${h}${h}`,
          `<id><POST><80></${hostile}><200 201><TOKEN><a/b><data/${hostile}><f><${hostile.replaceAll('"', '%22')}>`,
          `<id>${h}`,
          `${JSON.stringify({ ...kept, reason: hostile }).slice(0, -1)},`,
        ].join('\n'),
      )
      expect(readdirSync(folder).filter((file) => file === 'pwned')).toEqual([])
    })
  }

  test('what a server says of itself cannot become a line of it', () => {
    const program = compile({ ...hostilePlan, previous: 'x\ntouch pwned', steps: [] }, facts)
    expect(program.split('\n').filter((line) => line.startsWith('touch'))).toHaveLength(1)
    expect(program).toContain("previous='x\ntouch pwned'")
  })
})

describe('the front', () => {
  test('stays below what an SSH server has to take in one packet', () => {
    expect(Buffer.byteLength(frontCommand({ ...front, directory: `/opt/${'d'.repeat(1000)}`, holder: 'h'.repeat(300) }))).toBeLessThan(
      32_000,
    )
  })

  test('holds no comment: each byte crosses the wire before the server can begin', () => {
    expect(
      frontCommand(front)
        .split('\n')
        .filter((line) => line.startsWith('#')),
    ).toEqual([])
  })

  test('its arguments are values, whatever they hold', () => {
    const command = frontCommand({ ...front, holder: hostile, target: hostile })
    // "exec sh -c TEXT NAME …": the same, with a text that shows its arguments
    const start = command.indexOf("' deploy-action operate")
    const output = execFileSync('sh', ['-c', `sh -c 'for one; do printf "<%s>" "$one"; done' ${command.slice(start + 2)}`], {
      cwd: folder,
      encoding: 'utf8',
    })
    expect(output).toBe(
      ['operate', front.nonce, front.directory, 'shop', 'o', '.env', '600', hostile, hostile, 'acme/shop']
        .map((one) => `<${one}>`)
        .join(''),
    )
  })
})

;(shellcheck === undefined ? describe.skip : describe)('shellcheck', () => {
  const check = (name: string, text: string, ...options: string[]): string => {
    const file = join(folder, name)
    writeFileSync(file, text)
    try {
      return execFileSync(shellcheck ?? '', ['-s', 'sh', ...options, file], { encoding: 'utf8' })
    } catch (error) {
      return (error as { stdout: string }).stdout
    }
  }
  // dead code and unknown names are a matter of the whole, which is looked at below
  const rooms = join(import.meta.dirname, '../../src/transaction/program')
  test.each(readdirSync(rooms).filter((file) => file.endsWith('.sh')))('%s is clean', (file) => {
    expect(check(file, readFileSync(join(rooms, file), 'utf8'), '-e', 'SC2154,SC2034')).toBe('')
  })
  const databases = join(import.meta.dirname, '../../src/transaction/databases')
  test.each(readdirSync(databases))('the tool of %s is clean', (file) => {
    expect(check(file, readFileSync(join(databases, file), 'utf8'))).toBe('')
  })
  test('a whole program with a backup is clean', () => {
    const { backup } = configOf('project: shop\nimages: { api: {} }\nbackup: { kind: postgres, service: db, when: always }\n')
    expect(
      check('backup.sh', compile(planOf(nothingThere), { ...facts, database: backup }), '-e', 'SC2016,SC2034,SC2317,SC1090,SC1091'),
    ).toBe('')
  })
  test('a whole program is clean', () => {
    // variables that only some plans need; functions that are called by name
    expect(check('program.sh', compile(planOf(nothingThere), facts), '-e', 'SC2034,SC2317,SC1090,SC1091')).toBe('')
  })
  test('the whole front is clean', () => {
    const text = ['docker.sh', 'observe.sh', 'front.sh'].map((file) => readFileSync(join(rooms, file), 'utf8')).join('\n')
    expect(check('front-whole.sh', `${text}\nrun_front\n`, '-e', 'SC2034,SC2317,SC1090,SC1091')).toBe('')
  })
})

test('how often a database had to start is asked of its first start alone', () => {
  const config = configOf(
    'project: shop\nimages: { api: {} }\nbackup: { kind: postgres, service: db, when: always }\nenvironments: { production: { host: a, path: /opt/stacks/shop } }\n',
  )
  const waits = (observed: typeof nothingThere): string[] =>
    generated(compile(planOf(observed, { config }), facts)).match(/await_[a-z_]+ db/g) ?? []
  expect(waits(nothingThere)).toEqual(['await_set_up db'])
  expect(waits({ ...nothingThere, containers: [container('db', 'postgres:16', { state: 'exited' })] })).toEqual(['await_running db'])
})
