/** What we read is what the reference reads: never an accept of what ssh-keygen refuses, never a crash. Bounded, with a fixed seed. */
import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import ssh2 from 'ssh2'
import { identityOf } from '../../src/adapters/ssh-key.ts'
import { parseKnownHosts, pinsFor } from '../../src/config/known-hosts.ts'
import { normalisedPrivateKey } from '../../src/config/private-key.ts'
import { readConfig } from '../../src/config/read.ts'
import { DeployError } from '../../src/errors.ts'
import { Secret } from '../../src/ports.ts'

const SEED = Number(process.env.FAST_CHECK_SEED ?? 20261121)
const folder = mkdtempSync(join(tmpdir(), 'references-'))
afterAll(() => rmSync(folder, { recursive: true }))

const generated = (name: string, ...options: readonly string[]): { readonly secret: string; readonly line: string } => {
  execFileSync('ssh-keygen', ['-q', '-N', '', '-C', '', '-f', join(folder, name), ...options])
  return { secret: readFileSync(join(folder, name), 'utf8'), line: readFileSync(join(folder, `${name}.pub`), 'utf8').trim() }
}
const KEYS = [generated('one', '-t', 'ed25519'), generated('two', '-t', 'ecdsa'), generated('three', '-t', 'rsa', '-b', '2048')] as const
const PEM = [generated('four', '-t', 'rsa', '-b', '2048', '-m', 'PEM'), generated('five', '-t', 'ecdsa', '-m', 'PEM')] as const

/** Changes that happen to texts on their way through secrets, shells and editors, and some that nobody makes by accident. */
const damage = (text: string): fc.Arbitrary<string> =>
  fc
    .array(fc.tuple(fc.nat(text.length - 1), fc.constantFrom('A', 'b', '0', '=', '\n', ' ', '', 'é', '\0', '+', '-', '\\')), {
      maxLength: 3,
    })
    .map((changes) => changes.reduce((changed, [at, put]) => `${changed.slice(0, at)}${put}${changed.slice(at + 1)}`, text))

describe(`known hosts (seed ${SEED})`, () => {
  const HOSTS = ['web-1', '10.0.0.7', '2001:db8::1', 'Web-1'] as const
  const PORTS = [22, 2222] as const
  /** The keys that ssh-keygen finds for a host, by their blobs. */
  const reference = (text: string, host: string, port: number): readonly string[] => {
    const file = join(folder, 'known_hosts')
    writeFileSync(file, text)
    const name = port === 22 ? host.toLowerCase() : `[${host.toLowerCase()}]:${port}`
    const { stdout } = spawnSync('ssh-keygen', ['-F', name, '-f', file], { encoding: 'utf8' })
    return stdout
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#') && !line.startsWith('@'))
      .map((line) => line.split(/\s+/)[2] ?? '')
  }
  const hashed = (line: string): string => {
    const file = join(folder, 'to-hash')
    writeFileSync(file, `${line}\n`)
    execFileSync('ssh-keygen', ['-q', '-H', '-f', file], { stdio: 'ignore' })
    return readFileSync(file, 'utf8').trim()
  }
  const names = fc.constantFrom(
    'web-1', 'web-1,10.0.0.7', '[web-1]:2222', 'web-*', 'web-?', '*', '!web-1,*', '*,!web-1', '2001:db8::1', '[2001:db8::1]:2222', 'WEB-1', '10.0.0.*', '[*]:2222', '!*', 'web-1,', ',', '[web-1]', 'web-1:22', '|1|x|y',
  ) // biome-ignore format: a list
  const plain = fc.tuple(names, fc.constantFrom(...KEYS.map(({ line }) => line))).map(([name, key]) => `${name} ${key}`)
  const line = fc.oneof(
    { weight: 5, arbitrary: plain },
    {
      weight: 2,
      arbitrary: fc.constantFrom(...KEYS.map(({ line: key }) => hashed(`web-1 ${key}`)), hashed(`[web-1]:2222 ${KEYS[0].line}`)),
    },
    { weight: 2, arbitrary: fc.tuple(fc.constantFrom('@revoked ', '@cert-authority ', '@other '), plain).map((parts) => parts.join('')) },
    { weight: 2, arbitrary: plain.chain(damage) },
    { weight: 1, arbitrary: fc.constantFrom('', '# web-1', '   ', '\t', 'web-1', 'web-1 ssh-ed25519', '  web-1 x y') },
  )
  const file = fc
    .tuple(fc.array(line, { maxLength: 5 }), fc.constantFrom('\n', '\n', '\r\n'))
    .map(([lines, end]) => lines.map((one) => `${one}${end}`).join(''))

  test('pin no key for a host that ssh-keygen does not find for it', () => {
    let pinned = 0
    fc.assert(
      fc.property(file, fc.constantFrom(...HOSTS), fc.constantFrom(...PORTS), (text, host, port) => {
        const { accepted } = pinsFor(parseKnownHosts(text), host, port)
        if (accepted.length === 0) return
        const found = reference(text, host, port)
        pinned += 1
        for (const { key } of accepted)
          expect(found.map((blob) => Buffer.from(blob, 'base64').toString('hex'))).toContain(key.toString('hex'))
      }),
      { seed: SEED, numRuns: 400 },
    )
    expect(pinned).toBeGreaterThan(50)
  }, 120_000)
})

