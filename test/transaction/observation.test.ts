/** What a server tells is text of others: whatever it is, a look makes something harmless of it. */
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { journalEvent } from '../../src/transaction/journal.ts'
import { container, jsonLines, observation } from '../../src/transaction/observation.ts'

const NAMES = Object.keys({
  'missing-tools': 0,
  directory: 0,
  user: 0,
  shells: 0,
  engine: 0,
  compose_version: 0,
  containers: 0,
  image_digests: 0,
  present_images: 0,
  disk: 0,
  listening: 0,
  published: 0,
  environment_file: 0,
  resolved: 0,
  'resolved-error': 0,
  hashes: 0,
  recorded_hashes: 0,
  binds: 0,
  brought_files: 0,
  brought: 0,
  manifest: 0,
  releases: 0,
  current: 0,
  target: 0,
  seeds: 0,
  unfinished: 0,
})

describe('a look at a server', () => {
  test('of which nothing is known finds nothing', () => {
    expect(observation({})).toMatchObject({
      engine: { error: 'no answer' },
      compose: { error: 'no answer' },
      model: { error: 'compose gave no answer' },
      containers: [],
      releases: [],
      current: null,
      target: null,
      directory: 'there',
    })
  })

  test('never fails, whatever any fact holds', () => {
    const pieces = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      '"',
      ':',
      ',',
      '\n',
      '\t',
      ' ',
      'null',
      '1e999',
      '-',
      '&a',
      '*a',
      '!!js/function',
      '__proto__',
      'constructor',
      'services:\n  a:\n    image: x\n',
      '{"id":"1-1111111","number":1}',
      'sha256:',
      '0000000000000000:0050',
    )
    const hostile = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.json(),
      fc.array(pieces).map((parts) => parts.join('')),
    )
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...NAMES), hostile), (facts) => {
        const seen = observation(facts)
        expect(seen.releases.every(({ number }) => Number.isSafeInteger(number))).toBe(true)
        if ('services' in seen.model)
          for (const { replicas } of Object.values(seen.model.services)) expect(Number.isSafeInteger(replicas)).toBe(true)
      }),
      { numRuns: 600 },
    )
  })

  test('a project that compose printed as no YAML is an unresolved one', () => {
    for (const resolved of ['services: [', 'services: {a: *nobody}', 'a: 1\na: 2\n', `a0: &a0 [x]\n${'x: *a0\n'}`])
      expect(observation({ resolved, 'resolved-error': 'yaml: bad\n' }).model).toEqual({ error: expect.any(String) })
  })

  test('services named like parts of JavaScript have hashes and values of their own only', () => {
    const seen = observation({
      hashes: '__proto__ h1\nconstructor h2\n',
      recorded_hashes: 'toString h3\n',
      resolved: 'services:\n  constructor:\n    image: a\n  __proto__:\n    image: b\n',
    })
    expect(seen.hashes.constructor).toBe('h2')
    expect(seen.recordedHashes.constructor).toBe(undefined)
    expect(seen.hashes.toString).toBe(undefined)
    expect('services' in seen.model && Object.keys(seen.model.services)).toEqual(['constructor', '__proto__'])
    expect('services' in seen.model && seen.model.services.toString).toBe(undefined)
  })

  test('the resolved model as compose prints it', () => {
    const resolved = `services:
  api:
    image: ghcr.io/acme/api@sha256:00
    container_name: the-api
    restart: unless-stopped
    user: "1000:1000"
    deploy:
      replicas: 3
      resources:
        limits:
          memory: "100"
    healthcheck:
    ports:
      - mode: ingress
        host_ip: 127.0.0.1
        target: 8000
        published: "8080"
        protocol: tcp
    volumes:
      - type: bind
        source: /opt/x/conf
        target: /conf
        read_only: true
      - type: volume
        source: data
        target: /data
    depends_on:
      db:
        condition: service_healthy
        required: true
    x-deploy-action.env.TOKEN: set
    x-deploy-action.env.EMPTY: ""
    x-deploy-action.env.-if.ADMIN_TOKEN: met
    x-deploy-action.env.-if.OTHER: unmet
`
    const seen = observation({ resolved })
    expect(seen.environmentSet).toEqual(['TOKEN'])
    expect(seen.environmentNeeded).toEqual(['ADMIN_TOKEN'])
    expect(seen.model).toEqual({
      services: {
        api: {
          image: 'ghcr.io/acme/api@sha256:00',
          containerName: 'the-api',
          restart: 'unless-stopped',
          replicas: 3,
          ports: [{ address: '127.0.0.1', published: 8080, target: 8000, protocol: 'tcp' }],
          binds: [{ source: '/opt/x/conf', target: '/conf', readOnly: true }],
          dependsOn: { db: 'service_healthy' },
          healthcheck: true,
          limits: true,
          privileged: false,
          mounted: ['/conf', '/data'],
          networkMode: null,
          user: '1000:1000',
        },
      },
    })
  })

  test("listening addresses come in the order of the machine's bytes", () => {
    expect(observation({ listening: '00000000:1F90\n0100007F:0050\n00000000000000000000000000000000:0016\n' }).listening).toEqual([
      { address: '', port: 8080 },
      { address: '127.0.0.1', port: 80 },
      { address: '', port: 22 },
    ])
  })

  test('a release without its parts is none, and the name of the current one is a name', () => {
    expect(
      observation({
        releases: '{"id":"1-1111111","number":1}\n{"id":7}\nnull\n[]\n{"id":"x","number":1,"services":{},"images":{},"smoke":[]}\n',
      }).releases,
    ).toEqual([])
    const whole = '{"id":"1-1111111","number":1,"commit":"1111111","services":{},"images":{},"smoke":[],"schema":{"before":"","after":""}}'
    expect(observation({ releases: `garbage\n${whole}\n` }).releases).toHaveLength(1)
    expect(observation({ releases: '{"id":"1-1111111","number":1}\n' }).unreadable).toEqual([
      { id: '1-1111111', why: '`commit` is not what we write there' },
    ])
    expect(observation({ current: '1-1111111\n' }).current).toBe('1-1111111')
    expect(observation({ current: 'x\ntouch y\n' }).current).toBe(null)
  })

  test('disks, binds, seeds, published ports', () => {
    const seen = observation({
      disk: '/dev/sda1 100 50 50 50% /\ntmpfs x y z\n/dev/b 1 1 2048 1% /mnt/a b\n',
      binds: '1000 1000 755 directory\t/data\nmissing\t/no/such\nmissing\t\nrubbish\n',
      seeds: 'users abc 1-1111111\n\n',
      published: '"shop-api-1" "0.0.0.0:80->8000/tcp"\nrubbish\n',
    })
    expect(seen.disk).toEqual([
      { mount: '/', freeKib: 50 },
      { mount: '/mnt/a b', freeKib: 2048 },
    ])
    expect([seen.binds, seen.missingBinds]).toEqual([
      [{ uid: 1000, gid: 1000, mode: '755', kind: 'directory', source: '/data' }],
      ['/no/such', ''],
    ])
    expect(seen.seeds).toEqual([{ name: 'users', hash: 'abc', release: '1-1111111' }])
    expect(seen.published).toEqual([{ name: 'shop-api-1', ports: '0.0.0.0:80->8000/tcp' }])
  })

  test('a container of wrong types is one of empty words', () => {
    expect(jsonLines('{"id":1,"name":null,"restarts":"x","health":{}}\nrubbish\n3').map(container)[0]).toEqual({
      anonymousVolumes: [],
      id: '',
      name: '',
      service: '',
      oneOff: false,
      operation: '',
      image: '',
      imageId: '',
      state: '',
      started: '',
      restarts: 0,
      health: null,
      policy: '',
    })
  })
})

