import { describe, expect, test } from '@jest/globals'
import { ENGINE_FLOOR, isBelow } from '../../src/plan/floor.ts'
import type { ComposeService, Observed } from '../../src/plan/observed.ts'
import { ownerWarnings, type PreflightQuestion, refusals, warnings } from '../../src/plan/preflight.ts'
import { container, MODEL, nothingThere, service } from './support/observed.ts'

const question: PreflightQuestion = {
  containerNames: {},
  host: 'web-1',
  user: 'deploy',
  path: '/opt/stacks/shop',
  project: 'shop',
  environmentFile: '.env',
  required: ['TOKEN', 'URL'],
  requiredIf: { ADMIN_TOKEN: 'ADMIN_ENABLED=true' },
  platforms: { api: ['linux/amd64', 'linux/arm64'] },
}
const good: Observed = { ...nothingThere, environmentSet: ['TOKEN', 'URL'] }
const refused = (observed: Partial<Observed>, asked: Partial<PreflightQuestion> = {}): string[] =>
  refusals({ ...good, ...observed }, { ...question, ...asked }).map(({ sentence }) => sentence)
const warned = (observed: Partial<Observed>): readonly string[] => warnings({ ...good, ...observed }, question, ['api', 'bot'])
const publishing = (published: number, more: Partial<ComposeService['ports'][number]> = {}) => ({
  services: { api: service('a', { ports: [{ address: '', published, target: 8000, protocol: 'tcp', ...more }] }) },
})

