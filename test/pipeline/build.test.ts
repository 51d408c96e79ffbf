import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, jest, test } from '@jest/globals'
import { buildImages } from '../../src/pipeline/build/build.ts'
import { driverOf, hasContainerdStore, withBuilder } from '../../src/pipeline/build/builder.ts'
import { layerCache } from '../../src/pipeline/build/cache.ts'
import { readBuildFailure } from '../../src/pipeline/build/failure.ts'
import { imageLabels } from '../../src/pipeline/build/labels.ts'
import { readLayout } from '../../src/pipeline/build/layout.ts'
import { verifyPushed } from '../../src/pipeline/build/verify.ts'
import { writeImageLayout } from '../../src/pipeline/scan/layout-files.ts'
import type { Argv, Programs, RunResult } from '../../src/ports.ts'
import { failure, testContext } from './support/context.ts'
import { memoryRegistry } from './support/memory-registry.ts'
import { testProject } from './support/project.ts'

// real git and real processes, on machines that are busy with other tests, too
jest.setTimeout(60_000)

const commit = {
  sha: 'c'.repeat(40),
  ref: 'main',
  repository: 'a/b',
  source: 'https://github.com/a/b',
  created: '2026-01-02T03:04:05Z',
  dirty: false,
}

describe('labels', () => {
  test('follow from the commit alone', () => {
    expect(imageLabels(commit)).toEqual({
      'org.opencontainers.image.source': 'https://github.com/a/b',
      'org.opencontainers.image.revision': 'c'.repeat(40),
      'org.opencontainers.image.version': 'cccccccccccc',
      'org.opencontainers.image.created': '2026-01-02T03:04:05Z',
    })
  })

  test.each([
    ['v1.2.3', '1.2.3'],
    ['2.0.0-rc.1', '2.0.0-rc.1'],
    ['feature/x', 'cccccccccccc'],
    [null, 'cccccccccccc'],
  ])('of ref %s the version is %s', (ref, version) => {
    expect(imageLabels({ ...commit, ref })['org.opencontainers.image.version']).toBe(version)
  })

  test('a tree with changes does not pass for the commit', () => {
    expect(imageLabels({ ...commit, dirty: true })['org.opencontainers.image.version']).toBe('cccccccccccc-dirty')
  })
})

