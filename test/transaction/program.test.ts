/** The program for real, under each shell a server may have as `sh`. */
import { afterEach, describe, expect, test } from '@jest/globals'
import { newServer, SHELLS, type StandInServer } from './support/server.ts'
import { deploy, endOf, failureOf, MODEL, serving } from './support/stack.ts'

const servers: StandInServer[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})
const server = (shell?: string | null): StandInServer => {
  const made = newServer(MODEL, shell ?? undefined)
  servers.push(made)
  return made
}

describe.each(Object.entries(SHELLS))('the program under %s', (name, shell) => {
  const testThere = shell === null ? test.skip : test

  testThere('a first deploy, one over it, and nothing to do afterwards', async () => {
    const on = server(shell)
    const first = await deploy(on, { version: 1 })
    expect(failureOf(first)).toBe('')
    expect(endOf(first)).toBe('committed')
    expect(serving(on)).toBe('api 1, bot 1')
    const second = await deploy(on, { version: 2 })
    expect(failureOf(second)).toBe('')
    expect(endOf(second)).toBe('committed')
    expect(serving(on)).toBe('api 2, bot 2')
    expect(on.containers().map((container) => container.name)).toEqual(['shop-api-1', 'shop-bot-1', 'shop-db-1'])
    expect(on.heard('ran').map((line) => line.split(' ')[0])).toEqual(['migrate', 'seed-users', 'migrate'])
    const third = await deploy(on, { version: 2 })
    expect(third.plan?.steps).toEqual([])
    expect(on.heard('violations')).toEqual([])
    expect(name).toBeTruthy()
  })
})
