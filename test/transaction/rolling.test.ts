/** Several replicas of a service are exchanged a few at a time, so that the others serve meanwhile. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from '@jest/globals'
import { configOf } from '../config/problems.ts'
import { lockIsFree, newServer, SHELLS, type StandInServer, until } from './support/server.ts'
import { ABANDONED, CONFIG, deploy, digestOf, endOf, failureOf, MODEL, serving } from './support/stack.ts'

const servers: StandInServer[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

const modelOf = (replicas: number): string =>
  MODEL.replace('    image: ghcr.io/acme/shop-api\n', `    image: ghcr.io/acme/shop-api\n    deploy:\n      replicas: ${replicas}\n`)
const server = (shell?: string | null): StandInServer => {
  const made = newServer(modelOf(3), shell ?? undefined)
  servers.push(made)
  return made
}
const configWith = (api: string) => configOf(CONFIG.replace('api: { stable: 0s,', `api: { ${api},`))
const image = (version: number): string => `ghcr.io/acme/shop-api@${digestOf(version, 'api')}`
const ended = (on: StandInServer, id: string): void => writeFileSync(join(on.state, 'containers', id, 'state'), 'exited')

/** What was started and stopped of the API since a point, by how many at once: "stop 1, start 1". */
const exchanged = (on: StandInServer, since: number, others: readonly string[] = []): string =>
  on
    .heard('calls')
    .slice(since)
    .flatMap((line) => {
      const [verb = '', ...ids] = line.split('\t').filter(Boolean)
      const touched = ids.filter((id) => !others.includes(id))
      return ['stop', 'start'].includes(verb) && touched.length > 0 ? [`${verb} ${touched.length}`] : []
    })
    .join(', ')

/** A second version over three replicas of the first, with the bot kept out of what is counted. */
const second = async (on: StandInServer, api: string, onEvent?: Parameters<typeof deploy>[1]['onEvent']) => {
  await deploy(on, { version: 1 })
  const bot = on.containers('bot').map(({ id }) => id)
  const since = on.heard('calls').length
  const deployed = await deploy(on, { version: 2, only: 'api', config: configWith(api), ...(onEvent === undefined ? {} : { onEvent }) })
  return { deployed, how: exchanged(on, since, bot) }
}

describe.each(Object.entries(SHELLS))('replicas under %s', (_, shell) => {
  const testThere = shell === null ? test.skip : test

  testThere('one by one, the first ones all at once, with no moment without the service', async () => {
    const on = server(shell)
    await deploy(on, { version: 1 })
    expect(exchanged(on, 0)).toBe('start 3, start 1')
    const since = on.heard('calls').length
    const over = await deploy(on, { version: 2 })
    expect([failureOf(over), endOf(over), serving(on)]).toEqual(['', 'committed', 'api 2, api 2, api 2, bot 2'])
    expect(exchanged(on, since)).toBe(Array.from({ length: 4 }, () => 'stop 1, start 1').join(', '))
    expect(
      over.events.flatMap((event) => (event.kind === 'note' && event.topic === 'gap' && event.name === 'api' ? [event.text] : [])),
    ).toEqual(['0'])
    expect(on.containers('api').map(({ name, policy }) => `${name} ${policy}`)).toEqual(
      [1, 2, 3].map((one) => `shop-api-${one} unless-stopped`),
    )
  })
})

test('a version that does not become healthy takes one replica with it, and gives it back', async () => {
  const on = server()
  await deploy(on, { version: 1 })
  const before = on.containers('api')
  on.tell('sick', image(2))
  const since = on.heard('calls').length
  const failed = await deploy(on, { version: 2, only: 'api' })
  expect([failureOf(failed).split(' after ')[0], endOf(failed)]).toEqual(['HEALTH: api was not healthy', 'rolled-back'])
  expect(on.containers('api').map(({ id, state }) => `${id} ${state}`)).toEqual(before.map(({ id, state }) => `${id} ${state}`))
  // all new ones are stopped, also those that never ran, and all old ones started, also those that run
  expect(exchanged(on, since)).toBe('stop 1, start 1, stop 3, start 3')
})

test('start-first: each new one is ready before an old one goes', async () => {
  const { deployed, how } = await second(server(), 'order: start-first, stable: 0s')
  expect([failureOf(deployed), how]).toEqual(['', 'start 1, stop 1, start 1, stop 1, start 1, stop 1'])
})

test('start-first: what is undone after all were exchanged serves until the old ones do', async () => {
  const on = server()
  await deploy(on, { version: 1 })
  const others = on.containers('bot').map(({ id }) => id)
  const since = on.heard('calls').length
  const config = configOf(
    CONFIG.replace('api: { stable: 0s,', 'api: { order: start-first, stable: 0s,').replace('run: ["true"]', 'run: ["false"]'),
  )
  const failed = await deploy(on, { version: 2, only: 'api', config })
  expect([failureOf(failed).slice(0, 5), endOf(failed)]).toEqual(['SMOKE', 'rolled-back'])
  expect(exchanged(on, since, others)).toBe('start 1, stop 1, start 1, stop 1, start 1, stop 1, start 3, stop 3')
  expect(serving(on)).toBe('api 1, api 1, api 1, bot 1')
})

test('as many at a time as the config says', async () => {
  expect((await second(server(), 'parallelism: 2, stable: 0s')).how).toBe('stop 2, start 2, stop 1, start 1')
  expect((await second(server(), 'parallelism: 3, stable: 0s')).how).toBe('stop 3, start 3')
})