describe('what stands in the way', () => {
  test('nothing, on a good server', () => {
    expect(refused({})).toEqual([])
    expect(warned({})).toEqual([])
  })

  test.each<[string, Partial<Observed>, string]>([
    ['missing tools', { missingTools: ['flock', 'tac'] }, 'the server lacks flock, tac'],
    ['a directory that cannot be made', { directory: 'missing' }, 'deploy cannot create /opt/stacks/shop on web-1'],
    ['records of somebody else', { directory: 'foreign' }, 'deploy cannot write /opt/stacks/shop/.deploy on web-1'],
    [
      'a network that others make',
      { missingExternals: [{ kind: 'network', name: 'edge' }] },
      'network edge, which the compose file takes as external, does not exist on web-1',
    ],
    [
      'the name of a container that is not ours',
      { model: { services: { api: service('a', { containerName: 'the-api' }) } }, otherContainers: ['the-api'] },
      'the name the-api, which api asks for, belongs to a container on web-1 that is not of project shop',
    ],
    ['a directory of somebody else', { directory: 'unwritable' }, 'deploy cannot write /opt/stacks/shop on web-1'],
    [
      'no permission for Docker',
      { engine: { error: 'permission denied while trying to connect to the Docker daemon socket' } },
      'deploy may not use Docker on web-1',
    ],
    ['no engine', { engine: { error: 'Cannot connect' } }, 'Docker does not answer on web-1: Cannot connect'],
    [
      'an old engine',
      { engine: { version: '19.03.1', platform: 'linux/amd64' } },
      `Docker 19.03.1 is older than ${ENGINE_FLOOR}, the oldest that works`,
    ],
    [
      'no compose',
      { compose: { error: "docker: 'compose' is not a docker command." }, model: { error: 'compose gave no answer' } },
      "docker compose does not answer: docker: 'compose' is not a docker command.",
    ],
    [
      'an old compose',
      { compose: { version: '2.3.3' } },
      expect.stringMatching(/^docker compose 2\.3\.3 is older than /) as unknown as string,
    ],
    ['no bash', { bash: false }, 'the server has no bash, which HTTP checks are asked with'],
    ['a full disk', { disk: [{ mount: '/var', freeKib: 100 * 1024 }] }, 'only 100 MiB are free on /var'],
    [
      'another architecture',
      { engine: { version: '28.5.2', platform: 'linux/riscv64' } },
      'image api exists for linux/amd64, linux/arm64, but the server is linux/riscv64',
    ],
    ['no environment file', { environmentFile: null }, '/opt/stacks/shop/.env does not exist on web-1, and TOKEN, URL must be set there'],
    [
      'a variable that another one makes necessary',
      { environmentNeeded: ['ADMIN_TOKEN'] },
      'ADMIN_TOKEN is missing or empty in /opt/stacks/shop/.env, where ADMIN_ENABLED=true needs it',
    ],
    ['a missing variable', { environmentSet: ['URL'] }, 'TOKEN is missing or empty in /opt/stacks/shop/.env'],
    [
      'a variable behind which there is only a comment',
      { environmentComments: ['TOKEN', 'NOT_ASKED_FOR'] },
      'TOKEN has only a comment behind it in /opt/stacks/shop/.env, which docker compose takes for its value',
    ],
    [
      'a value that is not as it has to be',
      { environmentMisses: [{ check: 'match', name: 'OWNER', unknown: false }] },
      'OWNER in /opt/stacks/shop/.env is not as env.match wants it',
    ],
    [
      'a value that everybody can read in the example',
      { environmentMisses: [{ check: 'changed', name: 'TOKEN', unknown: false }] },
      'TOKEN in /opt/stacks/shop/.env is still what the example says',
    ],
    [
      'a compose that tells no values',
      { environmentMisses: [{ check: 'changed', name: 'TOKEN', unknown: true }] },
      'whether TOKEN in /opt/stacks/shop/.env is as it has to be cannot be told by this docker compose',
    ],
    ['an unresolvable project', { model: { error: 'yaml: line 3' } }, 'compose cannot resolve the project on the server: yaml: line 3'],
    [
      'a port that another program has',
      { model: publishing(80), listening: [{ address: '', port: 80 }] },
      'port 80, which api publishes, is taken by another program on web-1',
    ],
    [
      'a port that another project has',
      { model: publishing(80), listening: [{ address: '', port: 80 }], published: [{ name: 'proxy', ports: '0.0.0.0:80->80/tcp' }] },
      'port 80, which api publishes, is taken by container proxy on web-1',
    ],
  ])('%s', (_, observed, sentence) => {
    expect(refused(observed)).toEqual([sentence])
  })

  test('all of it is told at once, each with what mends it', () => {
    const found = refusals(
      {
        ...good,
        engine: { version: '19.03.1', platform: 'linux/s390x' },
        compose: { error: 'x' },
        bash: false,
        disk: [{ mount: '/', freeKib: 1 }],
        environmentSet: [],
        model: publishing(80),
        listening: [{ address: '', port: 80 }],
      },
      question,
    )
    expect(found).toHaveLength(8)
    expect(found.every(({ hint }) => hint.length > 10)).toBe(true)
  })

  test('an environment file that compose could not read does not make every variable missing', () => {
    expect(refused({ environmentSet: [], model: { error: 'failed to read .env' } })).toEqual([
      'compose cannot resolve the project on the server: failed to read .env',
    ])
    expect(refused({ environmentFile: null, environmentSet: [], model: { error: 'x' } })).toHaveLength(1)
    expect(refused({ environmentFile: null }, { required: [] })).toEqual([])
  })

  test('a port of our own containers is free for us', () => {
    expect(
      refused({
        model: publishing(80),
        listening: [{ address: '', port: 80 }],
        containers: [container('api', 'a1')],
        published: [{ name: 'shop-api-1', ports: '0.0.0.0:80->8000/tcp, [::]:80->8000/tcp' }],
      }),
    ).toEqual([])
  })

  test('ports collide where their addresses meet', () => {
    const taken = (address: string, wanted: string) =>
      refused({ model: publishing(80, { address: wanted }), listening: [{ address, port: 80 }] }).length
    expect([
      taken('127.0.0.1', ''),
      taken('', '127.0.0.1'),
      taken('127.0.0.1', '127.0.0.1'),
      taken('127.0.0.1', '10.0.0.1'),
      taken('10.0.0.1', '0.0.0.0'),
      taken('::', '10.0.0.1'),
    ]).toEqual([1, 1, 1, 0, 1, 1])
  })

  test('a port that only resembles another, of another protocol, or chosen by Docker is no collision', () => {
    expect(
      refused({
        model: publishing(80),
        listening: [
          { address: '', port: 8080 },
          { address: '', port: 8 },
        ],
      }),
    ).toEqual([])
    expect(refused({ model: publishing(53, { protocol: 'udp' }), listening: [{ address: '', port: 53 }] })).toEqual([])
    expect(refused({ model: publishing(0), listening: [{ address: '', port: 0 }] })).toEqual([])
    // docker ps draws neighbouring ports together
    for (const port of [9000, 9001, 9002])
      expect(
        refused({
          model: publishing(port),
          listening: [{ address: '', port }],
          containers: [container('api', 'a1')],
          published: [{ name: 'shop-api-1', ports: '0.0.0.0:9000-9001->9000-9001/tcp, [::]:9000-9001->9000-9001/tcp' }],
        }),
      ).toHaveLength(port === 9002 ? 1 : 0)
    // 180 holds 80: not ours by that
    expect(
      refused({
        model: publishing(80),
        listening: [{ address: '', port: 80 }],
        containers: [container('api', 'a1')],
        published: [{ name: 'shop-api-1', ports: '0.0.0.0:180->8000/tcp' }],
      }),
    ).toHaveLength(1)
  })
})

