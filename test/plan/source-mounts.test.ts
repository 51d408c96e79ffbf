import { describe, expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { declaredServices } from '../../src/plan/compose-files.ts'
import type { ComposeModel } from '../../src/plan/observed.ts'
import { pinFile } from '../../src/plan/pins.ts'
import { droppedSentences, hiddenImages, type SourceQuestion, withoutFolders } from '../../src/plan/source-mounts.ts'

const PATH = '/opt/stacks/shop'
const FILES = ['Dockerfile', 'app/main.py', 'app/static/site.css', 'data/.gitkeep', 'nginx/site.conf', 'bot/bot.js']

const modelOf = (...sources: readonly string[]): ComposeModel =>
  ({ services: { web: { binds: sources.map((source) => ({ source, target: '/srv', readOnly: false })) } } }) as unknown as ComposeModel
const found = (source: string, changes: Partial<SourceQuestion> = {}): readonly string[] =>
  hiddenImages(modelOf(source), {
    path: PATH,
    ownership: { web: 'web' },
    contexts: { web: '.' },
    brought: ['docker-compose.yml'],
    dropped: [],
    files: () => FILES,
    ...changes,
  }).map(({ sentence, hint }) => `${sentence} | ${hint}`)

describe('a mount of the source over an image that holds it', () => {
  test('is refused by the name of the service and the folder, with both ways out', () => {
    expect(found(`${PATH}/app`)).toEqual([
      'web mounts ./app of the server over /srv of its image: what runs would not be what was tested | by hand: compose.dropBinds: ["./app"] in the config runs what is in the image; or compose.sync, where this folder of the commit is meant',
    ])
  })

  test.each([
    ['the deploy directory itself', PATH, {}],
    ['a folder in the folder of the code', `${PATH}/app/static`, {}],
    ['the context of an image', `${PATH}/bot`, { contexts: { web: 'bot' } }],
    ['a folder around the context', `${PATH}/app`, { contexts: { web: 'app/static' } }],
  ])('is one of %s', (_, source, changes) => {
    expect(found(source, changes)).toHaveLength(1)
  })

  test.each([
    ['data, of which git keeps the folder alone', `${PATH}/data`, {}],
    ['configuration', `${PATH}/nginx`, {}],
    ['something elsewhere on the server', '/var/run/docker.sock', {}],
    ['a folder whose name begins like the deploy directory', `${PATH}-data/app`, {}],
    ['a folder of another context', `${PATH}/app`, { contexts: { web: 'bot' } }],
    ['what the release brings', `${PATH}/app/static`, { brought: ['app'] }],
    ['the mount of a service that runs no image of ours', `${PATH}/app`, { ownership: { db: 'web' } }],
  ])('is none of %s', (_, source, changes) => {
    expect(found(source, changes)).toEqual([])
  })

  test('that is still there although the config takes it out is refused, whatever is in it', () => {
    expect(found(`${PATH}/nginx`, { dropped: ['./nginx/'] })).toEqual([
      expect.stringContaining(
        'web still mounts ./nginx, which compose.dropBinds takes out | by hand: upgrade compose on the server to 2.24.4 or newer',
      ),
    ])
  })
})

describe('mounts that the config takes out', () => {
  const COMPOSE = `services:
  web:
    image: x
    volumes:
      - ./app/web:/srv/web
      - { type: bind, source: ./app/shared, target: /srv/shared }
      - "uploads:/var/$$odd"
      - ./apples:/apples
  bot: { image: x, volumes: ["./app:/srv"] }
  db: { image: y, volumes: ["./app:/docker-entrypoint-initdb.d"] }
`
  const OWN = { web: 'web', bot: 'bot' }
  const pins = (folders: readonly string[], ...later: readonly string[]) => {
    const declared = declaredServices(Object.fromEntries([COMPOSE, ...later].map((text, index) => [`${index}.yml`, text])))
    const without = withoutFolders(declared, OWN, folders)
    const text = pinFile(OWN, { web: 'w@sha256:0', bot: 'b@sha256:0' }, declared, without)
    const { services } = parse(text, { logLevel: 'silent' }) as { readonly services: Record<string, { readonly volumes?: unknown }> }
    return { text, web: services.web?.volumes, bot: services.bot?.volumes, db: services.db, sentences: droppedSentences(without) }
  }

  test('are gone from each of our services, which keeps its others as they are written; no other service changes', () => {
    const { text, web, bot, db, sentences } = pins(['./app'])
    expect(web).toEqual(['uploads:/var/$$odd', './apples:/apples'])
    expect(text).toContain('    volumes: !override\n      - "uploads:/var/$$odd"\n')
    expect(bot).toEqual([])
    expect(text).toContain('    volumes: !reset []\n')
    expect(db).toBeUndefined()
    expect(sentences).toEqual(['web without ./app/web, ./app/shared', 'bot without ./app'])
  })

  test('of one folder leave those of the folders beside it', () => {
    expect(pins(['app/web']).web).toEqual([
      { type: 'bind', source: './app/shared', target: '/srv/shared' },
      'uploads:/var/$$odd',
      './apples:/apples',
    ])
    expect(pins(['app/web']).bot).toBeUndefined()
  })

  test('are those of all files together: a later mount at the same place counts, and one that overrides stands alone', () => {
    expect(pins(['app'], 'services: { web: { volumes: ["cache:/srv/web"] } }').web).toEqual([
      'uploads:/var/$$odd',
      './apples:/apples',
      'cache:/srv/web',
    ])
    expect(pins(['app'], 'services: { web: { volumes: !override ["./app/web:/srv/web", "kept:/kept"] } }').web).toEqual(['kept:/kept'])
  })
})
