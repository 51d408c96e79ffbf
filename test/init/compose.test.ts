import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { readConfig } from '../../src/config/read.ts'
import type { Config } from '../../src/config/schema.ts'
import { DeployError } from '../../src/errors.ts'
import { seen, type Written, written } from '../../src/init/written.ts'
import { treeOf } from '../users/support/tree.ts'

const ANSWERS = { host: 'server.example.org', user: 'deploy', path: '/opt/stacks/shop', owner: 'acme' }
const DOCKERFILE = { Dockerfile: 'FROM python:3.12\nCOPY . .\n' }

const init = (files: Readonly<Record<string, string>>): Written => {
  const all: Readonly<Record<string, string>> = { ...DOCKERFILE, ...files }
  const tree = { ...treeOf(all), read: (path: string) => (Object.hasOwn(all, path) ? (all[path] ?? null) : null) }
  return written(tree, seen(tree), ANSWERS, 'deploy.yml')
}

const configOf = ({ files }: Written): Config =>
  readConfig({
    bytes: Buffer.from(files['deploy.yml'] ?? ''),
    file: 'deploy.yml',
    environment: { SSH_HOST: 'example.org', V: '1' },
    isUnused: () => false,
  }).config

const serviceOf = (made: Written, name: string) => made.proposal.compose.services.find((service) => service.name === name)

const refusalOf = (files: Readonly<Record<string, string>>): string => {
  try {
    init(files)
    return ''
  } catch (error) {
    if (!(error instanceof DeployError)) throw error
    return [error.message, ...(error.details.evidence ?? []), error.details.hint].join('\n')
  }
}

describe('a service that extends another', () => {
  test('of the same file, or of one in a folder, is what both say; paths of the other begin in its folder', () => {
    const made = init({
      'compose.yaml':
        'services:\n  web: { build: ., ports: ["8000:8000"], environment: { A: "1", B: "1" }, command: serve }\n  copy: { extends: web, command: x, environment: [B=2] }\n  job: { extends: { file: sub/job.yml, service: job }, ports: ["90:90"] }\n',
      'sub/job.yml':
        'services:\n  base: { build: { context: ./src, args: { V: "1" } }, env_file: job.env, volumes: ["./conf:/etc/job", "data:/data"] }\n  job: { extends: { service: base }, ports: ["80:80"] }\n',
      'sub/src/Dockerfile': 'FROM golang:1.24\n',
      'sub/job.env': 'A=1\n',
      'sub/conf/job.ini': '',
    })
    const { images, compose } = configOf(made)
    expect(images).toMatchObject({
      web: { context: '.', services: ['web', 'copy'] },
      job: { context: 'sub/src', services: ['job'], args: { V: '1' } },
    })
    expect(compose.sync).toEqual(['sub/conf', 'sub/job.env', 'sub/job.yml'])
    expect(serviceOf(made, 'copy')).toMatchObject({ command: 'x', environment: { A: '1', B: '2' }, ports: [8000] })
    expect(serviceOf(made, 'job')).toMatchObject({ ports: [80, 90], envFiles: ['sub/job.env'] })
  })

  test('has the database, the variables and the mounts of the other', () => {
    const made = init({
      'compose.yaml':
        'services:\n  app: { extends: { file: compose.common.yaml, service: app } }\n  db: { extends: { file: compose.common.yaml, service: db }, volumes: ["db:/var/lib/postgresql/data"] }\n',
      'compose.common.yaml':
        'services:\n  app: { build: ., environment: ["KEY=${KEY}"], volumes: ["./credentials.json:/app/credentials.json:ro"] }\n  db: { image: "postgres:16", environment: { POSTGRES_PASSWORD: "${PASSWORD:?needed}" } }\n',
      'alembic.ini': '',
    })
    const { backup, environments } = configOf(made)
    expect(backup).toMatchObject({ kind: 'postgres', service: 'db' })
    expect(environments.production?.env.required).toEqual(['KEY', 'PASSWORD'])
    expect(made.tasks.map(({ title }) => title)).toContainEqual(expect.stringContaining('The file of app, credentials.json'))
  })

  test('whose image is named in the other file is listed, since a deploy looks for the name in the compose files only', () => {
    const made = init({
      'compose.yaml': 'services: { api: { extends: { file: common.yml, service: api } } }\n',
      'common.yml': 'services: { api: { build: ., image: "ghcr.io/acme/shop-api" } }\n',
    })
    expect(configOf(made).images.api?.services).toEqual(['api'])
  })

  test.each([
    ['one that is not there', 'extends: other', 'compose.yaml: api extends other, which is not there'],
    ['a file that is not there', 'extends: { file: x.yml, service: y }', 'compose.yaml: api extends y of x.yml, which is not there'],
    ['itself', 'extends: api', 'compose.yaml: api extends api, which extends it again'],
    [
      'one that extends it',
      'extends: { file: loop.yml, service: one }',
      'loop.yml: one extends api of compose.yaml, which extends it again',
    ],
  ])('%s, is refused', (_, line, sentence) => {
    const loop = 'services: { one: { extends: { file: compose.yaml, service: api } } }\n'
    expect(refusalOf({ 'compose.yaml': `services: { api: { build: ., ${line} } }\n`, 'loop.yml': loop })).toContain(sentence)
  })

  test('of a file that a variable names, or of another server, is taken as it stands', () => {
    for (const file of ['${FILE}', 'https://example.org/x.yml'])
      expect(
        Object.keys(
          configOf(init({ 'compose.yaml': `services: { api: { build: ., extends: { file: "${file}", service: x } } }\n` })).images,
        ),
      ).toEqual(['api'])
  })
})