describe(`private keys (seed ${SEED})`, () => {
  const keygenTakes = (text: string): boolean => {
    const file = join(folder, 'candidate')
    writeFileSync(file, text, { mode: 0o600 })
    chmodSync(file, 0o600)
    return spawnSync('ssh-keygen', ['-y', '-P', '', '-f', file], { stdio: 'ignore' }).status === 0
  }
  const weTake = (text: string): string | null => {
    try {
      const normal = normalisedPrivateKey(text)
      identityOf(new Secret(normal), ssh2.utils.parseKey as Parameters<typeof identityOf>[1])
      return normal
    } catch (error) {
      if (error instanceof DeployError && error.code === 'CONFIG') return null
      throw error
    }
  }

  test('are taken as they are', () => {
    for (const { secret } of [...KEYS, ...PEM]) expect([weTake(secret), keygenTakes(secret)]).toEqual([secret, true])
  })

  test('that ssh-keygen refuses are refused, with CONFIG', () => {
    let taken = 0
    fc.assert(
      fc.property(
        fc.constantFrom(...KEYS, ...PEM).chain(({ secret }) => damage(secret)),
        (text) => {
          const normal = weTake(text)
          if (normal === null) return
          taken += 1
          expect([keygenTakes(normal), normal]).toEqual([true, normal])
        },
      ),
      { seed: SEED, numRuns: 400 },
    )
    expect(taken).toBeGreaterThan(20)
  }, 120_000)
})

describe(`the config (seed ${SEED})`, () => {
  const read = (bytes: Uint8Array): unknown => {
    try {
      return readConfig({ bytes, file: 'deploy.yml', environment: { HOME: '/x' }, isUnused: () => false }).config
    } catch (error) {
      if (error instanceof DeployError && error.code === 'CONFIG') return error.details.places ?? []
      throw error
    }
  }
  const WHOLE = `project: shop
registry: { namespace: acme, username: bot, password: "\${HOME}" }
images: { api: { context: ., platforms: [linux/amd64] } }
services: { api: { health: { http: { port: 80, path: /health } } } }
environments:
  production: { host: web-1, path: /opt/stacks/shop, port: 22 }
`

  test('is read or refused at places inside of the file, whatever happened to it', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          damage(WHOLE),
          fc.string({ unit: 'binary', maxLength: 300 }).map((text) => `${WHOLE}${text}`),
        ),
        (text) => {
          const answer = read(Buffer.from(text))
          if (!Array.isArray(answer)) return
          const lines = text.split(/\r\n|\n|\r/).length
          for (const { line, column } of answer as { line: number; column: number }[])
            expect([line >= 1 && line <= lines, column >= 1]).toEqual([true, true])
        },
      ),
      { seed: SEED, numRuns: 500 },
    )
  }, 120_000)

  test('of any bytes is refused, and changes nothing of the language', () => {
    const before = Object.getOwnPropertyNames(Object.prototype).join()
    const part = fc.constantFrom(
      '__proto__',
      'constructor',
      ': ',
      '\n',
      '  ',
      '- ',
      '{',
      '}',
      '[',
      ']',
      '&a ',
      '*a',
      '<<: ',
      '!!js ',
      '? ',
      '|\n',
      '"',
      "'",
      '#',
      '---\n',
      '\t',
      '%YAML 1.1\n',
      '${X}',
      '$',
      'project',
      'images',
    )
    fc.assert(
      fc.property(
        fc.oneof(
          fc.array(part, { maxLength: 40 }).map((parts) => Buffer.from(parts.join(''))),
          fc.uint8Array({ maxLength: 200 }).map((raw) => Buffer.from(raw)),
        ),
        (bytes) => {
          expect(Array.isArray(read(bytes))).toBe(true)
        },
      ),
      { seed: SEED, numRuns: 1000 },
    )
    expect(Object.getOwnPropertyNames(Object.prototype).join()).toBe(before)
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
  }, 120_000)
})
