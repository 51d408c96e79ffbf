import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { runJest } from '../../script/lanes/jest.ts'
import { groupsOf, joined, LANES, lanesNamed } from '../../script/lanes/lanes.ts'
import { allowedSkips, reasonFor } from '../../script/lanes/skips.ts'

const root = join(import.meta.dirname, '../..')
const head = "import { expect, test } from '@jest/globals'\n"

describe('a lane', () => {
  let folder: string
  // below a folder that is called `test`, as a clone may be
  let project: string
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'lanes-'))
    project = join(folder, 'test/project')
    mkdirSync(project, { recursive: true })
    symlinkSync(join(root, 'node_modules'), join(project, 'node_modules'))
    for (const path of ['jest.config.js', 'package.json', 'script/jest']) cpSync(join(root, path), join(project, path), { recursive: true })
    const files = {
      'test/config/a.test.ts': `${head}test('passes', () => expect(1).toBe(1))\ntest('fails', () => expect(1).toBe(2))\ntest.skip('waits', () => {})\n`,
      'test/config/broken.test.ts': `import '../gone.ts'\n${head}test('never runs', () => expect(1).toBe(1))\n`,
      'test/sandbox/b.test.ts': `${head}test('on the sandbox', () => expect(1).toBe(1))\n`,
    }
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(join(project, path, '..'), { recursive: true })
      writeFileSync(join(project, path), text)
    }
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  const laneOf = (name: string) => {
    const [lane] = lanesNamed([name])
    if (lane === undefined) throw new Error(name)
    return lane
  }

  test('counts what passed, what failed, files that could not even run, and names what was skipped', async () => {
    expect(await runJest(project, laneOf('unit'), process.env, [], 'ignore')).toEqual({ passed: 1, failed: 2, skipped: ['waits'] })
  }, 60_000)

  test('runs its own tests and no others', async () => {
    expect(await runJest(project, laneOf('sandbox'), process.env, [], 'ignore')).toEqual({ passed: 1, failed: 0, skipped: [] })
  }, 60_000)
})

test('a lane that does not exist is refused, and none named is all of them', () => {
  expect(() => lanesNamed(['unit', 'sandbx'])).toThrow('no lane sandbx; there are unit, contract')
  expect(lanesNamed([])).toBe(LANES)
})

test('lanes of different servers run side by side where both are asked for, all others in turn', () => {
  const names = (...lanes: string[]) => groupsOf(lanesNamed(lanes)).map((group) => group.map(({ name }) => name))
  expect(names()).toContainEqual(['workflows', 'faults', 'demo'])
  expect(names().flat()).toEqual(LANES.map(({ name }) => name))
  expect(names('demo', 'unit')).toEqual([['unit'], ['demo']])
})

test('files of a lane that joins another are run with it where both are asked for', () => {
  expect(joined(lanesNamed(['users']))).toEqual(lanesNamed(['users']))
  const [both, ...others] = joined(lanesNamed(['sandbox', 'users']))
  expect([both?.name, others]).toEqual(['sandbox and users', []])
  const pattern = new RegExp(`^${both?.pattern}`)
  expect(['sandbox/a.test.ts', 'journeys/a.test.ts', 'journeys.test.ts', 'faults/a.test.ts'].map((path) => pattern.test(path))).toEqual([
    true,
    true,
    false,
    false,
  ])
  // none is lost, whatever is asked for
  expect(
    joined(LANES)
      .flatMap(({ name }) => name.split(' and '))
      .toSorted(),
  ).toEqual(LANES.map(({ name }) => name).toSorted())
})

test('a skip needs a committed reason', () => {
  const allowed = allowedSkips(join(root, 'test/skips.json'))
  for (const { test: name, reason } of allowed) expect(reasonFor(`${name} in some way`, allowed)).toBe(reason)
  expect(reasonFor('a test that nobody listed', allowed)).toBeNull()
})

test('a stack on several servers has a port that no other test publishes: beside it another worker plays on each of them', () => {
  const place = join(root, 'test/sandbox/scenarios/server.ts')
  const [, table = ''] = /SEVERAL = \{(.*)\} as const/.exec(readFileSync(place, 'utf8')) ?? []
  const ports = [...table.matchAll(/\d+/g)].map(([port]) => port)
  expect(ports.length).toBeGreaterThan(1)
  expect(new Set(ports).size).toBe(ports.length)
  const published = ['test/sandbox', 'test/journeys', 'test/users', 'examples']
    .flatMap((folder) => readdirSync(join(root, folder), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => path !== place)
    .map((path) => [path, readFileSync(path, 'latin1')] as const)
  for (const port of ports)
    expect(published.filter(([, text]) => new RegExp(`(?<!\\d)${port}(?!\\d)`).test(text)).map(([path]) => path)).toEqual([])
})

test('what is begun first is there: the list of the longest names no file that is gone', async () => {
  const { default: LongestFirst } = (await import(join(root, 'script/jest/longest-first.js'))) as {
    readonly default: new () => { sort(tests: readonly { readonly path: string }[]): readonly { readonly path: string }[] }
  }
  const names = [...readFileSync(join(root, 'script/jest/longest-first.js'), 'utf8').matchAll(/^ {2}'(.*)',$/gm)].map(([, name]) => name)
  const paths = names.map((name) => join(root, `test/${name}.test.ts`))
  expect(names.length).toBeGreaterThan(20)
  expect(paths.filter((path) => !existsSync(path))).toEqual([])
  const small = join(root, 'test/config/nearest.test.ts')
  const tests = [small, import.meta.filename, ...paths.toReversed()].map((path) => ({ path }))
  expect(new LongestFirst().sort(tests).map(({ path }) => path)).toEqual([...paths, import.meta.filename, small])
})
