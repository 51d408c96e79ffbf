import { describe, expect, test } from '@jest/globals'
import { configOf } from '../config/problems.ts'
import { CONFIG, container, digest, MODEL, nothingThere, planOf, record, service, serving } from './support/observed.ts'
import { rendered } from './support/rendered.ts'

const configured = (more: string) => configOf(`${CONFIG}${more}`)
/** The lines of a plan that concern what is asked about. */
const lines = (text: string, pattern: RegExp): string[] => text.split('\n').filter((line) => pattern.test(line))
const images = (api: string, bot: string) => ({
  api: { reference: `ghcr.io/acme/shop-api@${digest(api)}`, digest: digest(api) },
  bot: { reference: `ghcr.io/acme/shop-bot@${digest(bot)}`, digest: digest(bot) },
})

describe('a plan', () => {
  test('the first deploy does everything, the one that may exist once last', () => {
    expect(rendered(planOf(nothingThere))).toBe(`deploy 1-1111111, before it nothing, back to nothing
pull ghcr.io/acme/shop-api@a1 ghcr.io/acme/shop-bot@b1 postgres:16 — not on the server yet
files docker-compose.yml conf/app.conf — docker-compose.yml is new, conf/app.conf is new
infrastructure db — db does not exist yet
await db auto — api needs it
create api=1 bot=1 — made beside those that run, so that the gap is short
schema before [api migrate show] — the revision belongs to the release
migrate [api migrate up] — the first release here
schema after [api migrate show] — the revision belongs to the release
await-created api bot — nothing that serves is touched before they are there
switch api stop-first old [] no http :8000/health — does not exist yet
seed users [api seed] — has not run here yet
switch bot stop-first old [] no auto stable 10000 — does not exist yet
smoke answers api http :8000/ — the config asks for it
verify api=a1 bot=b1 — what runs is compared with what was wanted
stable bot — ready is not enough: no restart during the window
commit — healthy: from here on it is the current release
tidy api= bot= — 5 releases are kept`)
  })

  test('a database that is built here runs before anything migrates, where it does not yet', () => {
    const config = configured('backup: { kind: postgres, service: bot }\n')
    const order = (observed: typeof nothingThere, more: Parameters<typeof planOf>[1] = {}): string[] =>
      lines(rendered(planOf(observed, { config, ...more })), /^(create|await-created|switch|migrate|backup)/).map((line) =>
        line.split(' ').slice(0, 2).join(' '),
      )
    expect(order(nothingThere)).toEqual(['create api=1', 'await-created api', 'switch bot', 'backup —', 'migrate [api', 'switch api'])
    // one that runs takes the migration, and is exchanged with the others
    expect(order(serving(), { commit: '2222222bbbb', images: images('a2', 'b2') })).toEqual([
      'create api=2',
      'backup —',
      'migrate [api',
      'await-created api',
      'switch api',
      'switch bot',
    ])
  })

  test('where everything is as wanted, there is nothing to do', () => {
    expect(planOf(serving()).steps).toEqual([])
  })

  test('another commit with the same bytes becomes a release of its own and touches no container', () => {
    expect(rendered(planOf(serving(), { commit: '2222222bbbb' }))).toBe(`deploy 2-2222222, before it 1-1111111, back to 1-1111111
files — files are as wanted
smoke answers api http :8000/ — the config asks for it
verify api=a1 bot=b1 — what runs is compared with what was wanted
commit — healthy: from here on it is the current release
tidy — 5 releases are kept`)
  })

  test('a new image switches its service only, and migrates', () => {
    expect(
      rendered(planOf(serving(), { commit: '2222222bbbb', images: images('a2', 'b1') })),
    ).toBe(`deploy 2-2222222, before it 1-1111111, back to 1-1111111
pull ghcr.io/acme/shop-api@a2 — not on the server yet
files — files are as wanted
create api=2 — made beside those that run, so that the gap is short
schema before [api migrate show] — the revision belongs to the release
migrate [api migrate up] — api has a new image
schema after [api migrate show] — the revision belongs to the release
await-created api — nothing that serves is touched before they are there
switch api stop-first old [api-old] unless-stopped http :8000/health — image changed
smoke answers api http :8000/ — the config asks for it
verify api=a2 bot=b1 — what runs is compared with what was wanted
commit — healthy: from here on it is the current release
tidy api= — 5 releases are kept`)
  })

  test('a changed configuration makes new containers of the same image, without a migration', () => {
    const text = rendered(planOf(serving({ hashes: { db: 'h-db', api: 'other', bot: 'h-bot' } })))
    expect(lines(text, /^(switch|create|migrate|schema|pull)/)).toEqual([
      'create api=2 — made beside those that run, so that the gap is short',
      'switch api stop-first old [api-old] unless-stopped http :8000/health — configuration changed',
    ])
  })

  test('a changed file switches the services of ours that mount it, and restarts those that are not ours', () => {
    const bind = { source: '/opt/stacks/shop/conf', target: '/conf', readOnly: true }
    const services = {
      ...MODEL.services,
      api: service('a1', { binds: [bind] }),
      db: service('postgres:16', { binds: [{ ...bind, source: '/opt/stacks/shop/conf/app.conf' }] }),
    }
    const text = rendered(planOf(serving({ files: { 'docker-compose.yml': 'f1', 'conf/app.conf': 'before' } }), {}, services))
    expect(lines(text, /^(files|switch|restart)/)).toEqual([
      'files conf/app.conf — conf/app.conf differs',
      'restart db — conf/app.conf changed, which it mounts',
      'switch api stop-first old [api-old] unless-stopped http :8000/health — conf/app.conf changed, which it mounts',
    ])
  })

  test('a file beside a mounted folder of a similar name concerns nobody', () => {
    const services = {
      ...MODEL.services,
      api: service('a1', { binds: [{ source: '/opt/stacks/shop/con', target: '/c', readOnly: true }] }),
    }
    const text = rendered(planOf(serving({ files: { 'docker-compose.yml': 'f1', 'conf/app.conf': 'before' } }), {}, services))
    expect(lines(text, /^(switch|restart)/)).toEqual([])
  })

  test('what an earlier release brought and this one does not is removed, and nothing else', () => {
    const text = rendered(
      planOf(
        serving({
          files: { ...nothingThere.brought, 'old.conf': 'x', 'mine.txt': 'y' },
          manifest: ['docker-compose.yml', 'conf/app.conf', 'old.conf'],
        }),
      ),
    )
    expect(lines(text, /^files/)).toEqual(['files -old.conf — old.conf is no longer brought'])
  })

  test('infrastructure whose configuration changed or that is not healthy is started again, and waited for', () => {
    for (const [observed, cause] of [
      [serving({ hashes: { ...nothingThere.hashes, db: 'other' } }), 'db configuration changed'],
      [
        serving({ containers: [container('db', 'postgres:16', { health: 'unhealthy' }), container('api', 'a1'), container('bot', 'b1')] }),
        'db is not healthy',
      ],
      [
        serving({ containers: [container('db', 'postgres:16', { state: 'exited' }), container('api', 'a1'), container('bot', 'b1')] }),
        'db does not run',
      ],
    ] as const) {
      expect(lines(rendered(planOf(observed)), /^(infrastructure|await |switch)/)).toEqual([
        `infrastructure db — ${cause}`,
        'await db auto — api needs it',
      ])
    }
  })

  test('three replicas are created beside three that run, and all of them are the old ones', () => {
    const three = ['1', '2', '3'].map((one) => container('api', 'a1', { id: `api-${one}`, name: `shop-api-${one}` }))
    const services = { ...MODEL.services, api: service('a1', { replicas: 3 }) }
    const observed = serving({ containers: [container('db', 'postgres:16'), ...three, container('bot', 'b1')] })
    expect(planOf(observed, {}, services).steps).toEqual([])
    expect(lines(rendered(planOf(observed, { images: images('a2', 'b1') }, services)), /^(create|switch)/)).toEqual([
      'create api=6 — made beside those that run, so that the gap is short',
      'switch api stop-first old [api-1 api-2 api-3] unless-stopped http :8000/health — image changed; its 3 replicas 1 at a time',
    ])
    const two = serving({ containers: [container('db', 'postgres:16'), ...three.slice(1), container('bot', 'b1')] })
    expect(lines(rendered(planOf(two, {}, services)), /^(create|switch)/)).toEqual([
      'create api=5 — made beside those that run, so that the gap is short',
      'switch api stop-first old [api-2 api-3] unless-stopped http :8000/health — 2 of 3 run; its 3 replicas 1 at a time',
    ])
  })

  test('a service of no replicas is left alone', () => {
    const services = { ...MODEL.services, bot: service('b1', { replicas: 0 }) }
    expect(lines(rendered(planOf(nothingThere, {}, services)), /^(create|switch|verify|await)/)).toEqual([
      'await db auto — api needs it',
      'create api=1 — made beside those that run, so that the gap is short',
      'await-created api — nothing that serves is touched before they are there',
      'switch api stop-first old [] no http :8000/health — does not exist yet',
      'verify api=a1 — what runs is compared with what was wanted',
    ])
  })

  test('a service that runs once and ends is nobody to switch or to watch: it has ended before those that wait for it', () => {
    const services = {
      db: service('postgres:16'),
      prepare: service('a1'),
      fetch: service('curl'),
      api: service('a1', { dependsOn: { prepare: 'service_completed_successfully', fetch: 'service_completed_successfully' } }),
      bot: service('b1'),
    }
    const text = rendered(planOf(nothingThere, { ownership: { api: 'api', prepare: 'api', bot: 'bot' } }, services))
    expect(lines(text, /prepare|fetch|switch/)).toEqual([
      'seed prepare [prepare] — api may start only when it has ended well',
      'seed fetch [fetch] — api may start only when it has ended well',
      'switch api stop-first old [] no http :8000/health — does not exist yet',
      'switch bot stop-first old [] no auto — does not exist yet',
    ])
  })

  test('what runs once and waits for a service of ours runs between it and those that wait for what it did', () => {
    const services = {
      ...MODEL.services,
      index: service('curl', { dependsOn: { api: 'service_healthy' } }),
      warm: service('curl', { dependsOn: { index: 'service_completed_successfully' } }),
      search: service('a1', { dependsOn: { warm: 'service_completed_successfully', index: 'service_completed_successfully' } }),
      bot: service('b1', { dependsOn: { told: 'service_completed_successfully' } }),
      told: service('curl', { dependsOn: { bot2: 'service_started' } }),
      bot2: service('b1'),
    }
    const ownership = { api: 'api', search: 'api', bot: 'bot', bot2: 'bot' }
    const order = (target: Parameters<typeof planOf>[1], observed = nothingThere) =>
      planOf(observed, { ownership, ...target }, services).steps.flatMap((step) => {
        if (step.kind === 'seed') return [step.name]
        return step.kind === 'switch' ? [`(${step.services.map((one) => one.service).join(' ')})`] : []
      })
    expect(order({ seeds: false })).toEqual(['(api bot2)', 'index', 'told', 'warm', '(search)', '(bot)'])
    expect(order({})).toEqual(['(api bot2)', 'index', 'told', 'warm', '(search)', 'users', '(bot)'])
    // what waits for one that comes after the seeds comes after it
    const one = configOf(CONFIG.replace('  bot: {', '  bot2: { exactly: 1, after: [] }\n  bot: {'))
    expect(order({ config: one })).toEqual(['(api)', 'index', 'warm', '(search)', 'users', '(bot2)', 'told', '(bot)'])
    // what it waits for serves already
    expect(order({ seeds: false }, { ...nothingThere, containers: [container('bot2', 'b1')] })).toEqual([
      'told',
      '(api)',
      'index',
      'warm',
      '(search)',
      '(bot)',
    ])
  })

  test('what runs once is left to the seed that does the same, to compose where infrastructure waits for it, and out of a rollback', () => {
    const services = {
      ...MODEL.services,
      prepare: service('a1'),
      topics: service('kafka:4'),
      queue: service('kafka:4', { dependsOn: { topics: 'service_completed_successfully' } }),
      api: service('a1', { dependsOn: { prepare: 'service_completed_successfully', topics: 'service_completed_successfully' } }),
    }
    const once = (target: Parameters<typeof planOf>[1]) => lines(rendered(planOf(nothingThere, target, services)), /prepare|topics \[/)
    expect(once({})).toEqual(['seed prepare [prepare] — api may start only when it has ended well'])
    expect(
      once({ config: configOf(CONFIG.replace(/(name: )\w+(, service: )\w+(, run: \[seed\])/, '$1first$2prepare$3')), seeds: false }),
    ).toEqual([])
    expect(once({ kind: 'rollback' })).toEqual([])
  })

  test('infrastructure that the release in force does not know is told apart in a deploy: its files could not put it back', () => {
    const [first] = serving().releases
    const release = { ...first, infrastructure: ['db'] } as NonNullable<typeof first>
    const services = { ...MODEL.services, db: service('postgres:17'), queue: service('redis:7'), cache: service('redis:7') }
    const observed = serving({
      releases: [release],
      containers: [...serving().containers, container('cache', 'redis:6')],
      hashes: { db: 'other', cache: 'h-cache' },
    })
    const added = (kind: 'deploy' | 'rollback') =>
      planOf(observed, { kind, commit: '2222222bbbb' }, services).steps.flatMap((step) =>
        step.kind === 'infrastructure' ? [step.added] : [],
      )
    expect(added('deploy')).toEqual([{ queue: 'new', cache: 'there' }])
    expect(added('rollback')).toEqual([undefined])
  })

  test('what stands before our services is started after them, and alone: compose would start or replace them with it', () => {
    const services = {
      ...MODEL.services,
      proxy: service('nginx:1', { dependsOn: { cache: 'service_started', db: 'service_started' } }),
      cache: service('varnish:7', { dependsOn: { api: 'service_started' } }),
    }
    expect(lines(rendered(planOf(nothingThere, {}, services)), /^(infrastructure|switch|await |verify)/)).toEqual([
      'infrastructure db — db does not exist yet',
      'await db auto — api, proxy need it',
      'switch api stop-first old [] no http :8000/health — does not exist yet',
      'switch bot stop-first old [] no auto stable 10000 — does not exist yet',
      'infrastructure proxy cache alone — proxy does not exist yet, cache does not exist yet',
      'await proxy auto — it has to run',
      'await cache auto — proxy needs it',
      'verify api=a1 bot=b1 — what runs is compared with what was wanted',
    ])
  })

  test('a container that ended as one-off run of a service does not count as one of it', () => {
    expect(
      planOf(serving({ containers: [...serving().containers, container('api', 'a0', { id: 'run', oneOff: true, state: 'exited' })] }))
        .steps,
    ).toEqual([])
  })

  test('a stopped or restarting service is started anew, whatever its image', () => {
    const with_ = (state: string) =>
      serving({ containers: [container('db', 'postgres:16'), container('api', 'a1', { state }), container('bot', 'b1')] })
    expect(lines(rendered(planOf(with_('exited'))), /^switch/)).toEqual([
      'switch api stop-first old [] no http :8000/health — does not run',
    ])
    expect(lines(rendered(planOf(with_('restarting'))), /^switch/)).toEqual([
      'switch api stop-first old [api-old] unless-stopped http :8000/health — is not healthy',
    ])
  })

  test('an engine that names images by their configuration is asked for the registry digest', () => {
    const containers = [container('db', 'postgres:16'), container('api', 'a1', { imageId: 'sha256:configuration' }), container('bot', 'b1')]
    expect(
      planOf(serving({ containers, imageDigests: { 'sha256:configuration': [`ghcr.io/acme/shop-api@${digest('a1')}`] } })).steps,
    ).toEqual([])
    expect(
      lines(
        rendered(planOf(serving({ containers, imageDigests: { 'sha256:configuration': [`ghcr.io/acme/shop-api@${digest('a9')}`] } }))),
        /^switch/,
      ),
    ).toEqual(['switch api stop-first old [api-old] unless-stopped http :8000/health — image changed'])
  })

  test('a name of its own is given to the container at the end', () => {
    expect(lines(rendered(planOf(serving(), { images: images('a2', 'b1'), containerNames: { api: 'the-api' } })), /^tidy/)).toEqual([
      'tidy api=the-api — 5 releases are kept',
    ])
  })
})

describe('the order of services', () => {
  const config = (services: string) =>
    configOf(
      CONFIG.replace(/services:[\s\S]*?migrate/, `services: ${services}\nmigrate`).replace(
        'images: { api: {}, bot: {} }',
        'images: { api: { services: [api, web, worker] }, bot: {} }',
      ),
    )
  /** Groups in their order, with a bar between them; the seed stands where it runs. */
  const switched = (services: string, model: Record<string, ReturnType<typeof service>> = {}, seeds = true) =>
    planOf(
      nothingThere,
      { config: config(services), ownership: { web: 'api', api: 'api', worker: 'api', bot: 'bot' }, seeds },
      { web: service('a1'), api: service('a1'), worker: service('a1'), bot: service('b1'), ...model },
    )
      .steps.flatMap((step) => {
        if (step.kind === 'seed') return ['seed']
        return step.kind === 'switch' ? [step.services.map((one) => one.service).join(' ')] : []
      })
      .join(' | ')

  test('where nothing is said, all are switched side by side, and seeds run after them', () => {
    expect(switched('{}')).toBe('web api worker bot | seed')
  })
  test('follows `after`, over several steps', () => {
    expect(switched('{ web: { after: [api] }, api: { after: [worker] } }')).toBe('worker bot | api | web | seed')
  })
  test('follows depends_on of the compose file', () => {
    expect(switched('{}', { web: service('a1', { dependsOn: { worker: 'service_healthy' } }) })).toBe('api worker bot | web | seed')
  })
  test('puts the one that may exist once last and after the seeds, also where others name it', () => {
    const onWeb = { api: service('a1', { dependsOn: { web: 'service_started' } }) }
    expect(switched('{ web: { exactly: 1 } }', onWeb)).toBe('api worker bot | seed | web')
    expect(switched('{ web: { exactly: 1 } }', onWeb, false)).toBe('api worker bot | web')
  })
  test('two that may exist once come last together, or one after the other where one names the other', () => {
    expect(switched('{ web: { exactly: 1 }, api: { exactly: 1 } }', {}, false)).toBe('worker bot | web api')
    expect(switched('{ web: { exactly: 1, after: [api] }, api: { exactly: 1 } }', {}, false)).toBe('worker bot | api | web')
  })
  test('the one that may exist once is not last where it is said whom it waits for, but seeds come before it all the same', () => {
    expect(switched('{ bot: { exactly: 1, after: [] } }', {}, false)).toBe('web api worker bot')
    expect(switched('{ bot: { exactly: 1, after: [web] } }', {}, false)).toBe('web api worker | bot')
    expect(switched('{ bot: { exactly: 1, after: [] } }')).toBe('web api worker | seed | bot')
  })
  test('a circle ends, with each service once', () => {
    const on = (other: string) => service('a1', { dependsOn: { [other]: 'service_started' } })
    expect(
      switched('{}', { web: on('api'), api: on('worker'), worker: on('web') })
        .split(/ \| | /)
        .sort(),
    ).toEqual(['api', 'bot', 'seed', 'web', 'worker'])
    expect(switched('{}', { web: on('web') })).toBe('web api worker bot | seed')
  })
})

describe('seeds and migrations', () => {
  const seeds = (policy: string, seen: readonly { name: string; hash: string; release: string }[], file = 'f2') =>
    lines(
      rendered(
        planOf(serving({ seeds: seen }), {
          contents: { 'conf/app.conf': file },
          config: configOf(CONFIG.replace('run: [seed] }', `run: [seed], policy: ${policy}, files: [conf/app.conf] }`)),
        }),
      ),
      /^seed/,
    )
  const hashNow = (): string => {
    const step = planOf(serving({ seeds: [] }), {
      contents: { 'conf/app.conf': 'f2' },
      config: configOf(CONFIG.replace('run: [seed] }', 'run: [seed], policy: on-change, files: [conf/app.conf] }')),
    }).steps.find(({ kind }) => kind === 'seed')
    return step?.kind === 'seed' ? step.hash : ''
  }
  const ran = (hash: string) => [{ name: 'users', hash, release: '1-1111111' }]

  test('once: until it has run, whatever its content', () => {
    expect(seeds('once', [])).toEqual(['seed users [api seed] — has not run here yet'])
    expect(seeds('once', ran('other'))).toEqual([])
  })
  test('on-change: again when its command or its files changed', () => {
    expect(seeds('on-change', ran(hashNow()))).toEqual([])
    expect(seeds('on-change', ran('other'))).toEqual(['seed users [api seed] — its content changed'])
    expect(seeds('on-change', ran(hashNow()), 'changed')).toEqual(['seed users [api seed] — its content changed'])
    // going back to what ran before the last time is a change, too
    expect(seeds('on-change', [...ran(hashNow()), ...ran('newer')])).toEqual(['seed users [api seed] — its content changed'])
  })
  test('always: at every deploy', () => {
    expect(seeds('always', ran(hashNow()))).toEqual(['seed users [api seed] — runs at every deploy'])
  })
  test('none where the deploy asks for none', () => {
    expect(lines(rendered(planOf(nothingThere, { seeds: false })), /^seed/)).toEqual([])
  })
  test("an entrypoint of its own replaces the image's", () => {
    expect(
      lines(
        rendered(planOf(nothingThere, { config: configOf(CONFIG.replace('run: [seed] }', 'run: [-c, seed], entrypoint: [sh, -e] }')) })),
        /^seed/,
      ),
    ).toEqual(['seed users [--entrypoint sh api -e -c seed] — has not run here yet'])
  })
  test('a migration does not run where its image has run it already', () => {
    expect(lines(rendered(planOf(serving(), { images: images('a1', 'b2') })), /^(migrate|schema|switch)/)).toEqual([
      'switch bot stop-first old [bot-old] unless-stopped auto stable 10000 — image changed',
    ])
  })
  test('hooks of the server stand at their points, none in a rollback', () => {
    const config = configured(
      'hooks: { beforeDeploy: [{ name: d, on: server, run: x }], beforeMigrate: [{ name: m, on: server, run: x }], beforeSwitch: [{ name: s, on: server, run: x, onFailure: warn }], afterSwitch: [{ name: a, on: server, run: x }] }\n',
    )
    expect(
      // what a hook runs may be a file of the release
      lines(rendered(planOf(nothingThere, { config })), /^(files|hook|migrate|switch|smoke)/).map((line) =>
        line.split(' ').slice(0, 2).join(' '),
      ),
    ).toEqual([
      'files docker-compose.yml',
      'hook d',
      'hook m',
      'migrate [api',
      'hook s',
      'switch api',
      'switch bot',
      'hook a',
      'smoke answers',
    ])
    expect(lines(rendered(planOf(serving(), { config, kind: 'rollback', record: record(1, '0', '0000000') })), /^hook/)).toEqual([])
  })
})

describe('a rollback', () => {
  const two = record(2, '2', '2222222bbbb')
  const one = record(1, '1', '1111111aaaa')
  const observed = serving({
    containers: [container('db', 'postgres:16'), container('api', 'a2'), container('bot', 'b2')],
    releases: [one, two],
    current: '2-2222222',
  })
  const back = { kind: 'rollback', record: one, commit: one.commit } as const

  test("is the same road with the record's bytes and ways of asking, without migration and seeds", () => {
    expect(rendered(planOf(observed, back))).toBe(`rollback 3-1111111, before it 2-2222222, back to nothing
files — files are as wanted
create api=2 bot=2 — made beside those that run, so that the gap is short
await-created api bot — nothing that serves is touched before they are there
switch api stop-first old [api-old] unless-stopped http :8000/health — image changed
switch bot stop-first old [bot-old] unless-stopped auto stable 10000 — image changed
smoke answers api http :8000/ — this release was deployed with it
verify api=a1 bot=b1 — what runs is compared with what was wanted
stable bot — ready is not enough: no restart during the window
commit — healthy: from here on it is the current release
tidy api= bot= — 5 releases are kept`)
  })

  test('keeps the order of the deploy: last is who was last then, and side by side are those that did not wait for one another', () => {
    const order = (how: object) => {
      const told = { ...one, services: { ...one.services, bot: { ...one.services.bot, ...how } } } as typeof one
      return planOf(observed, { ...back, record: told }).steps.flatMap((step) =>
        step.kind === 'switch' ? [step.services.map(({ service, order }) => `${service} ${order}`).join(', ')] : [],
      )
    }
    expect(order({})).toEqual(['api stop-first', 'bot stop-first'])
    expect(order({ last: undefined })).toEqual(['api stop-first, bot stop-first'])
    expect(order({ last: undefined, after: ['api'] })).toEqual(['api stop-first', 'bot stop-first'])
    expect(order({ last: undefined, order: 'start-first' })).toEqual(['api stop-first, bot start-first'])
  })

  test('to what runs already has nothing to do, also after a rollback to it', () => {
    expect(planOf(serving(), { ...back, record: one }).steps).toEqual([])
    const again = { ...one, id: '3-1111111', number: 3, kind: 'rollback', of: one.id } as const
    expect(planOf(serving({ releases: [one, two, again], current: '3-1111111' }), back).steps).toEqual([])
  })

  test("today's config does not change how an older release is asked", () => {
    const config = configOf(CONFIG.replace('/health', '/new-health'))
    expect(lines(rendered(planOf(observed, { ...back, config })), /^switch api/)[0]).toContain('/health')
    expect(lines(rendered(planOf(observed, { ...back, config })), /^switch api/)[0]).not.toContain('/new-health')
  })
})

test('services named like parts of JavaScript are services', () => {
  const ownership: Record<string, string> = Object.assign(Object.create(null), { constructor: 'api' })
  const text = rendered(
    planOf(
      nothingThere,
      { ownership, config: configOf(CONFIG.replace('smoke:', '#')) },
      { constructor: service('a1'), toString: service('redis') },
    ),
  )
  expect(lines(text, /^(switch|infrastructure|await |verify)/)).toEqual([
    'infrastructure toString — toString does not exist yet',
    'await toString auto — it has to run',
    'switch constructor stop-first old [] no auto — does not exist yet',
    'verify constructor=a1 — what runs is compared with what was wanted',
  ])
})
