import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { readConfig } from '../../src/config/read.ts'
import { DeployError } from '../../src/errors.ts'
import { configOf, problemsOf } from './problems.ts'

const MINIMAL = 'project: shop\nimages:\n  api: {}\n'
const BACKUP = 'backup: { kind: postgres, service: db }\n'

describe('a config', () => {
  test('of three lines is complete, with defaults', () => {
    expect(configOf(MINIMAL)).toMatchObject({
      project: 'shop',
      registry: { host: 'ghcr.io' },
      images: { api: { context: '.', platforms: ['linux/amd64', 'linux/arm64'] } },
      keep: 5,
    })
  })

  test('cannot be changed after it was read', () => {
    const config = configOf(MINIMAL)
    expect(() => Object.assign(config.images, { more: {} })).toThrow(TypeError)
    expect(() => Object.assign(config.images.api ?? {}, { context: 'elsewhere' })).toThrow(TypeError)
    expect(Object.isFrozen(config.scan)).toBe(true)
  })

  test('tells all its errors at once, each at its line and column', () => {
    const text = [
      'project: shop',
      'images:',
      '  api: {contxt: 1, platforms: [linux/arm46]}',
      'keep: x',
      'registry: {password: "${P}"}',
      'migrate: {service: api}',
      'scan:',
      '',
    ].join('\n')
    expect(problemsOf(text)).toEqual([
      '3:9 "contxt" is not known here; did you mean "context"?',
      '3:32 images.api.platforms[0]: must be "linux/amd64" or "linux/arm64", not the text "linux/arm46"; did you mean "linux/arm64"?',
      '4:7 keep: must be a number, not the text "x"',
      '5:22 registry.password: the environment variable P is not set; set it, or write ${P:-default}',
      '6:10 migrate: needs `preset`, `up` or `onStart`',
      '7:6 scan: must be a map, not nothing',
    ])
  })

  test.each([
    ['a key that is there twice', `${MINIMAL}project: b\n`, '4:1 this key is there twice'],
    ['a second document', `${MINIMAL}---\na: 1\n`, '4:1 a second document begins here ("---"); the config is one document'],
    ['a tag', 'project: !!js/function x\n', '1:10 tags such as "!name" mean nothing here (Unresolved tag: tag:yaml.org,2002:js/function)'],
    ['a tab', 'images:\n\tapi: {}\n', '2:1 Tabs are not allowed as indentation'],
    ['a variable without quotes in braces', 'images: {a: ${X}}\n', '1:14 a variable inside { } or [ ] needs quotes: "${NAME}"'],
    ['an empty file', '', '1:1 must be a map, not nothing'],
    ['a list', '- a\n', '1:1 must be a map, not a list'],
    [
      'an alias without anchor',
      'images: {a: {}}\nproject: *gone\n',
      expect.stringContaining('there is no anchor "&gone" before this alias'),
    ],
    ['100 000 levels', `a: ${'['.repeat(100_000)}`, expect.stringContaining('is nested deeper than 50 levels')],
    ['a NUL character', `${MINIMAL}tags: ["a\u0000"]\n`, '4:10 control character U+0000'],
    ['an escape character', `${MINIMAL}tags: ["\u001b[31m"]\n`, '4:9 control character U+001B'],
  ])('%s is refused at its place', (_, text, message) => {
    expect(problemsOf(text)[0]).toEqual(message)
  })

  test.each([
    ['undo: down', '', 'migrate: "down" needs `backup`, because what the newer schema holds is deleted'],
    ['undo: down, compatible: true', BACKUP, '"down" contradicts `compatible: true`, with which the schema can stay'],
  ])('a schema that goes back with %s is refused without what it needs', (keys, more, message) => {
    const problems = problemsOf(`${MINIMAL}migrate: { service: api, preset: alembic, ${keys} }\n${more}`)
    expect(problems).toHaveLength(1)
    expect(problems[0]).toContain(message.replace('migrate: ', ''))
  })

  test('a tool of its own has to say where the schema is, and how it goes back', () => {
    const problems = problemsOf(`${MINIMAL}migrate: { service: api, up: [up], undo: down }\n${BACKUP}`)
    expect(problems.map((problem) => problem.replace(/^\S+ /, ''))).toEqual([
      expect.stringContaining('"down" needs `migrate.down`'),
      expect.stringContaining('"down" needs `migrate.current`, which says where to'),
    ])
  })

  test.each([
    ['\\d+', 'must be a POSIX extended regular expression'],
    ['(?i)x', 'must be a POSIX extended regular expression'],
    ['(x', 'must be a regular expression'],
  ])('the pattern %s for a value is refused', (pattern, message) => {
    const text = `${MINIMAL}environments: { production: { host: h, path: /opt/a/b, env: { match: { A: '${pattern}' } } } }\n`
    expect(problemsOf(text).join()).toContain(message)
  })

  test('values that must be others than those of the example need the example', () => {
    const text = `${MINIMAL}environments: { production: { host: h, path: /opt/a/b, env: { changed: [A] } } }\n`
    expect(problemsOf(text).join()).toContain('needs `example`')
  })

  test('what an image must be like is looked at by the scan, which must not be switched off', () => {
    const text = 'project: a\nimages: { api: { policy: { nonRoot: true } } }\nscan: { scanner: none }\n'
    expect(problemsOf(text).join()).toContain('is looked at by the scan, which `scan.scanner: none` switches off')
  })

  test('mounts are taken out by the generated compose file, which `pin: env` has not', () => {
    const text = 'project: a\nimages: { api: { variable: API } }\ncompose: { pin: env, dropBinds: [./app] }\n'
    expect(problemsOf(text).join()).toContain('needs `compose.pin: override`')
  })

  test('one of more than 256 kB is refused before it is parsed', () => {
    expect(problemsOf(`${MINIMAL}# ${'x'.repeat(256 * 1024)}`)).toEqual([
      'CONFIG: deploy.yml has 262178 bytes; the limit is 256 kB (262144 bytes)',
    ])
  })

  test('51 levels are refused, 50 are only unknown', () => {
    const nested = (levels: number): string => `${MINIMAL}x: ${'['.repeat(levels)}${']'.repeat(levels)}\n`
    expect(problemsOf(nested(50)).some((problem) => problem.includes('deeper'))).toBe(false)
    expect(problemsOf(nested(51)).some((problem) => problem.includes('is nested deeper than 50 levels'))).toBe(true)
  })

  test('bytes that are not UTF-8 are refused where they stand', () => {
    expect(problemsOf(Buffer.from([...Buffer.from('project: ü\nx: '), 0xff, 0x0a]))).toEqual(['2:4 the first byte that is not UTF-8'])
  })

  test('a byte order mark is no error', () => {
    expect(problemsOf(`\ufeff${MINIMAL}`)).toEqual([])
  })

  test('an alias bomb is refused, an honest alias is followed', () => {
    const bomb = [
      'a: &a [x,x,x,x,x,x,x,x,x]',
      ...['b', 'c', 'd', 'e', 'f'].map((key, index) => `${key}: &${key} [${Array(9).fill(`*${'abcde'[index]}`).join(',')}]`),
    ].join('\n')
    expect(problemsOf(bomb).some((problem) => problem.includes('more than 20000 values'))).toBe(true)
    expect(problemsOf('a: &a [*a]').some((problem) => problem.includes('deeper'))).toBe(true)
    expect(configOf(`${MINIMAL}services:\n  a: &web {order: start-first}\n  b: *web\n`).services.b?.order).toBe('start-first')
  })

  test.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])(
    '%s is no name for an image, a service or an environment',
    (name) => {
      for (const text of [
        `project: shop\nimages: {${name}: {}}\n`,
        `${MINIMAL}services: {${name}: {}}\n`,
        `${MINIMAL}environments: {${name}: {}}\n`,
      ]) {
        expect(problemsOf(text).some((problem) => problem.endsWith(`"${name}" cannot be used as a name`))).toBe(true)
      }
      expect(({} as Record<string, unknown>).polluted).toBeUndefined()
    },
  )

  test.each(['010', '0x16', '1e3', '.inf', '.nan', '1_000'])('the number %s is not guessed at', (number) => {
    expect(problemsOf(`${MINIMAL}keep: ${number}\n`).length).toBeGreaterThan(0)
  })

  test.each([
    ['host: -oProxyCommand=x', 'must be a host name or address'],
    ['host: a`id`@h', 'must be a host name or address'],
    ['host: "h;id"', 'must be a host name or address'],
    ['host: "h\\nx"', 'must be a host name or address'],
    ['port: 0', 'must be at least 1'],
    ['port: 65536', 'must be at most 65535'],
    ['port: 22x', 'must be a number'],
    ['user: -x', 'must be a user name'],
    ['path: ../../etc', 'must be an absolute path'],
    ['path: /opt/../etc', 'without ".."'],
    ['path: /opt', 'at least two levels deep'],
    ['fingerprint: MD5:aa', 'must look like "SHA256:…"'],
    ['knownHosts: nonsense', 'line 1 must be "host keytype key"'],
  ])('%s of an environment is refused', (line, message) => {
    const [key] = line.split(':')
    const others = { host: 'h', path: '/opt/stacks/shop' }
    const lines = Object.entries(others)
      .filter(([name]) => name !== key)
      .map(([name, value]) => `    ${name}: ${value}`)
    const text = `${MINIMAL}environments:\n  production:\n    ${line}\n${lines.join('\n')}\n`
    expect(
      problemsOf(text)
        .filter((problem) => problem.startsWith('6:'))
        .join(),
    ).toContain(message)
  })

  test.each(['../up', '/etc/passwd', '~/x', '-rf', 'a/../../b', '"a\\u202eb"', '"x\\n"'])('the synchronised path %s is refused', (path) => {
    expect(problemsOf(`${MINIMAL}compose: {sync: [${path}]}\n`).length).toBe(1)
  })

  test('any text makes a config or a CONFIG error, never anything else', () => {
    const words = fc.constantFrom(
      'project',
      ': ',
      'shop',
      '\n',
      '  ',
      '- ',
      '{',
      '}',
      '[',
      ']',
      '&a',
      '*a',
      '<<',
      '"',
      "'",
      '${X}',
      '$$',
      '#',
      '|',
      '>',
      '!',
      '%',
      '---',
      'images',
      'null',
      '0',
      '\t',
      '?',
      'environments',
      '__proto__',
      '😀',
    )
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ maxLength: 200, unit: 'binary' }),
          fc.array(words, { maxLength: 60 }).map((parts) => parts.join('')),
        ),
        (text) => {
          expect(Array.isArray(problemsOf(text))).toBe(true)
        },
      ),
      { numRuns: 200 },
    )
  })
})

