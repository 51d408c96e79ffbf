/** The program for real, under each shell a server may have as `sh`. */
import { afterEach, describe, expect, test } from '@jest/globals'
import { configOf } from '../config/problems.ts'
import { lockIsFree, newServer, SHELLS, type StandInServer, until } from './support/server.ts'
import { CONFIG, commitOf, deploy, digestOf, endOf, failureOf, MODEL, serving } from './support/stack.ts'

const servers: StandInServer[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})
const server = (shell?: string | null): StandInServer => {
  const made = newServer(MODEL, shell ?? undefined)
  servers.push(made)
  return made
}
const image = (version: number, name: string): string => `ghcr.io/acme/shop-${name}@${digestOf(version, name)}`

describe.each(Object.entries(SHELLS))('the program under %s', (_, shell) => {
  const testThere = shell === null ? test.skip : test

  testThere('a first deploy, one over it, nothing to do afterwards, and back', async () => {
    const on = server(shell)
    const first = await deploy(on, { version: 1 })
    expect([failureOf(first), endOf(first), serving(on)]).toEqual(['', 'committed', 'api 1, bot 1'])
    const second = await deploy(on, { version: 2 })
    expect([failureOf(second), endOf(second), serving(on)]).toEqual(['', 'committed', 'api 2, bot 2'])
    expect(on.containers().map(({ name, policy }) => `${name} ${policy}`)).toEqual([
      'shop-api-1 unless-stopped',
      'shop-bot-1 unless-stopped',
      'shop-db-1 unless-stopped',
    ])
    expect(on.heard('ran').map((line) => line.split(' ')[0])).toEqual(['migrate', 'seed-users', 'migrate'])
    expect((await deploy(on, { version: 2 })).plan?.steps).toEqual([])
    const back = await deploy(on, { version: 1, rollbackTo: 'previous' })
    expect([failureOf(back), endOf(back), serving(on)]).toEqual(['', 'committed', 'api 1, bot 1'])
    expect(on.file('conf/app.conf')).toBe('of version 1\n')
    expect(on.heard('ran')).toHaveLength(3)
    expect(on.heard('violations')).toEqual([])
  })

  testThere('a service that does not become healthy: the very same containers serve again, with the files they had', async () => {
    const on = server(shell)
    await deploy(on, { version: 1 })
    const before = on.containers()
    on.tell('sick', image(2, 'bot'))
    const failed = await deploy(on, { version: 2 })
    expect(failureOf(failed)).toMatch(/^HEALTH: bot was not healthy after .* health unhealthy$/)
    expect(endOf(failed)).toBe('rolled-back')
    expect(on.containers().map(({ mounted, ...kept }) => kept)).toEqual(before.map(({ mounted, ...kept }) => kept))
    // started while the new file was still there, the old container would have mounted it
    expect(on.containers('api').map(({ mounted }) => mounted)).toEqual(['of version 1\n'])
    expect(on.file('conf/app.conf')).toBe('of version 1\n')
    const undone = failed.events.flatMap((event) => (event.kind === 'undo' ? [event.text.split(' ').slice(0, 2).join(' ')] : []))
    expect(undone).toEqual([
      'restore_files',
      'bring_back bot',
      'bring_back api',
      'remove_created bot',
      'remove_created api',
      'forget_release',
    ])
    expect(on.heard('violations')).toEqual([])
    const again = await deploy(on, { version: 3 })
    expect([endOf(again), serving(on)]).toEqual(['committed', 'api 3, bot 3'])
  })

  testThere('a failing migration touches nothing that serves', async () => {
    const on = server(shell)
    await deploy(on, { version: 1 })
    const before = on.containers()
    on.tell('one-off/migrate', 'echo "deploy-action: before a1"; echo "no such column" >&2; exit 3')
    const failed = await deploy(on, { version: 2 })
    expect([failureOf(failed), endOf(failed)]).toEqual(['MIGRATE: the migration ended with exit code 3', 'aborted'])
    expect(on.containers()).toEqual(before)
    expect(
      failed.events.some((event) => event.kind === 'note' && event.topic === 'evidence' && event.text.includes('no such column')),
    ).toBe(true)
    expect(on.heard('../stack of @1 + two/.deploy/current/release.json').join('')).toContain('"id":"1-')
  })

  testThere('credentials are used for the pull, and are in no arguments and no file afterwards', async () => {
    const on = server(shell)
    on.tell('secret', 'c2VjcmV0LWNhbmFyeQ')
    const failed = await deploy(on, {
      version: 1,
      credentials: Buffer.from('{"auths":{"ghcr.io":{"auth":"c2VjcmV0LWNhbmFyeQ"}}}').toString('base64'),
    })
    expect(failureOf(failed)).toBe('')
    expect(on.heard('seen-login').join('')).toContain('c2VjcmV0LWNhbmFyeQ')
    expect(on.heard('leaks')).toEqual([])
    expect(await filesWith(on, 'c2VjcmV0LWNhbmFyeQ')).toEqual([])
    expect(await filesWith(on, Buffer.from('c2VjcmV0LWNhbmFyeQ').toString('base64').slice(2, 20))).toEqual([])
    // the engine that the server's user means, also where only a docker context says which
    expect(on.heard('pulled')).toEqual(expect.arrayContaining([`with login, unix:///run/user/1000/docker.sock ${image(1, 'api')}`]))
  })
})

