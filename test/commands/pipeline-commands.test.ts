import { describe, expect, test } from '@jest/globals'
import { buildxBuild, buildxCreate, buildxRemove } from '../../src/commands/buildx.ts'
import { composeDownOptions } from '../../src/commands/compose-test.ts'
import { dockerRemove, dockerRun } from '../../src/commands/docker.ts'
import { trivyDatabase, trivyImage } from '../../src/commands/trivy.ts'

const build = {
  context: '/project/api',
  dockerfile: '/project/api/Dockerfile',
  platforms: ['linux/amd64', 'linux/arm64'],
  args: { VERSION: '1 2' },
  secrets: { TOKEN: 'SECRET_TOKEN' },
  labels: { 'org.opencontainers.image.revision': 'abc' },
  cacheFrom: ['type=gha,scope=x'],
  cacheTo: ['type=gha,scope=x,mode=max'],
  archive: '/tmp/out.tar',
  created: 1_767_323_045,
}

describe('docker buildx build', () => {
  test('builds all platforms into one archive, without attestations', () => {
    expect(buildxBuild(build)).toEqual([
      ...['docker', 'buildx', 'build', '--progress=plain', '--provenance=false', '--sbom=false'],
      ...['--platform', 'linux/amd64', '--platform', 'linux/arm64'],
      ...['--build-arg', 'VERSION=1 2', '--secret', 'id=TOKEN,env=SECRET_TOKEN', '--label', 'org.opencontainers.image.revision=abc'],
      ...['--annotation', 'index:org.opencontainers.image.revision=abc'],
      ...['--cache-from', 'type=gha,scope=x', '--cache-to', 'type=gha,scope=x,mode=max'],
      ...['--output', 'type=oci,dest=/tmp/out.tar,source-date-epoch=1767323045', '--file', '/project/api/Dockerfile', '--', '/project/api'],
    ])
  })

  test('never moves a tag and pushes nothing', () => {
    const argv = buildxBuild(build)
    for (const flag of ['--tag', '-t', '--push', '--load']) expect(argv).not.toContain(flag)
  })

  test('an image for one platform has no index that could be annotated', () => {
    expect(buildxBuild({ ...build, platforms: ['linux/amd64'] })).not.toContain('--annotation')
  })

  test('a comma in the path does not become an option of the output', () => {
    expect(buildxBuild({ ...build, archive: '/a,type=registry/x.tar' })).toContain(
      'type=oci,"dest=/a,type=registry/x.tar",source-date-epoch=1767323045',
    )
  })

  test('a target and a builder are named', () => {
    const argv = buildxBuild({ ...build, target: 'prod', builder: 'ours' })
    expect(argv.slice(3, 5)).toEqual(['--builder', 'ours'])
    expect(argv[argv.indexOf('--target') + 1]).toBe('prod')
  })

  test('a builder of our own is made ready, and taken away with force', () => {
    expect(buildxCreate({ name: 'ours', image: 'mirror/buildkit:1', config: '/b.toml' })).toEqual([
      ...['docker', 'buildx', 'create', '--name', 'ours', '--driver', 'docker-container'],
      ...['--driver-opt', 'image=mirror/buildkit:1', '--buildkitd-config', '/b.toml', '--bootstrap'],
    ])
    expect(buildxRemove('ours')).toEqual(['docker', 'buildx', 'rm', '--force', 'ours'])
  })
})

describe('a command in a container', () => {
  const run = { name: 'n', image: 'python:3.12-slim', project: '/my project', variables: ['TOKEN'], command: ['sh', '-c', 'exit 3'] }

  test('sees the project, and has a name by which it can be removed', () => {
    const argv = dockerRun(run)
    expect(argv).toContain('type=bind,source=/my project,target=/project')
    expect(argv.slice(argv.indexOf('--entrypoint'))).toEqual(['--entrypoint', 'sh', '--', 'python:3.12-slim', '-c', 'exit 3'])
    expect(dockerRemove('n')).toEqual(['docker', 'rm', '--force', '--volumes', 'n'])
  })

  test('values of variables are not among its arguments', () => {
    const argv = dockerRun(run)
    expect(argv[argv.indexOf('--env') + 1]).toBe('TOKEN')
  })
})

test('a test environment leaves neither volumes nor orphans nor images that were built for it', () => {
  expect(composeDownOptions()).toEqual(expect.arrayContaining(['--volumes', '--remove-orphans', '--rmi', 'local']))
})

describe('trivy', () => {
  const scan = {
    program: '/trivy',
    source: { kind: 'registry', reference: 'r/a@sha256:1', platform: 'linux/arm64' } as const,
    cacheDirectory: '/cache',
    severities: ['CRITICAL', 'HIGH'],
    ignoreUnfixed: true,
    output: '/out.json',
    timeoutMs: 600_000,
  }

  test('looks in the registry and nowhere else, and reads no file that lies around', () => {
    const argv = trivyImage(scan).join(' ')
    for (const guard of [
      '--image-src remote',
      '--platform linux/arm64',
      '--config /dev/null',
      '--ignorefile /dev/null',
      '--exit-code 10',
      '--skip-db-update',
    ])
      expect(argv).toContain(guard)
    expect(argv.endsWith('r/a@sha256:1')).toBe(true)
  })

  test('never has a password among its arguments', () => {
    expect(trivyImage(scan).join(' ')).not.toMatch(/--(password|username|registry-token)/)
  })

  test('scans a layout without a platform, which it would ignore', () => {
    const argv = trivyImage({ ...scan, source: { kind: 'layout', folder: '/l' } })
    expect(argv.slice(-2)).toEqual(['--input', '/l'])
    expect(argv).not.toContain('--platform')
  })

  test('unfixed findings are asked for unless they are to be ignored', () => {
    expect(trivyImage(scan)).toContain('--ignore-unfixed')
    expect(trivyImage({ ...scan, ignoreUnfixed: false })).not.toContain('--ignore-unfixed')
  })

  test('the database comes from the repository that is named', () => {
    expect(trivyDatabase('/trivy', 'mirror/db:2', '/cache').slice(-3)).toEqual(['--download-db-only', '--db-repository', 'mirror/db:2'])
  })
})