describe('variables', () => {
  test('a value is put in literally and never read again', () => {
    for (const value of ['$(touch x)', 'a b', "'q'", 'two\nlines', '${OTHER}', '$$', '*', ': {}', '# no comment']) {
      expect(configOf(`${MINIMAL}registry: {password: "\${P}"}\n`, { P: value }).registry.password).toBe(value)
    }
  })

  test('an empty one is as missing as one that is not set', () => {
    expect(problemsOf(`${MINIMAL}registry:\n  password: \${P}\n`, { P: '' })).toEqual([
      '5:13 registry.password: the environment variable P is empty; set it, or write ${P:-default}',
    ])
  })

  test('a default holds for both, and $$ is a dollar sign', () => {
    const password = (text: string): string | undefined =>
      configOf(`${MINIMAL}registry: {password: "${text}"}\n`, { EMPTY: '', X: 'x' }).registry.password
    expect(password('${EMPTY:-none}')).toBe('none')
    expect(password('${GONE:-none}')).toBe('none')
    expect(password('$$${X}')).toBe('$x')
    expect(password('a$$b$c')).toBe('a$b$c')
  })

  test("an expression of GitHub's is told as what it is, once; what is nearly a variable, with how one is written", () => {
    const host = (text: string) => problemsOf(`${MINIMAL}environments: {p: {host: '${text}', path: /opt/stacks/x}}\n`)
    expect(host('${{ vars.SSH_HOST }}')).toEqual([
      expect.stringMatching(
        / environments\.p\.host: \$\{\{ vars\.SSH_HOST \}\} is filled in by GitHub in workflows only: write \$\{SSH_HOST\}/,
      ),
    ])
    expect(host('${NAME-x}')).toEqual([expect.stringContaining('${NAME-x} is no variable; write ${NAME} or ${NAME:-default}')])
  })

  test.each(['https://${A:-${B}}', '${A:-https://${B}}', '${A:-${B:-c}}', '${A:-$${B}', '${A:-${B}'])(
    'a default is plain text: %s is refused, whether or not its variable is set',
    (text) => {
      for (const environment of [{}, { A: 'a', B: 'b' }])
        expect(problemsOf(`${MINIMAL}registry:\n  password: "${text}"\n`, environment)).toEqual([
          '5:13 registry.password: the default of A holds another variable, and a default is plain text: write ${A}, and let `env:` of the step set it, or $${ for each where a shell is to see them',
        ])
    },
  )

  test('a port may come from a variable, and an owner may be called 123', () => {
    const config = configOf(
      `${MINIMAL}registry: {namespace: "\${OWNER}"}\nenvironments:\n  production: {host: h, path: /opt/stacks/x, port: "\${PORT}"}\n`,
      { PORT: '2222', OWNER: '123' },
    )
    expect([config.environments.production?.port, config.registry.namespace]).toEqual([2222, '123'])
  })

  test('names such as toString are no variables of the environment', () => {
    expect(problemsOf(`${MINIMAL}registry: {password: "\${toString}"}\n`)[0]).toContain('toString is not set')
  })

  test('what is not used may miss its variables, and then is not there', () => {
    const text = `${MINIMAL}registry: {password: "\${P}"}\nenvironments:\n  production: {host: "\${H}", path: /opt/stacks/x}\n`
    const config = configOf(text, {}, ([part]) => part === 'environments' || part === 'registry')
    expect([config.environments, config.registry.password]).toEqual([{}, undefined])
  })

  test('what is not used is still checked in everything else', () => {
    const text = `${MINIMAL}environments:\n  production: {host: "\${H}", path: relative}\n`
    expect(() => configOf(text, {}, ([part]) => part === 'environments')).toThrow(DeployError)
  })

  test('a secret that becomes an argument, or part of an image, is told at its place; others are not', () => {
    const text = `project: shop
registry: { namespace: a, username: "\${A_TOKEN}", password: "\${A_TOKEN}" }
images: { api: { args: { T: "\${A_TOKEN}" } } }
check: [{ name: unit, run: [test], env: { T: "\${A_TOKEN}" } }]
seed: [{ name: s, service: api, run: [seed, "\${A_TOKEN}"] }]
smoke: [{ name: s, service: api, http: { port: 80, path: "/health?t=\${A_TOKEN}" } }]
`
    const { exposed } = readConfig({
      bytes: Buffer.from(text),
      file: 'deploy.yml',
      environment: { A_TOKEN: 'x1' },
      isUnused: () => false,
    })
    expect(exposed.map(({ line, message }) => `${line}: ${message.split(':')[0]}`)).toEqual([
      '3: images.api.args.T',
      '5: seed[0].run[1]',
      '6: smoke[0].http.path',
    ])
    expect(JSON.stringify(exposed)).not.toContain('x1')
  })

  test('values of secret names are told, to be masked', () => {
    const answer = readConfig({
      bytes: Buffer.from(`${MINIMAL}registry: {username: "\${USER_NAME}", password: "\${REGISTRY_PASSWORD}"}\n`),
      file: 'deploy.yml',
      environment: { USER_NAME: 'bot', REGISTRY_PASSWORD: 's3cret' },
      isUnused: () => false,
    })
    expect(answer.secrets).toEqual(['s3cret'])
  })
})