const filesWith = async (on: StandInServer, text: string): Promise<string[]> => {
  const { execFileSync } = await import('node:child_process')
  try {
    // not as an argument: another run of this test would take it for a leak
    return execFileSync('grep', ['-rlaF', '-f', '-', `${on.directory}/.deploy`], { encoding: 'utf8', input: text })
      .split('\n')
      .filter(Boolean)
  } catch {
    return []
  }
}

describe('asking over HTTP', () => {
  const asked = async (http: string, answer: (path: string) => string, retries = 1) => {
    const { createServer } = await import('node:http')
    const seen: string[] = []
    const http_ = createServer((request, response) => {
      seen.push(`${request.method} ${request.url} ${request.headers.host}`)
      const [status = '200', ...body] = answer(request.url ?? '').split(' ')
      response.writeHead(Number(status)).end(body.join(' '))
    })
    await new Promise<void>((resolve) => http_.listen(0, '127.0.0.1', resolve))
    const { port } = http_.address() as { port: number }
    try {
      const config = configOf(
        CONFIG.replace(
          'api: { stable: 0s, health: { deadline: 1s, interval: 50ms } }',
          `api: { health: { http: { port: ${port}, ${http} }, retries: ${retries}, interval: 10ms } }`,
        ),
      )
      return { done: await deploy(server(), { version: 1, config }), seen, port }
    } finally {
      http_.close()
    }
  }

  test('a JSON answer is understood however it is set', async () => {
    const { done, seen, port } = await asked(
      'path: "/health?a=b&c=$$(x)", json: { status: ok, online: 1 }',
      () => '200 {\n  "online": 1,\n  "status": "ok"\n}\n',
    )
    expect([failureOf(done), endOf(done)]).toEqual(['', 'committed'])
    expect(seen).toEqual([`GET /health?a=b&c=$(x) 127.0.0.1:${port}`])
  })
  test('a wrong status is told with what was said', async () => {
    expect(failureOf((await asked('path: /', () => '503 database is gone')).done)).toMatch(
      /^HEALTH: api was not healthy after .* and 1 attempts: HTTP 503 database is gone$/,
    )
  })
  test('a wrong value and a missing text are told', async () => {
    expect(failureOf((await asked('path: /, json: { online: 1 }', () => '200 {"online": 0}')).done)).toMatch(
      /HTTP 200, but the JSON differs: \{"online": 0\}$/,
    )
    expect(failureOf((await asked('path: /, contains: "-hello"', () => '200 bye')).done)).toMatch(/HTTP 200 without "-hello"$/)
  })
})

