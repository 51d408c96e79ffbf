/** Environment files and compose files mean what Docker means by them: asked of `docker compose config` itself, byte for byte. */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals'
import fc from 'fast-check'
import { declaredServices, repositoryOf } from '../../../src/plan/compose-files.ts'
import { probeFile } from '../../../src/plan/pins.ts'
import { composeFunction } from '../../../src/transaction/compose-function.ts'
import { observation } from '../../../src/transaction/observation.ts'

jest.setTimeout(600_000)

/** The same texts each time, so that a failure is found again; another seed finds others. */
const SEED = Number(process.env.FAST_CHECK_SEED ?? 20261121)
const bounded = (numRuns: number): fc.Parameters<unknown> => ({ seed: SEED, numRuns, endOnFailure: true })
const PROGRAM = join(import.meta.dirname, '../../../src/transaction/program')
const NAMES = ['A', 'B', 'LONG_NAME', 'D4'] as const
/** In every value, so that it can be looked for. */
const MARK = 'S3cr3tM4rk'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'meaning-'))
  mkdirSync(join(folder, 'pins'))
})
// a test may have pins and a probe of its own
beforeEach(() => {
  writeFileSync(join(folder, 'pins/pin.env'), '')
  writeFileSync(join(folder, 'pins/pin.yml'), 'services: {}\n')
  writeFileSync(join(folder, 'probe.yml'), probeFile('web', { required: NAMES, requiredIf: {} }))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const environment = (): NodeJS.ProcessEnv => ({ PATH: process.env.PATH, HOME: process.env.HOME, DOCKER_CONFIG: process.env.DOCKER_CONFIG })
interface Answer {
  readonly code: number | null
  readonly out: Buffer
  readonly err: string
}
const run = (program: string, args: readonly string[]): Answer => {
  const { status, stdout, stderr } = spawnSync(program, args, { cwd: folder, env: environment(), maxBuffer: 1 << 26 })
  return { code: status, out: stdout, err: String(stderr) }
}
/** As somebody would type it in the deploy directory. */
const docker = (...args: readonly string[]): Answer => run('docker', ['compose', '--project-name', 'p', ...args])
/** As the program on the server asks. */
const ours = (pin: 'env' | 'override', more = ''): Answer => {
  writeFileSync(
    join(folder, 'compose.sh'),
    composeFunction({ project: 'p', directory: folder, environmentFile: '.env', files: ['docker-compose.yml'], profiles: [], pin: pin }),
  )
  const rooms = ['docker', 'observe'].map((room) => `. '${PROGRAM}/${room}.sh'`).join('; ')
  return run('sh', ['-c', `set -u; time_limit=; ${rooms}; . ./compose.sh; compose_over . pins '${more && 'probe.yml'}' config ${more}`])
}

const COMPOSE = `services:
  web:
    image: nginx
    command: ["run", "\${A}"]
    entrypoint: "sh -c \${B}"
    env_file: .env
    environment: { ${NAMES.map((name) => `V_${name}: "\${${name}}"`).join(', ')} }
    labels: { of.web: "\${A}", deploy-action.env.A: "\${B}" }
    healthcheck: { test: ["CMD", "ask", "\${A}"] }
    logging: { driver: json-file, options: { tag: "\${A}" } }
    deploy: { labels: { of.deploy: "\${A}" } }
x-own: { a: "\${A}" }
`

const piece = fc.constantFrom(
  'a', 'Z9', ' ', '  ', '"', "'", '\\', '\\n', '\\t', '\\"', '$', '$$', '$A', '${A}', '${NOT_SET:-x}', '${B:+y}', '#', ' #', '=', ':', 'ü', '🚀', '`', '!', ';', '&', '{', '}', '%', '\t', '|', '>', '- ',
) // biome-ignore format: a list of what is special somewhere
const value = fc
  .tuple(fc.array(piece, { maxLength: 6 }), fc.array(piece, { maxLength: 4 }))
  .map(([before, after]) => `${before.join('')}${MARK}${after.join('')}`)
const written = fc.oneof(
  value,
  value.map((text) => `"${text}"`),
  value.map((text) => `'${text}'`),
  value.map((text) => `"${text}\n${text} more"`),
  value.map((text) => `'${text}\r\n${text} more'`),
  fc.constantFrom('', '""', "''", ' ', '# only a comment', '"" # comment', "'a' b"),
)
const line = fc.oneof(
  {
    weight: 8,
    arbitrary: fc
      .tuple(fc.constantFrom('', 'export ', ' ', '  export  '), fc.constantFrom(...NAMES), fc.constantFrom('=', ' = ', '= ', ': '), written)
      .map((parts) => parts.join('')),
  },
  { weight: 1, arbitrary: fc.constantFrom('', '# a comment', '   ', '  # x=y', 'NO_VALUE', '=x', '1A=x', 'A-B=x', 'Ä=x') },
)
const environmentFile = fc
  .tuple(
    fc.constantFrom('', '', '', '\ufeff'),
    fc.array(line, { maxLength: 6 }),
    fc.constantFrom('\n', '\n', '\r\n'),
    fc.constantFrom('', '\n'),
  )
  .map(([mark, lines, end, last]) => `${mark}${lines.join(end)}${last}`)

describe(`environment files (seed ${SEED})`, () => {
  beforeAll(() => writeFileSync(join(folder, 'docker-compose.yml'), COMPOSE))

  test('are resolved as docker compose resolves them, or refused as it refuses them', () => {
    let accepted = 0
    fc.assert(
      fc.property(environmentFile, fc.constantFrom('env' as const, 'override' as const), (text, pin) => {
        writeFileSync(join(folder, '.env'), text)
        const theirs = docker('config')
        const answer = ours(pin)
        if (theirs.code === 0) accepted += 1
        expect([answer.code === 0, answer.out.toString('latin1')]).toEqual([theirs.code === 0, theirs.out.toString('latin1')])
      }),
      bounded(30),
    )
    expect(accepted).toBeGreaterThan(15)
  })

  test('a required variable is set where docker compose gives it a value, and none of the values leaves', () => {
    let asked = 0
    fc.assert(
      fc.property(environmentFile, (text) => {
        writeFileSync(join(folder, '.env'), text)
        const reference = docker('config', '--format', 'json')
        if (reference.code !== 0) return
        asked += 1
        const { services } = JSON.parse(reference.out.toString()) as { services: { web: { environment: Record<string, string> } } }
        const told = ours('override', '| without_values').out.toString()
        expect(told).not.toContain(MARK)
        const set = NAMES.filter((name) => (services.web.environment[`V_${name}`] ?? '') !== '')
        expect([...observation({ resolved: told }).environmentSet].sort()).toEqual([...set].sort())
      }),
      bounded(30),
    )
    expect(asked).toBeGreaterThan(15)
  })
})

test.each([
  ['ADMIN_ENABLED=true\n', ['ADMIN_TOKEN']],
  ['ADMIN_ENABLED="true" # for now\n', ['ADMIN_TOKEN']],
  ["ON=true\nADMIN_ENABLED='true'\nOTHER=${ON}\n", ['ADMIN_TOKEN', 'OTHER_TOKEN']],
  ['ADMIN_ENABLED=false\n', []],
  ['ADMIN_ENABLED=true=\n', []],
  [`ADMIN_ENABLED="true\n=${MARK}"\n`, []],
  ['', []],
])('what another variable makes necessary is known as compose reads that one: %j', (text, needed) => {
  writeFileSync(join(folder, 'docker-compose.yml'), 'services:\n  web: { image: nginx }\n')
  writeFileSync(join(folder, '.env'), text)
  const requiredIf = { ADMIN_TOKEN: 'ADMIN_ENABLED=true', OTHER_TOKEN: 'OTHER=true' }
  writeFileSync(join(folder, 'probe.yml'), probeFile('web', { required: [], requiredIf }))
  const told = ours('override', '| without_values').out.toString()
  expect(told).not.toContain(MARK)
  expect(observation({ resolved: told }).environmentNeeded).toEqual(needed)
})

test('a container’s name with a variable of the server is what docker compose makes of it', () => {
  const text =
    'services:\n  web: { image: nginx, container_name: "${PREFIX:-x}-web" }\n  bot: { image: nginx, container_name: "${PREFIX}-bot" }\n'
  writeFileSync(join(folder, 'docker-compose.yml'), text)
  writeFileSync(join(folder, '.env'), "PREFIX='shop.1'\n")
  writeFileSync(
    join(folder, 'probe.yml'),
    probeFile('web', { required: [], requiredIf: {} }, declaredServices({ 'docker-compose.yml': text })),
  )
  writeFileSync(join(folder, 'pins/pin.yml'), 'services:\n  web: { container_name: !reset null }\n  bot: { container_name: !reset null }\n')
  const { model } = observation({ resolved: ours('override', '| without_values').out.toString() })
  expect(
    'services' in model &&
      Object.values(model.services)
        .map(({ containerName }) => containerName)
        .sort(),
  ).toEqual(['shop.1-bot', 'shop.1-web'])
})

interface Written {
  readonly name: string
  readonly image: string | null
  readonly containerName: string | null
}

describe(`compose files (seed ${SEED})`, () => {
  const template = fc.constantFrom(
    'nginx', 'nginx:1.27', 'ghcr.io/acme/api:${TAG}', '${REGISTRY:-ghcr.io}/acme/api:${TAG:-latest}', '${IMAGE:-ghcr.io/acme/api}', 'ghcr.io/acme/${NAME-api}:1.0',
    '${A:-${B:-ghcr.io/acme/api}}', '${A:-x${B-y}z}/api', 'ghcr.io/acme/api${SUFFIX:+-x}', '$IMAGE', 'registry.test:5000/acme/api:$TAG', 'docker.io/library/redis', '${EMPTY:-}nginx', 'a$$b',
  ) // biome-ignore format: a list
  const style = fc.constantFrom<(text: string) => string>(
    (text) => text,
    (text) => `"${text}"`,
    (text) => `'${text}'`,
    (text) => `>-\n      ${text}`,
    (text) => `"${text}" # comment`,
    (text) => `!!str ${JSON.stringify(text)}`,
    (text) => `&anchor${text.length} ${JSON.stringify(text)}`,
  )
  const service = fc.record({ image: template, style, named: fc.boolean(), build: fc.boolean(), merged: fc.boolean() })
  const file = fc.record({
    services: fc.array(service, { minLength: 1, maxLength: 3 }),
    end: fc.constantFrom('\n', '\n', '\r\n'),
    mark: fc.constantFrom('', '', '\ufeff'),
    twice: fc.constantFrom('', '', '', '  s0: { image: other }\n'),
  })
  const textOf = ({ services, end, mark, twice }: typeof file extends fc.Arbitrary<infer T> ? T : never): string => {
    const body = services.map(
      ({ image, style: shown, named, build, merged }, index) =>
        `  s${index}:\n${merged ? '    <<: *base\n' : ''}    image: ${shown(image)}\n${named ? `    container_name: ${shown('c-${N:-x}')}\n` : ''}${build ? '    build: .\n' : ''}`,
    )
    return `${mark}${['x-base: &base', '  restart: always', 'services:', ...body.join('').trimEnd().split('\n'), ...twice.trimEnd().split('\n')].filter(Boolean).join(end)}${end}`
  }

  test('declare the services, images and builds that docker compose reads, or are refused by both', () => {
    let accepted = 0
    fc.assert(
      fc.property(file, (shape) => {
        const text = textOf(shape)
        writeFileSync(join(folder, 'docker-compose.yml'), text)
        writeFileSync(join(folder, '.env'), '')
        const reference = docker('config', '--no-interpolate', '--format', 'json')
        const declared = attempt(() => declaredServices({ 'docker-compose.yml': text }))
        expect([declared !== null, reference.err, text]).toEqual([reference.code === 0, reference.err, text])
        if (declared === null) return
        accepted += 1
        const { services } = JSON.parse(reference.out.toString()) as { services: Record<string, { image?: string; build?: unknown }> }
        expect(declared.map(({ name, image, hasBuild }) => [name, image, hasBuild])).toEqual(
          Object.keys(services).map((name) => [name, services[name]?.image ?? null, services[name]?.build !== undefined]),
        )
      }),
      bounded(30),
    )
    expect(accepted).toBeGreaterThan(15)
  })

  test('name the repository and the container that docker compose makes of them where nothing is set', () => {
    fc.assert(
      fc.property(template, template, (image, name) => {
        const text = `services:\n  s:\n    image: ${JSON.stringify(image)}\n    container_name: ${JSON.stringify(name)}\n`
        writeFileSync(join(folder, 'docker-compose.yml'), text)
        writeFileSync(join(folder, '.env'), '')
        const reference = docker('config', '--format', 'json')
        if (reference.code !== 0) return
        const resolved = (JSON.parse(reference.out.toString()) as { services: { s: Written & { container_name?: string } } }).services.s
        const [declared] = declaredServices({ 'docker-compose.yml': text })
        // config writes a dollar sign as two, so that it can be read again
        const plain = (given: string | null | undefined): string => (given ?? '').replaceAll('$$', '$')
        expect([repositoryOf(declared?.image ?? ''), declared?.containerName ?? '']).toEqual([
          repositoryOf(plain(resolved.image).replaceAll('$', '$$$$')),
          plain(resolved.container_name),
        ])
      }),
      bounded(30),
    )
  })
})

const attempt = <T>(work: () => T): T | null => {
  try {
    return work()
  } catch {
    return null
  }
}

test('what is not text at all is refused by docker compose, and so by us: NUL, other encodings, a gigantic line', () => {
  writeFileSync(join(folder, 'docker-compose.yml'), COMPOSE)
  for (const bytes of [
    Buffer.from('A=a\0b\n'),
    Buffer.from([0x41, 0x3d, 0xff, 0xfe, 0x0a]),
    Buffer.from('A=x\n', 'utf16le'),
    Buffer.from(`A=${'x'.repeat(1 << 20)}\n`),
  ]) {
    writeFileSync(join(folder, '.env'), bytes)
    const theirs = docker('config')
    const answer = ours('override')
    expect([answer.code, answer.out.equals(theirs.out)]).toEqual([theirs.code, true])
  }
})

test('the reference is there: docker compose answers', () => {
  expect(execFileSync('docker', ['compose', 'version', '--short'], { encoding: 'utf8' })).toMatch(/^\d+\./)
})