describe('a compose file for production', () => {
  const plain =
    'services:\n  api: { build: { context: ., dockerfile: docker/api.Dockerfile, args: { V: "1" } }, ports: ["8000:8000"] }\n  db: { image: "postgres:16" }\n'
  const api = { 'docker/api.Dockerfile': 'FROM x\n' }
  const filesFor = (production: string, more: Readonly<Record<string, string>> = {}): readonly string[] =>
    configOf(init({ 'docker-compose.yml': plain, 'docker-compose.prod.yml': production, ...api, ...more })).compose.files

  test('that only says which stage is built comes after the plain one, and both say what is built', () => {
    const made = init({
      'docker-compose.yml': plain,
      'docker-compose.prod.yml': 'services: { api: { build: { target: prod, args: { W: "2" } }, restart: always } }\n',
      ...api,
    })
    const { images, compose } = configOf(made)
    expect(compose.files).toEqual(['docker-compose.yml', 'docker-compose.prod.yml'])
    expect(images.api).toMatchObject({ dockerfile: 'docker/api.Dockerfile', target: 'prod', args: { V: '1', W: '2' } })
    expect(serviceOf(made, 'api')?.ports).toEqual([8000])
    expect(made.proposal.notes.join('\n')).not.toMatch(/is not in the project/)
  })

  const whole = 'services: { api: { build: { context: . } } }\n'
  test.each([
    ['calls itself an override', `---\n\n# Production environment override\n${whole}`, {}],
    ['waits for a service of the plain one', 'services: { api: { build: ., depends_on: [db] } }\n', {}],
    [
      'is named after the plain one in a document',
      whole,
      { 'docs/run.md': 'docker compose -f docker-compose.yml -f docker-compose.prod.yml up' },
    ],
    [
      'is named after the plain one in a file of variables',
      whole,
      { '.env.example': 'COMPOSE_FILE=docker-compose.yml:docker-compose.prod.yml' },
    ],
  ])('comes after the plain one where it %s', (_, production, more) =>
    expect(filesFor(production, more)).toEqual(['docker-compose.yml', 'docker-compose.prod.yml']),
  )

  test('that could run alone is taken so, and that it may be meant otherwise is said, with what to write then', () => {
    const files = { 'docker-compose.yml': plain, 'docker-compose.prod.yml': whole, ...api }
    const made = init(files)
    expect(configOf(made).compose.files).toEqual(['docker-compose.prod.yml'])
    const [, line = ''] = /write `(.*?)` into deploy\.yml/.exec(made.proposal.notes.join('\n')) ?? []
    const again = init({ ...files, 'deploy.yml': `${line}\n` })
    expect(configOf(again).compose.files).toEqual(['docker-compose.yml', 'docker-compose.prod.yml'])
    expect(again.proposal.notes.join('\n')).not.toContain('is taken for all')
  })

  test('of which the project says that it runs alone is taken so, without a word', () => {
    const made = init({
      'docker-compose.yml': plain,
      'docker-compose.prod.yml': whole,
      ...api,
      'README.md': 'docker compose -f docker-compose.prod.yml up',
    })
    expect(configOf(made).compose.files).toEqual(['docker-compose.prod.yml'])
    expect(made.proposal.notes.join('\n')).not.toContain('is taken for all')
  })

  test('is left out where the config says so already', () => {
    const config = { 'deploy.yml': 'project: shop\nimages: { api: {} }\n' }
    expect(filesFor('services: { api: { restart: always } }\n', config)).toEqual(['docker-compose.yml'])
  })

  test('comes after one for all, where there is no plain one', () => {
    const made = init({
      'docker-compose.common.yml': 'services: { bot: { build: . } }\n',
      'docker-compose.prod.yml': 'services: { bot: { env_file: [.env] } }\n',
      'docker-compose.develop.yml': 'services: { bot: { tty: true } }\n',
    })
    expect(configOf(made).compose.files).toEqual(['docker-compose.common.yml', 'docker-compose.prod.yml'])
  })

  test('may take back what the plain one says, and comes after it then', () => {
    const made = init({
      'compose.yaml':
        'services: { web: { build: . }, api: { build: ., image: "x:1", ports: ["80:80"], volumes: [".:/app"], environment: { A: "1" } } }\n',
      'compose.prod.yaml':
        'services:\n  api: { image: "other:1", build: !reset null, ports: !override ["90:90"], volumes: !reset [], environment: !override [B=1] }\n',
    })
    expect(serviceOf(made, 'api')).toMatchObject({ image: 'other:1', build: null, ports: [90], mounts: [], environment: { B: '1' } })
    expect(Object.keys(made.files)).not.toContain('compose.deploy.yml')
  })

  test('has one mount at one place of a container: its own', () => {
    const service = (source: string) =>
      JSON.stringify({ services: { api: { build: '.', depends_on: ['db'], volumes: [`${source}:/data`] }, db: {} } })
    const made = init({ 'compose.yaml': service('./here'), 'compose.prod.yaml': service('data') })
    expect(serviceOf(made, 'api')?.mounts.map(({ source }) => source)).toEqual(['data'])
  })
})