describe('what a tired maintainer would want to know', () => {
  test('little disk, before it is too little', () => {
    expect(warned({ disk: [{ mount: '/', freeKib: 1024 * 1024 }] })).toEqual(['only 1024 MiB are free on /'])
  })
  test.each([
    ['644', 1],
    ['640', 1],
    ['604', 1],
    ['660', 1],
    ['600', 0],
    ['400', 0],
    ['700', 0],
  ])('an environment file of mode %s: %i warnings', (mode, count) => {
    expect(warned({ environmentFile: { mode, owner: 'deploy' } })).toHaveLength(count)
  })
  test('no restart policy, no limit, privileged, folders that Docker would make', () => {
    const services = {
      ...MODEL.services,
      api: service('a', { restart: 'no', limits: false, privileged: true }),
      db: service('postgres', { restart: null, limits: false }),
    }
    const found = warned({ model: { services }, missingBinds: ['/opt/stacks/shop/data'] })
    expect(found).toHaveLength(4)
    expect(found.join('\n')).toMatch(
      /api has no restart policy[\s\S]*api has no memory limit[\s\S]*api is privileged[\s\S]*\/opt\/stacks\/shop\/data does not exist/,
    )
  })
  test('what hands the server over: its engine, its whole disk, its network', () => {
    const bind = (source: string) => ({ source, target: '/x', readOnly: true })
    const services = {
      api: service('a', { binds: [bind('/var/run/docker.sock'), bind('/'), bind('/data')], networkMode: 'host' }),
      db: service('postgres'),
    }
    const found = warned({ model: { services } })
    expect(found).toHaveLength(3)
    expect(found.join('\n')).toMatch(/api shares the network[\s\S]*api mounts \/var\/run\/docker\.sock[\s\S]*api mounts \/: whoever/)
  })
  test("a mounted folder that the container's user cannot write", () => {
    const mounting = (user: string | null, readOnly = false) => ({
      services: { api: service('a', { user, binds: [{ source: '/data', target: '/data', readOnly }] }) },
    })
    const found = (user: string | null, mode: string, readOnly = false) =>
      ownerWarnings({
        ...good,
        model: mounting(user, readOnly),
        binds: [{ source: '/data', uid: 1000, gid: 1000, mode, kind: 'directory' }],
      })
    expect(found('999', '755')).toEqual([
      'api runs as user 999 but /data belongs to 1000 (mode 755): it cannot write there; on the server: sudo chown 999 /data',
    ])
    for (const [user, mode, readOnly] of [
      ['1000', '755', false],
      ['0', '755', false],
      [null, '755', false],
      ['999', '777', false],
      ['999', '755', true],
      ['app', '755', false],
    ] as const) {
      expect(found(user, mode, readOnly)).toEqual([])
    }
  })
})

test.each([
  ['28.5.2+dfsg4', '20.10.0', false],
  ['20.10.0', '20.10.0', false],
  ['20.9.99', '20.10.0', true],
  ['v2.24.3', '2.24.4', true],
  ['2.40', '2.24.4', false],
  ['2', '2.24.4', true],
  ['', '2.24.4', true],
  ['garbage', '1', true],
])('version %s against %s: too old is %s', (version, floor, old) => {
  expect(isBelow(version, floor)).toBe(old)
})
