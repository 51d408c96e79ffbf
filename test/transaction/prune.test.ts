/** What is forgotten after a success: only what no kept release of any stack of the engine needs. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from '@jest/globals'
import { configOf } from '../config/problems.ts'
import { newServer, type StandInServer } from './support/server.ts'
import { CONFIG, deploy, digestOf, endOf, MODEL } from './support/stack.ts'

const servers: StandInServer[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})
const server = (): StandInServer => {
  const made = newServer(MODEL)
  servers.push(made)
  return made
}
const config = configOf(`${CONFIG}\nkeep: 2\n`)
const references = (version: number): string[] => ['api', 'bot'].map((name) => `ghcr.io/acme/shop-${name}@${digestOf(version, name)}`)

/** A stack beside this one, with a release that it keeps. */
const neighbour = (on: StandInServer, record: string): string => {
  const folder = join(on.state, 'another stack')
  mkdirSync(join(folder, '.deploy/releases/1-aaaaaaa'), { recursive: true })
  writeFileSync(join(folder, '.deploy/releases/1-aaaaaaa/release.json'), record)
  on.tell('stacks', `${folder}\n`)
  return folder
}

test('the images of a forgotten release go, those of kept ones stay', async () => {
  const on = server()
  for (const version of [1, 2, 3]) expect(endOf(await deploy(on, { version, config }))).toBe('committed')
  expect(on.heard('removed-images')).toEqual([])
  await deploy(on, { version: 4, config })
  expect(on.heard('removed-images').toSorted()).toEqual(references(1))
})

test('an image that another stack keeps for a release of its own stays', async () => {
  const on = server()
  neighbour(on, `{"images":{"x":{"reference":"mirror.example/api@${digestOf(1, 'api')}"}}}`)
  for (const version of [1, 2, 3, 4]) await deploy(on, { version, config })
  expect(on.heard('removed-images')).toEqual(references(1).slice(1))
})

test('beside a stack that cannot be read no image goes', async () => {
  const on = server()
  on.tell('stacks', '/nowhere/that/can/be/read\n')
  for (const version of [1, 2, 3, 4]) expect(endOf(await deploy(on, { version, config }))).toBe('committed')
  expect(on.heard('removed-images')).toEqual([])
})

test('images that cannot be removed fail no deploy', async () => {
  const on = server()
  on.tell('fail-at', 'image\trm')
  for (const version of [1, 2, 3, 4]) expect(endOf(await deploy(on, { version, config }))).toBe('committed')
})