describe('the builder', () => {
  const result = (change: Partial<RunResult>): RunResult => ({
    code: 0,
    signal: null,
    timedOut: false,
    stdout: '',
    stderr: '',
    durationMs: 1,
    ...change,
  })
  const snapshotter = '{"DriverStatus":[["driver-type","io.containerd.snapshotter.v1"]]}'
  const overlay = '{"DriverStatus":[["Backing Filesystem","extfs"]]}'

  const scripted = (driver: string, info: string, ran: Argv[] = []): Programs => ({
    run: async (argv) => {
      ran.push(argv)
      const [, verb, what] = argv
      if (verb === 'info') return result({ stdout: info })
      return result(what === 'inspect' ? { stdout: `Name:   x\nDriver:   ${driver}\n` } : {})
    },
  })

  const used = async (driver: string, info: string, env: Record<string, string> = {}) => {
    const ran: Argv[] = []
    const programs = scripted(driver, info, ran)
    const context = testContext({ project: '/nowhere', config: {}, ports: { programs, env } })
    const builder = await withBuilder(context, async (lent) => lent)
    return { builder, verbs: ran.map((argv) => argv.slice(1, 3).join(' ')) }
  }

  test('is the engine itself where it has the containerd store', async () => {
    expect((await used('docker', snapshotter)).builder).toEqual({ ephemeral: false })
  })

  test('is one of our own where the engine cannot, and is gone afterwards', async () => {
    const { builder, verbs } = await used('docker', overlay)
    expect(builder.ephemeral).toBe(true)
    expect(verbs.slice(-2)).toEqual(['buildx create', 'buildx rm'])
  })

  test('is the one that somebody set up before', async () => {
    expect((await used('docker-container', overlay)).builder).toEqual({ ephemeral: false })
  })

  test('is gone also when the build fails', async () => {
    const ran: Argv[] = []
    const context = testContext({ project: '/nowhere', config: {}, ports: { programs: scripted('docker', overlay, ran), env: {} } })
    await expect(withBuilder(context, () => Promise.reject(new Error('no')))).rejects.toThrow('no')
    expect(ran.at(-1)?.slice(0, 3)).toEqual(['docker', 'buildx', 'rm'])
  })

  test('is gone also when the run is cancelled while it starts', async () => {
    const ran: Argv[] = []
    const base = scripted('docker', overlay, ran)
    const programs: Programs = {
      run: (argv, options) => {
        if (argv[2] !== 'create') return base.run(argv, options)
        context.cancel()
        return new Promise(() => {})
      },
    }
    const context = testContext({ project: '/nowhere', config: {}, ports: { programs, env: {} } })
    const error = await failure(withBuilder(context, async () => {}))
    expect(error.code).toBe('CANCELLED')
    expect(ran.at(-1)?.slice(0, 3)).toEqual(['docker', 'buildx', 'rm'])
  })

  test('a machine without buildx is told so', async () => {
    const programs: Programs = { run: async () => result({ code: 1, stderr: "docker: 'buildx' is not a docker command" }) }
    const error = await failure(withBuilder(testContext({ project: '/x', config: {}, ports: { programs, env: {} } }), async () => {}))
    expect([error.code, error.details.hint]).toEqual(['CONFIG', 'docker buildx inspect'])
  })

  test('what Docker prints is understood', () => {
    expect(driverOf('Name: default\nDriver: docker\n')).toBe('docker')
    expect([snapshotter, overlay, 'no JSON'].map(hasContainerdStore)).toEqual([true, false, false])
  })
})

test('what a killed run left is removed before the next build, and what a living one works on is not', async () => {
  const ended = spawnSync('true').pid
  using project = testProject({
    [`.deploy-action/layouts/.api-${ended}/index.json`]: '{}',
    [`.deploy-action/layouts/.api-${ended}.tar`]: 'x',
    [`.deploy-action/layouts/.bot-${process.ppid}.tar`]: 'x',
    '.deploy-action/layouts/api/index.json': '{}',
  })
  const programs: Programs = {
    run: async (argv) => ({
      code: argv[2] === 'build' ? 1 : 0,
      signal: null,
      timedOut: false,
      stdout: 'Driver: docker-container\n',
      stderr: '',
      durationMs: 1,
    }),
  }
  const context = testContext({ project: project.folder, config: {}, request: { dryRun: true }, ports: { programs, env: {} } })
  expect((await failure(buildImages(context))).code).toBe('BUILD')
  expect(readdirSync(join(project.folder, '.deploy-action/layouts')).sort()).toEqual([`.bot-${process.ppid}.tar`, 'api'])
})

describe('the layer cache', () => {
  const question = { env: {}, scope: 'p-api', ephemeral: true }

  test("is GitHub's where the job has it", async () => {
    const env = { ACTIONS_RUNTIME_TOKEN: 't', ACTIONS_RESULTS_URL: 'https://x' }
    const cache = await layerCache({ ...question, project: '/nowhere', env })
    expect(cache.from).toEqual(['type=gha,scope=p-api'])
    expect(cache.to).toEqual(['type=gha,scope=p-api,mode=max,ignore-error=true'])
  })

  test('is none where the engine keeps its own', async () => {
    expect(await layerCache({ ...question, project: '/nowhere', ephemeral: false })).toMatchObject({ from: [], to: [] })
  })

  test('is a folder that is replaced, and never grows', async () => {
    using project = testProject()
    const cache = await layerCache({ ...question, project: project.folder })
    const folder = join(project.folder, '.deploy-action/cache/layers/p-api')
    writeFileSync(join(folder, 'old'), '')
    mkdirSync(`${folder}.next`)
    writeFileSync(join(`${folder}.next`, 'new'), 'layer')
    await cache.keep()
    expect(readFileSync(join(folder, 'new'), 'utf8')).toBe('layer')
    expect(() => readFileSync(join(folder, 'old'))).toThrow()
    expect(readFileSync(join(project.folder, '.deploy-action/.gitignore'), 'utf8')).toBe('*\n')
  })
})