describe('services that are switched side by side', () => {
  const inOneGroup = CONFIG.replace('bot: { exactly: 1,', 'bot: { exactly: 1, after: [],')
  const together = configOf(inOneGroup.replaceAll('deadline: 1s', 'deadline: 30s'))

  test.each(Object.entries(SHELLS))('under %s, all are stopped, started and asked at the same time', async (_, shell) => {
    if (shell === null) return
    const on = server(shell)
    await deploy(on, { version: 1, config: together })
    on.untell('calls')
    const done = await deploy(on, { version: 2, config: together })
    expect([failureOf(done), endOf(done), serving(on)]).toEqual(['', 'committed', 'api 2, bot 2'])
    expect(done.plan?.steps.flatMap((step) => (step.kind === 'switch' ? [step.services.length] : []))).toEqual([2])
    expect(done.events.flatMap((event) => (event.kind === 'note' && event.topic === 'gap' ? [event.name] : [])).sort()).toEqual([
      'api',
      'bot',
    ])
    expect(on.heard('violations')).toEqual([])
  })

  test('one that ends at once ends the wait for the other, is the reason, and all come back', async () => {
    const on = server()
    await deploy(on, { version: 1, config: together })
    const before = on.containers()
    on.tell('sick', image(2, 'api'))
    on.tell('dies', image(2, 'bot'))
    const began = performance.now()
    const failed = await deploy(on, { version: 2, config: together })
    expect(failureOf(failed)).toBe('HEALTH: bot ended (status, restarts, exit code: exited 0 3)')
    expect(performance.now() - began).toBeLessThan(25_000)
    expect([endOf(failed), serving(on)]).toEqual(['rolled-back', 'api 1, bot 1'])
    expect(on.containers().map(({ id, policy }) => [id, policy])).toEqual(before.map(({ id, policy }) => [id, policy]))
    const restored = failed.events.flatMap((event) => (event.kind === 'note' && event.topic === 'restored' ? [event.name] : []))
    expect(restored.sort()).toEqual(['api', 'bot'])
  })

  test('one that does not come back is BROKEN, and the other comes back all the same', async () => {
    const on = server()
    await deploy(on, { version: 1, config: configOf(inOneGroup) })
    on.tell('dies', image(2, 'bot'))
    const failed = await deploy(on, { version: 2, config: configOf(inOneGroup), onReady: () => on.tell('sick', image(1, 'bot')) })
    expect([endOf(failed), serving(on)]).toEqual(['broken', 'api 1, bot 1'])
    const undone = failed.events.flatMap((event) => (event.kind === 'note' && event.topic === 'restored' ? [event.name] : []))
    expect(undone).toEqual(['api'])
    expect(on.file('.deploy/broken')).toMatch(/^undo bot was not healthy after /m)
  })

  test('lines of several that write at once are whole', async () => {
    const on = server()
    await deploy(on, { version: 1, config: together })
    on.tell('log', `${'a long line of a log '.repeat(700)}\n`)
    on.tell('dies', `${image(2, 'api')}\n${image(2, 'bot')}`)
    const failed = await deploy(on, { version: 2, config: together })
    expect([endOf(failed), serving(on)]).toEqual(['rolled-back', 'api 1, bot 1'])
    const journal = on.file(`.deploy/operations/${failed.operation}/journal`).trim().split('\n')
    expect(journal.filter((line) => !/^\d+ [a-z-]+( [\w. =+/-]+)?$/.test(line))).toEqual([])
  })
})