describe('a line of the journal', () => {
  const base64 = (text: string): string => Buffer.from(text).toString('base64')
  test.each([
    ['12 start 1700000000', { kind: 'start', at: 120, epoch: 1_700_000_000 }],
    ['12 step 3', { kind: 'step', at: 120, step: 3 }],
    [`12 fail 3 HEALTH ${base64('api is ill')}`, { kind: 'fail', at: 120, step: 3, code: 'HEALTH', sentence: 'api is ill' }],
    ['12 fail 3 HEALTH ', { kind: 'fail', at: 120, step: 3, code: 'HEALTH', sentence: '' }],
    [`12 note evidence smoke of api ${base64('a\nb')}`, { kind: 'note', at: 120, topic: 'evidence', name: 'smoke of api', text: 'a\nb' }],
    ['12 note stopped api ', { kind: 'note', at: 120, topic: 'stopped', name: 'api', text: '' }],
    ['12 end rolled-back', { kind: 'end', at: 120, end: 'rolled-back' }],
    ['12 end of the world', null],
    ['12 constructor', null],
    ['-1 end committed', null],
    ['1e3 end committed', null],
    ['9999999999999999 end committed', null],
    ['', null],
    ['end committed', null],
  ])('%j', (line, event) => {
    expect(journalEvent(line)).toEqual(event)
  })
  test('of any text is an event or none, never a failure', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.string().map((text) => `1 note ${text}`),
          fc.string().map((text) => `1 fail ${text}`),
        ),
        (line) => {
          expect(() => journalEvent(line)).not.toThrow()
        },
      ),
    )
  })
})