describe('a build that fails', () => {
  const output = `#9 [linux/arm64 3/4] RUN pip install nothing
#9 1.2 ERROR: No matching distribution found for nothing
------
 > [linux/arm64 3/4] RUN pip install nothing:
1.2 ERROR: No matching distribution found for nothing
------
Dockerfile:7
--------------------
   5 |
   7 | >>> RUN pip install nothing
--------------------
ERROR: failed to build: failed to solve: process "/bin/sh -c pip install nothing" did not complete successfully: exit code: 1
`

  test('says which step, why, and on which line', () => {
    expect(readBuildFailure(output, 'api/Dockerfile')).toMatchObject({
      step: '[linux/arm64 3/4] RUN pip install nothing',
      reason: 'process "/bin/sh -c pip install nothing" did not complete successfully: exit code: 1',
      places: [{ file: 'api/Dockerfile', line: 7, column: 1 }],
    })
  })

  test.each([
    ['exec /bin/sh: exec format error', /setup-qemu-action/],
    ['write /x: no space left on device', /docker system df/],
    ['tls: failed to verify certificate: x509: unknown authority', /DEPLOY_BUILDKIT_CONFIG/],
    ['anything', /docker buildx build/],
  ])('%j has a hint that helps', (line, hint) => {
    expect(readBuildFailure(`${line}\n`, 'Dockerfile').hint).toMatch(hint)
  })
})

describe('a layout', () => {
  test('is read with its platform', async () => {
    using project = testProject()
    await writeImageLayout(project.folder, { architecture: 'arm64', layer: Buffer.from('layer') })
    const layout = await readLayout(project.folder)
    expect(Object.keys(layout.images)).toEqual(['linux/arm64'])
    expect(layout.images['linux/arm64']?.blobs).toHaveLength(2)
  })

  test('with one changed byte is refused', async () => {
    using project = testProject()
    await writeImageLayout(project.folder, { architecture: 'arm64', layer: Buffer.from('layer') })
    const blob = (await readLayout(project.folder)).images['linux/arm64']?.blobs[1]
    writeFileSync(blob?.path ?? '', 'lAyer')
    const error = await failure(readLayout(project.folder))
    expect(error.code).toBe('BUILD')
    expect(error.message).toContain('has other bytes')
  })

  test('without an index is refused', async () => {
    using project = testProject()
    expect((await failure(readLayout(project.folder))).message).toContain('no index.json')
  })
})

describe('what was pushed is read back', () => {
  const labels = { a: 'b' }
  const verify = (image: Parameters<ReturnType<typeof memoryRegistry>['put']>[1], platforms = ['linux/amd64', 'linux/arm64']) => {
    const registry = memoryRegistry()
    const { index, platforms: digests } = registry.put('acme/api', image)
    return { digests, result: verifyPushed(registry, 'acme/api', { digest: index.digest, platforms, labels }) }
  }

  test('every platform is there with its labels, and attestations are none', async () => {
    const { digests, result } = verify({ labels, attested: true })
    expect(await result).toEqual(digests)
  })

  test('a missing platform is seen', async () => {
    expect((await failure(verify({ labels, platforms: ['linux/amd64'] }).result)).message).toContain('has no linux/arm64')
  })

  test('a missing label is seen', async () => {
    expect((await failure(verify({}).result)).message).toContain('label a')
  })

  test('an image that is not in the registry is seen', async () => {
    const digest = `sha256:${'0'.repeat(64)}`
    const error = await failure(verifyPushed(memoryRegistry(), 'acme/api', { digest, platforms: [], labels }))
    expect(error.message).toContain('is not in the registry')
  })
})
