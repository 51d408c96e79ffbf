/** Images that no Dockerfile makes: a command of the project writes an OCI layout, and it becomes one of ours. */
import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, jest, test } from '@jest/globals'
import type { ConfigInput } from '../../src/config/schema.ts'
import { buildImages } from '../../src/pipeline/build/build.ts'
import { labelLayout } from '../../src/pipeline/build/labelled-layout.ts'
import { readLayout } from '../../src/pipeline/build/layout.ts'
import { writeImageLayout } from '../../src/pipeline/scan/layout-files.ts'
import { failure, type TestContext, testContext } from './support/context.ts'
import { memoryRegistry } from './support/memory-registry.ts'
import { type TestProject, testProject } from './support/project.ts'

jest.setTimeout(60_000)

type Image = NonNullable<ConfigInput['images']>[string]
type Listed = { readonly mediaType: string; readonly digest: string; readonly size: number }

/** A layout with one image for each platform, as tools write it: listed side by side, or under an index. */
const layoutOf = async (folder: string, architectures: readonly string[], under: 'side by side' | 'index' = 'side by side') => {
  const listed: Listed[] = []
  for (const architecture of architectures) {
    await writeImageLayout(folder, { architecture, layer: Buffer.from(`layer of ${architecture}`) })
    listed.push(...(JSON.parse(readFileSync(join(folder, 'index.json'), 'utf8')) as { manifests: Listed[] }).manifests)
  }
  const write = (manifests: readonly Listed[]): void =>
    writeFileSync(join(folder, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests }))
  write(listed)
  if (under === 'side by side') return
  const { createHash } = await import('node:crypto')
  const bytes = readFileSync(join(folder, 'index.json'))
  const digest = createHash('sha256').update(bytes).digest('hex')
  writeFileSync(join(folder, 'blobs/sha256', digest), bytes)
  write([{ mediaType: 'application/vnd.oci.image.index.v1+json', digest: `sha256:${digest}`, size: bytes.length }])
}

const BOTH = ['amd64', 'arm64']

const build = (project: TestProject, image: Image, dryRun = true): { context: TestContext; built: ReturnType<typeof buildImages> } => {
  const registry = memoryRegistry('ghcr.io')
  const env = { PATH: process.env.PATH, HOME: project.folder }
  const context = testContext({
    project: project.folder,
    config: { images: { bot: image } },
    request: { dryRun },
    ports: { openRegistry: async () => registry, env },
  })
  return { context, built: buildImages(context) }
}

describe('what a builder wrote', () => {
  test.each([
    ['a folder with the images side by side', 'side by side', 'cp -r made "$IMAGE_LAYOUT"'],
    ['a folder with an index', 'index', 'cp -r made "$IMAGE_LAYOUT"'],
    ['a tar file', 'index', 'tar -C made -cf "$IMAGE_LAYOUT" .'],
  ] as const)('%s is labelled, under one index, and pushed by digest', async (_, under, builder) => {
    using project = testProject({ 'src/main.go': 'package main' })
    await layoutOf(join(project.folder, 'src/made'), BOTH, under)
    const { context, built } = build(project, { builder, context: 'src' }, false)
    const { images } = await built
    expect(Object.keys(images.bot?.platforms ?? {})).toEqual(['linux/amd64', 'linux/arm64'])
    expect(images.bot).toMatchObject({ repository: 'ghcr.io/acme/sample-bot', tags: [], layout: null })
    // read back: verifyPushed compared the labels of each platform
    expect(context.facts.steps.map(({ name, result }) => `${name} ${result}`)).toEqual(['build bot succeeded', 'push bot succeeded'])
    expect(readdirSync(join(project.folder, '.deploy-action/layouts'))).toEqual([])
  })

  test('is the same digest, whatever way it was listed', async () => {
    const digests = new Set<string>()
    for (const under of ['side by side', 'index'] as const) {
      using project = testProject()
      await layoutOf(project.folder, BOTH, under)
      await labelLayout(project.folder, { name: 'bot', platforms: ['linux/amd64', 'linux/arm64'], labels: { a: 'b' } })
      const layout = await readLayout(project.folder)
      digests.add(layout.top.digest)
      expect(Object.values(layout.images).map(({ config }) => config.labels)).toEqual([{ a: 'b' }, { a: 'b' }])
    }
    expect(digests.size).toBe(1)
  })

  test('of one platform only that one is taken, without an index', async () => {
    using project = testProject()
    await layoutOf(project.folder, BOTH)
    await labelLayout(project.folder, { name: 'bot', platforms: ['linux/arm64'], labels: {} })
    const layout = await readLayout(project.folder)
    expect([Object.keys(layout.images), layout.top.mediaType]).toEqual([['linux/arm64'], 'application/vnd.oci.image.manifest.v1+json'])
  })

  test.each([
    ['a platform that is missing', ['amd64'], 'image bot was built for linux/amd64; linux/arm64 is missing'],
    ['two images for one platform', ['amd64', 'arm64', 'amd64'], 'wrote two images for linux/amd64'],
  ])('%s is refused', async (_, architectures, sentence) => {
    using project = testProject()
    await layoutOf(project.folder, architectures)
    if (architectures.length === 3) {
      await writeImageLayout(join(project.folder, 'more'), { architecture: 'amd64', layer: Buffer.from('another') })
      const other = JSON.parse(readFileSync(join(project.folder, 'more/index.json'), 'utf8')) as { manifests: Listed[] }
      for (const blob of readdirSync(join(project.folder, 'more/blobs/sha256')))
        writeFileSync(join(project.folder, 'blobs/sha256', blob), readFileSync(join(project.folder, 'more/blobs/sha256', blob)))
      const index = JSON.parse(readFileSync(join(project.folder, 'index.json'), 'utf8')) as { manifests: Listed[] }
      writeFileSync(join(project.folder, 'index.json'), JSON.stringify({ manifests: [...index.manifests.slice(0, 2), ...other.manifests] }))
    }
    const error = await failure(labelLayout(project.folder, { name: 'bot', platforms: ['linux/amd64', 'linux/arm64'], labels: {} }))
    expect([error.code, error.message]).toEqual(['BUILD', expect.stringContaining(sentence)])
  })

  test('with one changed byte is refused', async () => {
    using project = testProject()
    await layoutOf(join(project.folder, 'made'), BOTH)
    const blobs = join(project.folder, 'made/blobs/sha256')
    const layer = readdirSync(blobs).find((blob) => readFileSync(join(blobs, blob), 'utf8').startsWith('layer of'))
    writeFileSync(join(blobs, layer ?? ''), 'lAyer')
    const error = await failure(build(project, { builder: 'cp -r made "$IMAGE_LAYOUT"' }).built)
    expect([error.code, error.message]).toEqual(['BUILD', expect.stringContaining('has other bytes')])
  })

  test.each([
    ['nothing', 'true', 'ended well and wrote nothing to $IMAGE_LAYOUT', /ko build --push=false/],
    ['no archive', 'echo x > "$IMAGE_LAYOUT"', 'is neither a folder nor a tar file', /OCI layout/],
    ['no layout', 'mkdir "$IMAGE_LAYOUT"', 'it has no index.json', /./],
    ['a failure', 'echo "undefined: x" >&2; exit 2', 'its builder ended with 2', /IMAGE_LAYOUT/],
  ])('%s: said so, with what mends it', async (_, builder, sentence, hint) => {
    using project = testProject()
    const error = await failure(build(project, { builder }).built)
    expect([error.code, error.message, error.details.hint]).toEqual([
      'BUILD',
      expect.stringContaining(sentence),
      expect.stringMatching(hint),
    ])
    expect(readdirSync(join(project.folder, '.deploy-action/layouts'))).toEqual([])
  })
})