test('a version that dies a little later, in the window of the first replica, takes no other with it', async () => {
  const on = server()
  const { deployed, how } = await second(on, 'stable: 300ms', (event) => {
    if (event.kind !== 'note' || event.topic !== 'health' || event.name !== 'api') return
    for (const { id } of on.containers('api').filter((one) => one.image === image(2) && one.state === 'running')) ended(on, id)
  })
  expect(failureOf(deployed)).toMatch(/^HEALTH: api did not stay up for 0\.3 s after it was ready: exited, 0 restarts, exit code 0/)
  expect(how).toBe('stop 1, start 1, stop 3, start 3')
  expect(serving(on)).toBe('api 1, api 1, api 1, bot 1')
})

test('a replica that dies while the others are exchanged ends the exchange', async () => {
  const on = server()
  await deploy(on, { version: 1 })
  const docker = join(import.meta.dirname, 'support/docker.sh')
  // whoever is started is the end of the one that was started before it
  on.program(
    'docker',
    `#!/bin/sh
state='${on.state}'
if [ "$1 $#" = 'start 2' ]; then
  [ ! -e "$state/started" ] || printf exited > "$state/containers/$(cat "$state/started")/state"
  printf '%s' "$2" > "$state/started"
fi
. '${docker}'
`,
  )
  const since = on.heard('calls').length
  const failed = await deploy(on, { version: 2, only: 'api' })
  expect(failureOf(failed)).toMatch(/^HEALTH: api did not stay up while its other replicas were exchanged: exited, 0 restarts, exit code 0/)
  expect(exchanged(on, since)).toBe('stop 1, start 1, stop 1, start 1, stop 3, start 3')
  expect(serving(on)).toBe('api 1, api 1, api 1, bot 1')
})

test('a replica that is gone when the digests are compared is a failure, though the others run the right one', async () => {
  const on = server()
  const { deployed } = await second(on, 'stable: 0s', (event) => {
    if (event.kind !== 'note' || event.topic !== 'smoke') return
    const [one] = on.containers('api').filter(({ image: runs, state }) => runs === image(2) && state === 'running')
    if (one !== undefined) ended(on, one.id)
  })
  expect(failureOf(deployed)).toBe('HEALTH: 2 of 3 replicas of api run')
  expect(serving(on)).toBe('api 1, api 1, api 1, bot 1')
})

test('more replicas than before, and fewer', async () => {
  const on = server()
  await deploy(on, { version: 1 })
  on.tell('config', modelOf(1))
  const since = on.heard('calls').length
  expect(failureOf(await deploy(on, { version: 2, only: 'api' }))).toBe('')
  expect([exchanged(on, since), serving(on)]).toEqual(['stop 1, start 1, stop 2', 'api 2, bot 1'])
  on.tell('config', modelOf(3))
  const then = on.heard('calls').length
  expect(failureOf(await deploy(on, { version: 3, only: 'api' }))).toBe('')
  expect([exchanged(on, then), serving(on)]).toEqual(['stop 1, start 1, start 1, start 1', 'api 3, api 3, api 3, bot 1'])
})

test('a rollback goes the same way, as the release was deployed', async () => {
  const on = server()
  const config = configWith('parallelism: 2, stable: 0s')
  await deploy(on, { version: 1, config })
  await deploy(on, { version: 2, config })
  const since = on.heard('calls').length
  const back = await deploy(on, { version: 1, rollbackTo: 'previous' })
  expect([failureOf(back), serving(on)]).toEqual(['', 'api 1, api 1, api 1, bot 1'])
  expect(
    exchanged(on, since)
      .split(', ')
      .filter((one) => one.endsWith('2')),
  ).toEqual(['stop 2', 'start 2'])
})

describe('killed between two replicas', () => {
  const config = configWith('stable: 500ms')
  /** In the window of the first replica it is told to die as the second one is to be stopped. */
  const killed = async (on: StandInServer, given: Parameters<typeof deploy>[1]) => {
    const onEvent: NonNullable<typeof given.onEvent> = (event) => {
      if (event.kind === 'note' && event.topic === 'health' && event.name === 'api') on.tell('kill-at', ' stop\t')
    }
    await expect(deploy(on, { ...ABANDONED, ...given, onEvent })).rejects.toThrow(/^UNKNOWN: the program on \S+ was killed in step/)
    await until(() => lockIsFree(on), 'what the program had started has ended')
  }

  test('a deploy is undone on all of them by whoever comes next', async () => {
    const on = server()
    await deploy(on, { version: 1 })
    await killed(on, { version: 2, only: 'api', config })
    expect(serving(on)).toBe('api 1, api 1, api 2, bot 1')
    await deploy(on, { version: 1, leave: true })
    expect(serving(on)).toBe('api 1, api 1, api 1, bot 1')
  })

  test('a rollback goes on with those that are left', async () => {
    const on = server()
    await deploy(on, { version: 1, only: 'api', config })
    await deploy(on, { version: 2, only: 'api', config })
    await killed(on, { version: 1, only: 'api', rollbackTo: 'previous' })
    await deploy(on, { version: 1, only: 'api', leave: true })
    expect(on.containers('api').map(({ image: runs, state }) => `${runs} ${state}`)).toEqual(Array(3).fill(`${image(1)} running`))
  })
})
