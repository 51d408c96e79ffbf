import { describe, expect, test } from '@jest/globals'
import { given, output, ran, withFiles } from './machine.ts'

const registry = given('SANDBOX_REGISTRY')
const platforms = 'linux/amd64,linux/arm64'

const project = {
  'requirements.txt': 'fastapi>=0.92\npsycopg2-binary>=2.9\n',
  Dockerfile: [
    'FROM python:3.12-slim',
    'COPY requirements.txt .',
    'RUN pip install --no-cache-dir -r requirements.txt && pip check',
    'RUN useradd --create-home app',
    'USER app',
    'RUN python -c "import fastapi, psycopg2"',
    'CMD ["python", "-c", "import platform; print(platform.machine())"]',
  ].join('\n'),
}

const platformsOf = (reference: string): readonly string[] => {
  const index = JSON.parse(output(['crane', 'manifest', reference])) as {
    readonly manifests: readonly { readonly platform: { readonly os: string; readonly architecture: string } }[]
  }
  return index.manifests.map(({ platform }) => `${platform.os}/${platform.architecture}`).sort()
}

/** Asks the loader itself about every program and library of the image. */
const missingLibraries =
  'find /usr/bin /usr/sbin /usr/lib -type f \\( -perm -100 -o -name "*.so*" \\) | while read -r f; do ' +
  '/lib64/ld-linux-x86-64.so.2 --list "$f" 2>&1 | grep "not found" | sed "s|^|$f: |"; done'

describe('the base images', () => {
  test.each(['python:3.12-slim', 'postgres:16-alpine', 'redis:7-alpine'])(
    'every program of %s finds its libraries',
    (name) => {
      expect(output(['docker', 'run', '--rm', '-q', '--entrypoint', 'sh', name, '-c', missingLibraries])).toBe('')
    },
    60_000,
  )

  test('Python finds the byte code of what it imports, as it does in the real image', () => {
    const imported = output([
      'docker',
      'run',
      '--rm',
      '-q',
      'python:3.12-slim',
      'sh',
      '-c',
      'python -v -c "import fastapi, sqlalchemy" 2>&1',
    ])
    const from = (what: RegExp): readonly string[] => imported.split('\n').filter((line) => what.test(line))
    expect(from(/^# code object from '.*\.pyc'$/).length).toBeGreaterThan(100)
    expect(from(/^# code object from .*\.py$|stale/)).toEqual([])
  })
})

describe('builds in the sandbox', () => {
  test(
    'an ordinary Python project builds for both platforms on the engine itself, and both run',
    () =>
      withFiles(project, (folder) => {
        const name = `${registry}/checks/engine:1`
        output(['docker', 'buildx', 'build', '-q', '--provenance=false', '--platform', platforms, '--push', '-t', name, folder])
        expect(platformsOf(name)).toEqual(['linux/amd64', 'linux/arm64'])
        const machine = (platform: string) => output(['docker', 'run', '--rm', '-q', '--pull', 'always', '--platform', platform, name])
        expect(machine('linux/arm64')).toBe('aarch64')
        expect(machine('linux/amd64')).toBe('x86_64')
      }),
    120_000,
  )

  test('a docker-container builder made without options starts, builds both platforms and pushes by digest', () => {
    const builder = 'sandbox-check'
    ran(['docker', 'buildx', 'rm', '-f', builder])
    try {
      output(['docker', 'buildx', 'create', '--name', builder, '--driver', 'docker-container'])
      withFiles({ Dockerfile: 'FROM python:3.12-slim\nRUN uname -m >/built-on\n' }, (folder) => {
        const to = `type=image,name=${registry}/checks/builder,push-by-digest=true,push=true`
        const metadata = `${folder}/metadata.json`
        const build = ['docker', 'buildx', 'build', '-q', '--builder', builder, '--provenance=false', '--platform', platforms] as const
        output([...build, '--output', to, '--metadata-file', metadata, folder])
        const { 'containerimage.digest': digest } = JSON.parse(output(['cat', metadata])) as Record<string, string>
        expect(platformsOf(`${registry}/checks/builder@${digest}`)).toEqual(['linux/amd64', 'linux/arm64'])
      })
    } finally {
      output(['docker', 'buildx', 'rm', '-f', builder])
    }
  }, 180_000)
})