describe('a compose.deploy.yml that somebody wrote', () => {
  const files = {
    'compose.yml': 'services: { api: { build: ., volumes: [".:/app"] } }\n',
    'compose.deploy.yml': 'services: { api: { restart: always } }\n',
  }

  test('comes after the plain one, and is not overwritten', () => {
    const made = init(files)
    expect(configOf(made).compose.files).toEqual(['compose.yml', 'compose.deploy.yml', 'compose.deploy-action.yml'])
    expect(Object.keys(made.files)).not.toContain('compose.deploy.yml')
    expect(Object.keys(init({ ...files, ...made.files }).files)).toEqual(Object.keys(made.files))
  })

  test('is ours where init wrote it', () => {
    const first = init({ 'compose.yml': files['compose.yml'] })
    expect(Object.keys(first.files)).toContain('compose.deploy.yml')
    expect(init({ 'compose.yml': files['compose.yml'], ...first.files }).files).toEqual(first.files)
  })
})

test('an included file in a folder has its paths from there', () => {
  const made = init({
    'compose.yaml': 'include: [{ path: ./sub/db.yml }]\nservices: { api: { build: . } }\n',
    'sub/db.yml':
      'services: { db: { image: "postgres:16", env_file: db.env, volumes: ["./init:/docker-entrypoint-initdb.d"] } }\nsecrets: { key: { file: ./key.txt } }\n',
    'sub/db.env': 'POSTGRES_PASSWORD=x\n',
    'sub/init/a.sql': '',
    'db.env': '',
    'sub/key.txt': '',
  })
  expect(configOf(made).compose.sync).toEqual(['sub/db.env', 'sub/db.yml', 'sub/init', 'sub/key.txt'])
  expect(made.proposal.notes.join('\n')).not.toContain('POSTGRES_PASSWORD')
})

test('a variable in the image of somebody else is required, in ours it is not', () => {
  const services = {
    api: { build: '.', image: 'shop:${TAG}' },
    twin: { image: 'shop:${TAG}' },
    cache: { image: 'redis:${REDIS_VERSION}' },
    mail: { image: 'mailpit:$MAIL_TAG' },
  }
  const more = {
    db: { image: 'postgres:${PG:-16}' },
    tool: { image: 'tool:${TOOL}', profiles: ['tools'] },
    own: { image: 'ghcr.io/acme/shop:${TAG}' },
  }
  const made = init({ 'compose.yaml': JSON.stringify({ services: { ...services, ...more } }) })
  expect(configOf(made).environments.production?.env.required).toEqual(['MAIL_TAG', 'REDIS_VERSION'])
})

