import { accessSync, constants, existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { withTables } from '../../script/generator/documents.ts'
import { readConfig } from '../../src/config/read.ts'
import { askedByArguments } from '../../src/entry/arguments.ts'
import { COMMANDS } from '../../src/entry/context.ts'
import { FAILURES } from '../../src/errors.ts'
import { COMPOSE_FLOOR, ENGINE_FLOOR } from '../../src/plan/floor.ts'
import { blocks, documents, root, textOf } from './documents.ts'

describe('every deploy.yml in a document', () => {
  const configs = blocks('yaml').filter(({ kind }) => kind === 'config')

  test('there are some', () => expect(configs.length).toBeGreaterThanOrEqual(3))

  test.each(configs.map((block) => [`${block.document}: ${block.name}`, block.text]))('is read without an error: %s', (_, text) => {
    const { config } = readConfig({
      bytes: Buffer.from(text),
      file: 'deploy.yml',
      // an address, a host and a password in one
      environment: Object.fromEntries(
        [...text.matchAll(/\$\{(\w+)\}/g)].map(([, name = '']) => [
          name,
          /WEBHOOK|URL/.test(name) ? 'https://example.org/x' : 'server.example.org',
        ]),
      ),
      isUnused: () => false,
    })
    expect(Object.keys(config.images).length).toBeGreaterThan(0)
  })

  test('of one name is the same everywhere', () => {
    for (const { name, text } of configs)
      expect(configs.filter((other) => other.name === name).map((other) => other.text)).toEqual(
        configs.filter((other) => other.name === name).map(() => text),
      )
  })

  test('is marked as one: a block that names a project and images is no other kind', () => {
    expect(blocks('yaml').filter(({ kind, text }) => kind !== 'config' && /^project:/m.test(text) && /^images:/m.test(text))).toEqual([])
  })
})

describe('every file that a document shows', () => {
  const files = blocks('yaml').filter(({ kind }) => kind === 'file')

  test('there are some', () => expect(files.map(({ name }) => name)).toEqual(['workflows/deploy.yml', 'workflows/pipeline.yml']))

  test.each(files.map(({ name, text }) => [name ?? '', text]))('is that file, without the comment at its head: %s', (name, text) => {
    expect(text).toBe(readFileSync(join(root, name), 'utf8').replace(/^(#.*\n)+/, ''))
  })

  test('the config to begin with is the one that is explained', () => {
    const [shop] = blocks('yaml').filter(({ kind, name }) => kind === 'config' && name === 'shop')
    expect(shop?.text).toBe(readFileSync(join(root, 'workflows/config/deploy.yml'), 'utf8'))
  })
})

describe('every step of a workflow in a document', () => {
  const steps = blocks('yaml').flatMap(({ document, text }) => {
    const value: unknown = text.includes('org/deploy-action') && text.trimStart().startsWith('- uses') ? parse(text) : []
    return (value as { uses: string; with?: Record<string, string> }[]).map((step) => ({ document, ...step }))
  })

  test('there are some', () => expect(steps.length).toBeGreaterThan(0))

  test.each(steps.map((step) => [step.document, step] as const))('names an action of ours and its inputs: %s', (_, step) => {
    const path = /^org\/deploy-action\/?(.*)@v1$/.exec(step.uses)?.[1] ?? 'nowhere'
    const action = parse(readFileSync(join(root, path, 'action.yml'), 'utf8')) as { inputs: Record<string, unknown> }
    expect(Object.keys(action.inputs)).toEqual(expect.arrayContaining(Object.keys(step.with ?? {})))
  })
})

describe('every command in a document', () => {
  /** Programs of servers and laptops, which need not be on this machine. */
  const ELSEWHERE = [
    'id',
    'sed',
    'useradd',
    'usermod',
    'gh',
    'docker',
    'ssh',
    'ssh-keygen',
    'ssh-keyscan',
    'install',
    'cat',
    'ls',
    'export',
    'eval',
    'git',
    'npm',
    'alias',
  ]
  const commands = blocks('sh').flatMap(({ document, text }) =>
    text
      .replaceAll(/\\\n/g, ' ')
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => [document, line] as const),
  )

  test('there are some', () => expect(commands.length).toBeGreaterThan(20))

  test.each(commands)('exists: %s: %s', (_, line) => {
    const [program = '', ...rest] = line.replace(/\s+#.*$/, '').split(/\s+/)
    if (/^(script|\.ci|node_modules)\//.test(program)) accessSync(join(root, program), constants.X_OK)
    else if (program === 'deploy-action' || (program === 'node' && rest[0]?.endsWith('dist/cli.js'))) {
      const asked = askedByArguments(program === 'node' ? rest.slice(1) : rest)
      expect(asked.problems).toEqual([])
      expect(COMMANDS).toContain(asked.command)
    } else if (program === 'node') expect(existsSync(join(root, rest.find((word) => !word.startsWith('-')) ?? ''))).toBe(true)
    else expect(ELSEWHERE).toContain(program)
  })
})

test.each(documents())('every link inside the project leads somewhere: %s', (document) => {
  const links = [...textOf(document).matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)]
    .map(([, link = '']) => link)
    .filter((link) => !/^(https?|mailto):/.test(link))
  expect(links.filter((link) => !existsSync(join(root, dirname(document), link)))).toEqual([])
})

test('every generated table is up to date', () => {
  for (const document of documents()) expect(textOf(document)).toBe(withTables(textOf(document)))
})

test('every failure code has its section, and no other has one', () => {
  const sections = [...textOf('docs/troubleshooting.md').matchAll(/^## (.+)$/gm)].map(([, code]) => code)
  expect(sections).toEqual(Object.keys(FAILURES))
})

test('the oldest versions are those that the preflight knows', () => {
  for (const document of ['docs/first-deploy.md', 'docs/server.md'])
    expect(textOf(document)).toContain(`Docker ${ENGINE_FLOOR} and compose ${COMPOSE_FLOOR} or newer`)
})

test('variables for special places are read by the source', () => {
  const source = globSync('src/**/*.ts', { cwd: root })
    .map((path) => readFileSync(join(root, path), 'utf8'))
    .join('\n')
  const table = textOf('README.md')
    .split('\n')
    .filter((line) => line.startsWith('| `DEPLOY_'))
  const names = table.flatMap((line) => line.split('|')[1]?.match(/DEPLOY_\w+/g) ?? [])
  expect(names.length).toBeGreaterThanOrEqual(6)
  expect(names.filter((name) => !source.includes(`.${name}`))).toEqual([])
})

test('nothing that is shipped tells of the machine that it was made on', () => {
  for (const document of documents())
    expect(textOf(document)).not.toMatch(/\/work\/|\/tmp\/bash_jobs|localhost:\d{4}\/(?!health|users|bot)/)
})
