import { describe, expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { imageNames } from '../../src/config/images.ts'
import { readConfig } from '../../src/config/read.ts'
import { declaredServices } from '../../src/plan/compose-files.ts'
import { ownership, pinEnvironment, pinFile, probeFile } from '../../src/plan/pins.ts'
import { configOf } from '../config/problems.ts'

const owned = (config: string, ...compose: string[]) => {
  const text = `project: shop\nregistry: { namespace: Acme }\n${config}`
  const { config: read, placeOf } = readConfig({ bytes: Buffer.from(text), file: 'deploy.yml', environment: {}, isUnused: () => false })
  const names = Object.fromEntries(Object.keys(read.images).map((key) => [key, imageNames(read, key, null)]))
  const found = ownership(
    read,
    placeOf,
    declaredServices(Object.fromEntries(compose.map((text, index) => [`${index + 1}.yml`, text]))),
    names,
  )
  return {
    services: { ...found.services },
    problems: found.problems.map(({ file, line, column, message }) => `${file}:${line}:${column} ${message}`),
  }
}

const nowhere = (): never => {
  throw new Error('nothing is wrong here')
}

describe('whose service is it', () => {
  test('each service that names our repository is ours, by any tag, digest or variable', () => {
    expect(
      owned(
        'images: { api: {}, bot: {} }\n',
        'services:\n  a: { image: "ghcr.io/acme/shop-api:latest" }\n  b: { image: "${R:-ghcr.io}/acme/shop-api:${T}" }\n  c: { image: "ghcr.io/acme/shop-bot@sha256:00" }\n  d: { image: ghcr.io/acme/shop-api-more }\n  e: { build: . }\n',
      ),
    ).toEqual({ services: { a: 'api', b: 'api', c: 'bot' }, problems: [] })
  })

  test("Docker Hub's names are the same with and without its host", () => {
    for (const image of ['acme/shop-api', 'docker.io/acme/shop-api:1'])
      expect(owned('images: { api: {} }\n'.replace('images', 'images'), `services: { a: { image: "${image}" } }\n`).services).toEqual({})
    const config = 'images: { api: {} }\n'
    const hub = (image: string) => {
      const read = configOf(`project: shop\nregistry: { host: docker.io, namespace: acme }\n${config}`)
      return {
        ...ownership(read, nowhere, declaredServices({ 'a.yml': `services: { a: { image: "${image}" } }\n` }), {
          api: imageNames(read, 'api', null),
        }).services,
      }
    }
    for (const image of ['acme/shop-api', 'docker.io/acme/shop-api', 'acme/shop-api:1']) expect(hub(image)).toEqual({ a: 'api' })
  })

  test('services that the config lists are ours whatever they name', () => {
    expect(
      owned('images: { api: { services: [web] } }\n', 'services: { web: { build: . }, other: { image: ghcr.io/acme/shop-api } }\n'),
    ).toEqual({ services: { web: 'api' }, problems: [] })
  })

  test('a listed service that no file has, and an image that nobody runs, are problems, all at once', () => {
    const { problems } = owned('images: { api: { services: [wbe] }, bot: {} }\n', 'services: { web: { image: x } }\n')
    expect(problems).toEqual([
      'deploy.yml:3:29 images.api.services[0]: no compose file has a service wbe',
      "deploy.yml:3:42 images.bot: no service of docker-compose.yml runs image bot (ghcr.io/acme/shop-bot): write that name as the service's image, or list the service under images.bot.services",
    ])
  })

  test('with pin: env, a hard-coded image is refused at its place', () => {
    const config = 'images: { api: { services: [a, b, c, d], variable: API_IMAGE } }\ncompose: { pin: env }\n'
    const { problems } = owned(
      config,
      'services:\n  a: { image: "$API_IMAGE" }\n  b: { image: "${API_IMAGE:?}" }\n  c:\n    image: ghcr.io/acme/shop-api:latest\n  d: { image: "x${API_IMAGE}" }\n',
    )
    expect(problems).toEqual([
      '1.yml:5:12 service c has the image "ghcr.io/acme/shop-api:latest", so the digest in $API_IMAGE would not be used: write image: ${API_IMAGE}, or use compose.pin: override',
      expect.stringMatching(/^1\.yml:6:15 service d has the image "x\$\{API_IMAGE\}"/),
    ])
  })
})

describe('the pin file', () => {
  const declared = declaredServices({
    'a.yml': 'services:\n  api: { build: ., container_name: the-api, image: x }\n  "a.b": { image: x }\n',
  })
  test('says which bytes run, that nothing is pulled or built, and takes names that would be taken', () => {
    expect(
      pinFile({ api: 'api', 'a.b': 'api' }, { api: 'ghcr.io/acme/api@sha256:00' }, declared),
    ).toBe(`# Made by deploy-action for this release: which bytes each service runs.
services:
  "api":
    image: "ghcr.io/acme/api@sha256:00"
    pull_policy: never
    build: !reset null
    container_name: !reset null
  "a.b":
    image: "ghcr.io/acme/api@sha256:00"
    pull_policy: never
`)
  })
  test('as an environment file has a line for each image', () => {
    const config = configOf(
      'project: shop\nregistry: { namespace: a }\nimages: { api: { variable: API }, bot: { variable: BOT } }\ncompose: { pin: env }\n',
    )
    expect(pinEnvironment(config, { api: 'a@sha256:00', bot: 'b@sha256:11' })).toBe('API=a@sha256:00\nBOT=b@sha256:11\n')
  })
  test('the probe asks compose what a name becomes that holds a variable of the server', () => {
    const named = {
      name: 'bot',
      file: 'f',
      line: 1,
      column: 1,
      image: null,
      containerName: 'x-bot "q"',
      hasBuild: false,
      profiles: [],
      mounts: [],
      ownMountsOnly: false,
      containerNameToAsk: '${PREFIX:-x}-bot "q"',
    }
    const { services } = parse(probeFile('api', { required: [], requiredIf: {} }, [named])) as {
      services: Record<string, { labels: Record<string, string> }>
    }
    expect(services.bot?.labels).toEqual({ 'deploy-action.env.-name': '${PREFIX:-x}-bot "q"' })
    expect(services.api?.labels).toEqual({ 'deploy-action.env.': 'set' })
  })
  test('the probe asks compose which variables are set, and never for their values', () => {
    const labels = (
      parse(probeFile('api', { required: ['TOKEN', 'URL'], requiredIf: {} })) as { services: { api: { labels: Record<string, string> } } }
    ).services.api.labels
    expect(labels).toEqual({
      'deploy-action.env.': 'set',
      'deploy-action.env.TOKEN': '${TOKEN:+set}',
      'deploy-action.env.URL': '${URL:+set}',
    })
  })
})