describe('parts that contradict each other', () => {
  test.each([
    ['services that wait for each other', 'services: {a: {after: [b]}, b: {after: [a]}}', 'goes round in a circle'],
    ['a service that waits for itself', 'services: {a: {after: [a]}}', 'names the service itself'],
    ['start-first with exactly 1', 'services: {a: {exactly: 1, order: start-first}}', 'which `exactly: 1` forbids'],
    ['a service after one that is started last', 'services: {bot: {exactly: 1}, a: {after: [bot]}}', 'is therefore started last'],
    ['a backup before a migration that there is none of', 'backup: {kind: postgres, service: db}', 'write `when: always`'],
    [
      'the environment file, written otherwise',
      'compose: {sync: [.//.env]}\nenvironments: {p: {host: h, path: /opt/stacks/x}}',
      'is the environment file of the server',
    ],
    ['a host with a port', 'environments: {eu: {host: "192.0.2.1:2222", path: /opt/a}}', 'a port is a field of its own, `port`'],
    ['a number as text', 'services: {a: {exactly: "1"}}', 'must be 1, not the text "1"'],
    ['an address that is none', 'notify: [{type: discord, url: "https://[abc/secret"}]', 'must be an https address'],
    ['pin: env without a variable', 'compose: {pin: env}', 'needs `variable`'],
    ['two ways to be ready', 'services: {a: {health: {http: {port: 1}, log: up}}}', 'has http and log; one of them decides'],
    ['a grace that outlasts the deadline', 'services: {a: {health: {grace: 2m}}}', 'not shorter than its `deadline`'],
    ['a hook on the runner where only the server works', 'hooks: {beforeSwitch: [{name: a, run: x}]}', 'cannot run on the runner'],
    ['a hook on the server where nothing is connected', 'hooks: {afterBuild: [{name: a, on: server, run: x}]}', 'cannot run on the server'],
    ['a name twice', 'seed: [{name: a, service: api, run: [x]}, {name: a, service: api, run: [y]}]', 'is the name of an earlier one'],
    [
      'a seed that has a command and a request',
      'seed: [{name: a, service: api, run: [x], http: {port: 1, path: /}}]',
      'needs exactly one of',
    ],
    [
      'a request with an entrypoint',
      'seed: [{name: a, service: api, entrypoint: [x], http: {port: 1, path: /}}]',
      'means nothing to a request',
    ],
    ['a field of a form without a file', 'seed: [{name: a, service: api, http: {port: 1, path: /, field: f}}]', 'there is no `file`'],
    [
      'a request to who is started after it',
      'services: {bot: {exactly: 1}}\nseed: [{name: a, service: bot, http: {port: 1, path: /}}]',
      'so it could not take a request',
    ],
    [
      'a job without a key to find it by',
      'seed: [{name: a, service: api, http: {port: 1, path: /, poll: {path: "/jobs/{}"}}}]',
      'must hold keys of the answer as {id}',
    ],
    [
      'the environment file as a seed',
      'seed: [{name: a, service: api, http: {port: 1, path: /, file: .env}}]\nenvironments: {p: {host: h, path: /opt/stacks/x}}',
      'which a deploy never writes',
    ],
    ['a command beside the preset that asks the image', 'migrate: {service: api, preset: alembic, up: [x]}', 'means nothing to the preset'],
    ['a file of alembic without alembic', 'migrate: {service: api, preset: django, config: a.ini}', 'means nothing without the preset'],
    ['a command for who migrates by itself', 'migrate: {service: api, onStart: true, up: [x]}', 'would never be run'],
    ['a newest revision that nothing is compared with', 'migrate: {service: api, up: [x], heads: [y]}', 'needs `current`'],
    ['a limit of no time', 'migrate: {service: api, up: [x], timeout: 0}', 'must be longer than 0'],
    ['a backup in no time', 'backup: {kind: postgres, service: db, when: always, timeout: 0s}', 'must be longer than 0'],
    ['a pause of no time', 'services: {a: {health: {interval: 0ms}}}', 'must be longer than 0'],
    ['a namespace that no registry takes', 'registry: {namespace: acme corp}', '"acme corp" is no part of an image name'],
    ['a namespace with an end of its own', 'registry: {namespace: acme/}', '"acme/" is no part of an image name'],
    ['the record of releases as a file', 'compose: {sync: [.deploy/x]}', 'where the server keeps the record of releases'],
    [
      'the environment file as a file',
      'compose: {sync: [./.env]}\nenvironments: {p: {host: h, path: /opt/stacks/x}}',
      'which a deploy never writes',
    ],
  ])('%s are refused', (_, text, message) => {
    expect(problemsOf(`${MINIMAL}${text}\n`).join('\n')).toContain(message)
  })

  test('a Dockerfile beside a builder is refused', () => {
    expect(problemsOf('project: x\nimages: { a: { builder: ko build, dockerfile: Dockerfile } }\n')).toEqual([
      expect.stringContaining('has no effect: `builder` makes the image'),
    ])
  })

  test('a secret of a build is wanted by name, and is not exposed; other commands do without it', () => {
    const text = 'project: x\nimages: { a: { secrets: { TOKEN: "${BUILD_TOKEN}" } } }\n'
    const read = (environment: Record<string, string>, isUnused: (path: readonly (string | number)[]) => boolean = () => false) =>
      readConfig({ bytes: Buffer.from(text), file: 'deploy.yml', environment, isUnused })
    expect(read({ BUILD_TOKEN: 's3cret-value' })).toMatchObject({ secrets: ['s3cret-value'], exposed: [] })
    expect(() => read({})).toThrow('deploy.yml has an error')
    expect(read({}, (path) => path[2] === 'secrets').config.images.a?.secrets).toBeDefined()
  })

  test.each([
    ['project: shop_\nimages: {-x: {}}', 'must be 1–63'],
    ['project: shop_\nimages: {api: {}}', '2:15 images.api: would be pushed as "shop_-api", which no registry takes'],
    ['project: shop\nimages: {a..b: {}}', '2:16 images.a..b: would be pushed as "shop-a..b", which no registry takes'],
    ['project: shop\nimages: {api: {name: "shop/api:1"}}', '"shop/api:1" is a name that no registry takes'],
    ['project: shop\nimages: {api: {name: /api}}', '"/api" is a name that no registry takes'],
  ])('a name that no registry takes is refused before anything is built: %j', (text, message) => {
    expect(problemsOf(`${text}\n`).join('\n')).toContain(message)
  })

  test('names that registries take, and capitals, which we take away, are not refused', () => {
    for (const name of ['api', 'a__b', 'a_b', 'a---b', 'a.b/c', 'Shop/API']) configOf(`project: shop\nimages: {api: {name: ${name}}}\n`)
    configOf('project: shop\nregistry: {namespace: Black-And-White-Club}\nimages: {api: {}}\n')
  })

  test('two images of one name, or for one service, are refused', () => {
    expect(problemsOf('project: s\nimages: {a: {name: x}, b: {name: x}}\n').join()).toContain('as another image is')
    expect(problemsOf('project: s\nimages: {a: {services: [w]}, b: {services: [w]}}\n').join()).toContain('"w" runs another image already')
  })
})
