import { describe, expect, test } from '@jest/globals'
import { DeployError } from '../../src/errors.ts'
import { declaredServices, repositoryOf } from '../../src/plan/compose-files.ts'

describe('a file that another one asks for', () => {
  const files = {
    'compose.yml':
      'include:\n  - db/compose.yml\n  - path: [a.yml]\nservices:\n  api: { image: x, extends: { file: base.yml, service: base } }\n',
  }
  const others: Readonly<Record<string, string>> = {
    'db/compose.yml': 'include: [more.yml]\nservices: { db: { image: "postgres:16" } }\n',
    'db/more.yml': 'include: [compose.yml]\nservices: { more: { image: y } }\n',
    'a.yml': 'services: { a: { image: y } }\n',
    'base.yml': 'services: { base: { image: y } }\n',
  }

  test('is read where it is included, once, and not where a service of it is extended', () => {
    expect(declaredServices(files, (path) => others[path]).map(({ name }) => name)).toEqual(['api', 'db', 'a', 'more'])
  })

  test('is looked for in the folder of the project that asks, wherever the file lies that does', () => {
    const text = `include: [common.yml, { path: sub/a.yml, project_directory: . }, { path: [./sub/c.yml, over.yml] }]
services: { x: { image: x, extends: { file: base.yml, service: base } } }
`
    const there: Readonly<Record<string, string>> = {
      'sub/a.yml': 'include: [b.yml]\n',
      'sub/c.yml': 'include: [d/e.yml]\n',
      'sub/d/e.yml': 'include: [f.yml]\n',
    }
    const asked: string[] = []
    declaredServices({ 'deploy/compose.yml': text }, (path) => {
      asked.push(path)
      return there[path] ?? 'services: {}\n'
    })
    expect(asked).toEqual(['common.yml', 'sub/a.yml', 'sub/c.yml', 'over.yml', 'base.yml', 'b.yml', 'sub/d/e.yml', 'sub/d/f.yml'])
  })

  test('and lies outside of the project is told so', () => {
    for (const path of ['../common.yml', '/opt/shared/common.yml', 'a/../../b.yml']) {
      let told: readonly string[] = []
      try {
        declaredServices({ '1.yml': `include: [ ${path} ]` }, () => '')
      } catch (error) {
        told = (error as DeployError).details.places?.map(({ message }) => message) ?? []
      }
      expect(told).toEqual([
        `${path}, which is asked for here, is outside of the project, and nothing else goes to the server: bring it into the project`,
      ])
    }
  })

  test('and does not go to the server is told where it is asked for', () => {
    let told: readonly string[] = []
    try {
      declaredServices(files, () => undefined)
    } catch (error) {
      told = (error as DeployError).details.places?.map(({ file, line, message }) => `${file}:${line}: ${message}`) ?? []
    }
    const missing = (path: string) => `${path}, which is asked for here, does not go to the server: add it to \`compose.sync\``
    expect(told).toEqual([
      `compose.yml:2: ${missing('db/compose.yml')}`,
      `compose.yml:3: ${missing('a.yml')}`,
      `compose.yml:5: ${missing('base.yml')}`,
    ])
  })
})

const declared = (...texts: string[]) => declaredServices(Object.fromEntries(texts.map((text, index) => [`${index + 1}.yml`, text])))
const placesOf = (...texts: string[]): readonly string[] => {
  try {
    declared(...texts)
  } catch (error) {
    if (error instanceof DeployError)
      return (error.details.places ?? []).map(({ file, line, column, message }) => `${file}:${line}:${column} ${message}`)
    throw error
  }
  throw new Error('it was read')
}