describe('where every service that is built has a profile', () => {
  const compose =
    'services:\n  web: { build: ., profiles: [web] }\n  worker: { build: ., profiles: [worker], command: work }\n  db: { image: "postgres:16", profiles: [db] }\n'

  test('it is said, with what to write; with that, init goes on', () => {
    const told = refusalOf({ 'compose.yaml': compose })
    expect(told).toContain('every service of compose.yaml that is built has a profile')
    const [, line = ''] = /write `(.*?)` into deploy\.yml/.exec(told) ?? []
    expect(line).toBe('compose: { profiles: [web, worker, db] }')
    const { compose: read, images } = configOf(init({ 'compose.yaml': compose, 'deploy.yml': line }))
    expect([read.profiles, images.web?.services]).toEqual([
      ['web', 'worker', 'db'],
      ['web', 'worker'],
    ])
  })
})

test('a file of variables that need not be there is not asked for, but named', () => {
  const compose = (path: string): string => JSON.stringify({ services: { api: { build: '.', env_file: [{ path, required: false }] } } })
  const made = init({ 'compose.yaml': compose('x.env') })
  expect(configOf(made).environments.production?.env.file).toBe('.env')
  expect(made.proposal.notes).toContainEqual(expect.stringContaining('api reads x.env where it is there'))
  expect(configOf(init({ 'compose.yaml': compose('x.env'), 'x.env': 'A=1\n' })).compose.sync).toEqual(['x.env'])
  expect(serviceOf(init({ 'compose.yaml': compose('./.env') }), 'api')?.envFiles).toEqual(['./.env'])
})

describe('where no compose file is in a usual place', () => {
  test('one in a folder is named, and init goes on where the config says so', () => {
    const files = {
      'run/docker-compose.yml': 'services: { app: { build: { context: ../, dockerfile: run/Dockerfile } } }\n',
      'run/Dockerfile': 'FROM x\n',
    }
    const told = refusalOf(files)
    const [, line = ''] = /write `(.*?)` into deploy\.yml/.exec(told) ?? []
    expect(line).toBe('compose: { files: [run/docker-compose.yml] }')
    expect(configOf(init({ ...files, 'deploy.yml': line })).images.app).toMatchObject({ context: '.', dockerfile: 'run/Dockerfile' })
  })

  test('what a Dockerfile in a folder copies from the top is built from there', () => {
    const told = refusalOf({ 'app/Dockerfile': 'FROM golang:1.24\nCOPY go.mod .\n', 'go.mod': 'module x\n' })
    expect(told).toContain('    build: { context: ., dockerfile: app/Dockerfile }')
  })

  test('from a folder of the repository, it is said where to run init', () =>
    expect(refusalOf({ 'compose.yaml': 'services: { app: { build: ../ } }\n' })).toContain('run init at its top'))
})

test('whatever two compose files hold, init writes something or says what is wrong; it never falls over', () => {
  const keys = ['image', 'build', 'extends', 'env_file', 'volumes', 'ports', 'environment', 'networks', 'depends_on', 'profiles', 'labels']
  const name = fc.constantFrom('__proto__', 'constructor', 'api', 'web')
  const value = fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    fc.record({
      file: fc.constantFrom('sub/a.yml', 'compose.yaml', '../x', 7),
      service: name,
      path: fc.string(),
      context: fc.constantFrom(null, '..', 'sub'),
    }),
    name,
  )
  const services = fc.dictionary(name, fc.dictionary(fc.constantFrom(...keys), value, { maxKeys: 6 }), { maxKeys: 3 })
  const text = (parts: object): string => JSON.stringify(parts)
  fc.assert(
    fc.property(services, services, services, (first, second, third) => {
      const files = {
        'compose.yaml': text({ include: ['sub/a.yml'], services: first }),
        'compose.prod.yaml': text({ services: { ...second, web: { restart: 'always' } } }),
        'sub/a.yml': text({ services: third, include: [{ path: ['../compose.yaml', 'sub/a.yml'] }] }),
      }
      try {
        init(files)
      } catch (error) {
        if (!(error instanceof DeployError)) throw error
      }
    }),
    { numRuns: 200 },
  )
})