test('builder and prebuild know what is built, and what the build must know; neither needs docker', async () => {
  using project = testProject({ 'web/package.json': '{}' })
  await layoutOf(join(project.folder, 'made'), ['arm64'])
  project.write('bin/docker', '#!/bin/sh\ntouch "$HOME/docker-was-asked"\nexit 1\n')
  chmodSync(join(project.folder, 'bin/docker'), 0o755)
  const told = ['IMAGE_NAME', 'IMAGE_PLATFORMS', 'IMAGE_REVISION', 'IMAGE_VERSION', 'SOURCE_DATE_EPOCH', 'VITE_API', 'TOKEN']
  const tell = (file: string): string => `PATH="$HOME/bin:$PATH"; printf '%s\\n' ${told.map((name) => `"$${name}"`).join(' ')} > ${file}`
  const { context, built } = build(project, {
    context: 'web',
    platforms: ['linux/arm64'],
    args: { VITE_API: 'https://api.example.org' },
    secrets: { TOKEN: 's3cret-of-the-build' },
    prebuild: tell('before'),
    builder: `${tell('during')}; cp -r ../made "$IMAGE_LAYOUT"`,
  })
  await built
  const expected = [
    'ghcr.io/acme/sample-bot',
    'linux/arm64',
    'a'.repeat(40),
    'a'.repeat(12),
    '1767323045',
    'https://api.example.org',
    's3cret-of-the-build',
  ]
  for (const file of ['before', 'during'])
    expect(
      readFileSync(join(project.folder, 'web', file), 'utf8')
        .trim()
        .split('\n'),
    ).toEqual(expected)
  expect(context.facts.steps.map(({ name }) => name)).toEqual(['prebuild bot', 'build bot'])
  expect(existsSync(join(project.folder, 'docker-was-asked'))).toBe(false)
})

test('a prebuild that fails ends the build, with its last lines', async () => {
  using project = testProject()
  const error = await failure(build(project, { prebuild: 'echo "no bun here"; exit 127', builder: 'touch built' }).built)
  expect([error.code, error.message, error.details.evidence]).toEqual([
    'BUILD',
    'BUILD: prebuild of image bot ended with 127',
    ['no bun here'],
  ])
  expect(existsSync(join(project.folder, 'built'))).toBe(false)
})

describe('submodules that were not checked out', () => {
  const SUBMODULES = '[submodule "core"]\n\tpath = libs/core\n\turl = https://example.org/core.git\n'

  test.each([
    ['the context', { context: 'libs/core' }],
    ['a folder of the context', { context: 'libs/core/api' }],
    ['the Dockerfile', { dockerfile: 'libs/core/Dockerfile' }],
  ])('are refused where they hold %s, with what mends it', async (_, image) => {
    using project = testProject({ '.gitmodules': SUBMODULES })
    const error = await failure(build(project, image).built)
    expect([error.code, error.message, error.details.hint]).toEqual([
      'CONFIG',
      expect.stringContaining('libs/core is a submodule that was not checked out'),
      expect.stringContaining('git submodule update --init --recursive'),
    ])
  })

  test('are warned of where the context holds them, and are nothing to talk about where it does not, or where they are there', async () => {
    const warnings = async (files: Record<string, string>, context: string): Promise<number> => {
      using project = testProject({ '.gitmodules': SUBMODULES, 'bot/x': '', ...files })
      const { context: run, built } = build(project, { context, builder: 'false' })
      await failure(built)
      return run.log.lines.filter((line) => line.startsWith('warning libs/core is a submodule')).length
    }
    expect([await warnings({}, '.'), await warnings({}, 'bot'), await warnings({ 'libs/core/file': '' }, '.')]).toEqual([1, 0, 0])
  })
})