describe('the services of compose files', () => {
  test('are found with the place of their image', () => {
    expect(
      declared(
        'services:\n  api:\n    build: .\n    image: "ghcr.io/acme/api:${TAG:-latest}"\n  db: { image: postgres:16, container_name: the-db }\n',
      ),
    ).toMatchObject([
      { name: 'api', file: '1.yml', line: 4, column: 12, image: 'ghcr.io/acme/api:${TAG:-latest}', containerName: null, hasBuild: true },
      { name: 'db', file: '1.yml', line: 5, column: 16, image: 'postgres:16', containerName: 'the-db', hasBuild: false },
    ])
  })

  test('a later file changes what it names and keeps the rest', () => {
    expect(
      declared(
        'services:\n  api: { image: one, build: ., container_name: x }\n',
        'services:\n  api: { environment: { A: b } }\n  new: { image: two }\n',
      ),
    ).toMatchObject([
      { name: 'api', file: '1.yml', line: 2, image: 'one', containerName: 'x', hasBuild: true },
      { name: 'new', file: '2.yml', line: 3, image: 'two' },
    ])
    expect(declared('services:\n  api: { image: one }\n', 'services:\n  api: { image: two }\n')).toMatchObject([
      { file: '2.yml', image: 'two' },
    ])
  })

  test('anchors and merge keys give a service its image', () => {
    const text =
      'x-base: &base\n  image: ghcr.io/acme/api\n  container_name: base-${NAME:-one}\nservices:\n  api:\n    <<: *base\n  worker:\n    <<: [*base]\n    container_name: w\n'
    expect(declared(text)).toMatchObject([
      { name: 'api', line: 5, image: 'ghcr.io/acme/api', containerName: 'base-one' },
      { name: 'worker', image: 'ghcr.io/acme/api', containerName: 'w' },
    ])
  })

  test('a service that is an alias as a whole has the image of its anchor', () => {
    expect(declared('x-api: &api { image: one }\nservices: { api: *api }\n')).toMatchObject([{ name: 'api', image: 'one', line: 2 }])
  })

  test("compose's own tags are no errors, and what they reset is gone", () => {
    expect(
      declared(
        'services:\n  api: { image: one, build: . }\n',
        'services:\n  api:\n    build: !reset null\n    ports: !override ["80:80"]\n',
      ),
    ).toMatchObject([{ name: 'api', image: 'one' }])
  })

  test('files without services have none', () => {
    for (const text of ['', 'networks: { a: {} }\n', 'services:\n', 'services: []\n', '[]\n', 'just text\n'])
      expect(declared(text)).toEqual([])
  })

  test('services without anything in them are services', () => {
    expect(declared('services:\n  a:\n  1: { image: numbered }\n')).toMatchObject([
      { name: 'a', image: null },
      { name: '1', image: 'numbered' },
    ])
  })

  test('names that JavaScript knows are names', () => {
    expect(
      declared('services:\n  constructor: { image: a }\n  __proto__: { image: b }\n  toString:\n').map(({ name, image }) => [name, image]),
    ).toEqual([
      ['constructor', 'a'],
      ['__proto__', 'b'],
      ['toString', null],
    ])
  })

  test('every file that is no YAML is told, each with its place', () => {
    const places = placesOf('services:\n  a: [\n', 'services:\n  a: {}\n', 'a: 1\na: 2\n')
    expect(places).toHaveLength(2)
    expect(places[0]).toMatch(/^1\.yml:3:1 /)
    expect(places[1]).toMatch(/^3\.yml:2:1 Map keys must be unique/)
  })

  test.each([
    [
      'include: ["https://github.com/acme/shared.git"]\nservices: {}\n',
      '1.yml:1:11 include: https://github.com/acme/shared.git is not in the project',
    ],
    ['include:\n  - path: [oci://registry.test/acme/shared:1]\nservices: {}\n', '1.yml:2:12 include: oci://'],
    ['include: [git@github.com:acme/shared.git#main:dir]\nservices: {}\n', '1.yml:1:11 include: git@'],
    ['services:\n  a:\n    extends: { file: "https://example.org/base.yml", service: b }\n', '1.yml:3:22 services.a.extends: https://'],
  ])('parts from somewhere else are refused: %j', (text, place) => {
    expect(placesOf(text)[0]).toContain(place)
  })

  test('parts of the project are not', () => {
    expect(
      declared('include: [base.yml, { path: dir/other.yml }]\nservices:\n  a: { extends: { file: base.yml, service: b }, image: x.git }\n'),
    ).toMatchObject([{ name: 'a', image: 'x.git' }])
  })

  test('aliases without an anchor and alias bombs are refused', () => {
    expect(placesOf('services: { a: *nobody }\n')[0]).toMatch(/^1\.yml:1:/)
    const bomb = `a0: &a0 [${'x,'.repeat(9)}x]\n${Array.from({ length: 9 }, (_, index) => `a${index + 1}: &a${index + 1} [${`*a${index},`.repeat(9)}*a${index}]\n`).join('')}services: { a: { image: x, y: *a9 } }\n`
    expect(placesOf(bomb)[0]).toMatch(/^1\.yml:/)
  })
})

describe('the repository of an image', () => {
  test.each([
    ['ghcr.io/acme/api:1.2', 'ghcr.io/acme/api'],
    ['ghcr.io/acme/api:${TAG}', 'ghcr.io/acme/api'],
    ['ghcr.io/acme/api:${TAG:-latest}', 'ghcr.io/acme/api'],
    ['${REGISTRY:-ghcr.io}/acme/api:$TAG', 'ghcr.io/acme/api'],
    ['${REGISTRY-ghcr.io}/acme/api', 'ghcr.io/acme/api'],
    ['ghcr.io/acme/api@sha256:00', 'ghcr.io/acme/api'],
    ['ghcr.io/acme/api:1@sha256:00', 'ghcr.io/acme/api'],
    ['localhost:5000/api', 'localhost:5000/api'],
    ['localhost:5000/api:1', 'localhost:5000/api'],
    ['docker.io/library/redis:7', 'redis'],
    ['docker.io/acme/api', 'acme/api'],
    ['library/redis', 'redis'],
    ['redis', 'redis'],
    // what stands for a missing variable is never a repository of ours
    ['${IMAGE:?must be set}', ''],
    ['${IMAGE:+other}', ''],
    ['', ''],
  ])('%s → %s', (image, repository) => {
    expect(repositoryOf(image)).toBe(repository)
  })
})