describe('what can go wrong on the way', () => {
  test('a container that ends at once is said to have ended, with its exit code', async () => {
    const on = server()
    await deploy(on, { version: 1 })
    on.tell('dies', image(2, 'api'))
    const failed = await deploy(on, { version: 2 })
    expect(failureOf(failed)).toBe('HEALTH: api ended (status, restarts, exit code: exited 0 3)')
    expect([endOf(failed), serving(on)]).toEqual(['rolled-back', 'api 1, bot 1'])
  })

  test('where Docker cannot list the containers before the new ones are made, none is ever removed', async () => {
    const on = server()
    await deploy(on, { version: 1 })
    const before = on.containers()
    const failed = await deploy(on, {
      version: 2,
      onReady: () => on.tell('fail-at', 'ps\t--all\t--no-trunc\t--filter\tlabel=com.docker.compose.project=shop\t--filter'),
    })
    expect(failureOf(failed)).toBe('HEALTH: Docker does not say which containers it has; nothing was touched')
    expect(endOf(failed)).toBe('aborted')
    expect(on.containers()).toEqual(before)
  })

  test('a pull that is refused by our login is tried as the server itself would, and says what the registry said', async () => {
    const on = server()
    const credentials = Buffer.from('{}').toString('base64')
    on.tell('deny-login', 'denied: no access\n')
    expect(endOf(await deploy(on, { version: 1, credentials }))).toBe('committed')
    on.tell('deny-own', 'unauthorized: who are you\n')
    const refused = await deploy(on, { version: 2, credentials })
    expect(failureOf(refused)).toBe('PULL: the registry refused the server: denied: no access')
    expect([endOf(refused), serving(on)]).toEqual(['aborted', 'api 1, bot 1'])
  })

  test('a failing seed after the switch brings all services back and is not in the ledger', async () => {
    const on = server()
    on.tell('one-off/seed-users', 'exit 7')
    const failed = await deploy(on, { version: 1 })
    expect(failureOf(failed)).toBe('SEED: seed users ended with exit code 7; its data is not undone')
    expect(serving(on)).toBe('')
    expect(on.file('.deploy/seeds')).toMatch(/^users [0-9a-f]{16} 1-1111111 started\n$/)
    on.untell('one-off/seed-users')
    expect(endOf(await deploy(on, { version: 1 }))).toBe('committed')
    expect(on.file('.deploy/seeds')).toMatch(/^(users [0-9a-f]{16} 1-1111111 started\n){2}users [0-9a-f]{16} 1-1111111\n$/)
  })

  test('a service whose container is gone by the end is not taken for verified', async () => {
    const on = server()
    await deploy(on, { version: 1 })
    const config = configOf(
      CONFIG.replace(
        'smoke: [{ name: answers, service: api, run: ["true"], retries: 0 }]',
        'smoke: [{ name: stops, service: api, run: [sh, -c, \'for id in "$0"/*; do grep -q api "$id/service" && printf exited > "$id/state"; done; true\', CONTAINERS], retries: 0 }]',
      ).replace('CONTAINERS', `${on.state}/containers`),
    )
    const failed = await deploy(on, { version: 2, config })
    expect(failureOf(failed)).toBe('HEALTH: no container of api runs any more')
    expect([endOf(failed), serving(on)]).toEqual(['rolled-back', 'api 1, bot 1'])
  })

  test('a record that cannot be written is no commit: the old release serves', async () => {
    const on = server()
    await deploy(on, { version: 1 })
    on.program('ln', '#!/bin/sh\necho "No space left on device" >&2\nexit 1\n')
    const failed = await deploy(on, { version: 2 })
    expect(failureOf(failed)).toMatch(/^CONFIG: the record of the release could not be written in /)
    expect([endOf(failed), serving(on)]).toEqual(['rolled-back', 'api 1, bot 1'])
    expect(on.file('.deploy/current/release.json')).toContain('"id":"1-')
  })

  test('a folder where a file is to be is refused, and stays', async () => {
    const on = server()
    await deploy(on, { version: 1 })
    const failed = await deploy(on, {
      version: 2,
      files: { 'project/users.sql': 'select 1;\n' },
      onReady: async () => {
        const { mkdirSync } = await import('node:fs')
        mkdirSync(`${on.directory}/users.sql`)
      },
    })
    expect(failureOf(failed)).toMatch(/users\.sql is a folder, but the project brings a file of that name/)
    expect([endOf(failed), serving(on), on.file('conf/app.conf')]).toEqual(['aborted', 'api 1, bot 1', 'of version 1\n'])
  })

  test('what a release no longer brings goes, and comes back with it; nothing else is touched', async () => {
    const on = server()
    await deploy(on, { version: 1, files: { 'project/conf/deep er/old.conf': 'old\n' } })
    on.tell('../stack of @1 + two/conf/mine.txt', 'mine')
    await deploy(on, { version: 2 })
    expect([on.file('conf/deep er/old.conf'), on.file('conf/mine.txt')]).toEqual(['', 'mine'])
    await deploy(on, { version: 1, rollbackTo: '1' })
    expect([on.file('conf/deep er/old.conf'), on.file('conf/mine.txt'), on.file('conf/app.conf')]).toEqual([
      'old\n',
      'mine',
      'of version 1\n',
    ])
  })

  test('a link on the way to a file is not followed out of the directory', async () => {
    const on = server()
    await deploy(on, { version: 1 })
    const { symlinkSync, rmSync, readdirSync } = await import('node:fs')
    rmSync(`${on.directory}/conf`, { recursive: true })
    symlinkSync(`${on.state}/one-off`, `${on.directory}/conf`)
    const failed = await deploy(on, { version: 2 })
    expect(failureOf(failed)).toMatch(/^CONFIG: conf\/app\.conf would be written outside/)
    expect(readdirSync(`${on.state}/one-off`)).toEqual([])
  })

  test('folders and files are readable for the users of containers, as in a checkout', async () => {
    const on = server()
    await deploy(on, { version: 1, files: { 'project/conf/a/b/c.conf': 'x' } })
    const { statSync } = await import('node:fs')
    const mode = (path: string): string => (statSync(`${on.directory}/${path}`).mode & 0o777).toString(8)
    expect(['conf', 'conf/a', 'conf/a/b', 'conf/a/b/c.conf', '.deploy'].map(mode)).toEqual(['755', '755', '755', '644', '700'])
  })

  test('a hook that leaves something running in the background delays nobody and keeps no lock', async () => {
    const on = server()
    const config = configOf(`${CONFIG}hooks: { beforeSwitch: [{ name: forgets, on: server, run: "sleep 300 & echo started" }] }\n`)
    const done = await deploy(on, { version: 1, config })
    expect([failureOf(done), endOf(done)]).toEqual(['', 'committed'])
    await until(() => lockIsFree(on), 'the lock is free')
  })

  test('values with quotes, newlines and substitutions reach commands as they are', async () => {
    const on = server()
    const hostile = ['$(touch pwned)', 'a \'b\' "c"', '`id`', 'two\nlines', '--help', '*', '\\', '${HOME}']
    const inConfig = (argv: readonly string[]): string => `run: ${JSON.stringify(argv).replaceAll('$', '$$$$')}`
    const config = configOf(
      CONFIG.replace('run: ["true"]', () => inConfig(['printf', '<%s>', ...hostile])).replace('run: [seed]', () => inConfig(hostile)),
    )
    const done = await deploy(on, { version: 1, config })
    expect(failureOf(done)).toBe('')
    const asked = hostile.map((value) => value.replaceAll('\n', ' ')).join('\t')
    expect(
      on
        .heard('calls')
        .filter((line) => line.includes(asked))
        .map((line) => line.split('\t')[0]),
    ).toEqual(['compose', 'exec'])
    const { execFileSync } = await import('node:child_process')
    expect(execFileSync('find', [`${on.directory}/..`, '-name', 'pwned'], { encoding: 'utf8' })).toBe('')
  })

  test('each boundary is on the disk before the next thing happens', async () => {
    const on = server()
    await deploy(on, { version: 1 })
    on.untell('calls')
    on.program(
      'sync',
      `#!/bin/sh\nfor last; do :; done\ncase $last in */journal) sed 's/^/on disk: /' "$last" | tail -n "+$(($(cat '${on.state}/synced' 2> /dev/null || echo 0) + 1))" >> '${on.state}/calls'; wc -l < "$last" > '${on.state}/synced' ;; esac\nexec /bin/sync "$@"\n`,
    )
    await deploy(on, { version: 2 })
    await until(() => on.heard('calls').some((line) => line.endsWith(' end committed')), 'the end is on the disk')
    const order = on.heard('calls').flatMap((line) => {
      const boundary = /^on disk: \d+ (step \d+|done \d+|switch|committed|end \w+)$/.exec(line)?.[1]
      const effect = /^(pull|stop|start|rm|rename|compose\t.*\t(?:run|up)\t--[a-z]+)\t/.exec(line)?.[1]
      return boundary ?? effect?.replace(/.*\t(run|up)\t.*/, '$1') ?? []
    })
    const at = (what: string): number => order.indexOf(what)
    const steps = [...order.keys()].filter((index) => order[index]?.startsWith('step '))
    expect(at('pull')).toBeGreaterThan(steps[0] ?? -1)
    expect(at('switch')).toBeGreaterThan(at('run'))
    expect(at('stop')).toBeGreaterThan(at('switch'))
    expect(at('committed')).toBeGreaterThan(order.lastIndexOf('start'))
    expect(at('rm')).toBeGreaterThan(at('committed'))
    expect(order.at(-1)).toBe('end committed')
    // a step begins only after the one before it is known to be done
    expect(order.filter((what) => /^(step|done) /.test(what))).toEqual(
      steps.flatMap((_, index) => [`step ${index + 1}`, `done ${index + 1}`]),
    )
  })

  test('of several releases of a commit a rollback takes the newest; a number is never taken for a commit', async () => {
    const on = server()
    for (const version of [1, 2, 3]) await deploy(on, { version })
    await expect(deploy(on, { version: 1, rollbackTo: '7' })).rejects.toThrow('no such release')
    await expect(deploy(on, { version: 1, rollbackTo: '../../etc' })).rejects.toThrow('no such release')
    await deploy(on, { version: 1, rollbackTo: commitOf(1).slice(0, 7) })
    expect(serving(on)).toBe('api 1, bot 1')
    const back = await deploy(on, { version: 2, rollbackTo: '2' })
    expect([back.observed?.target, serving(on)]).toEqual(['2-2222222', 'api 2, bot 2'])
    for (const rollbackTo of ['1111111', commitOf(1)]) {
      const asked = await deploy(on, { version: 1, rollbackTo, leave: true })
      expect(asked.observed?.target).toBe('4-1111111')
    }
  })
})
