import { expect, test } from '@jest/globals'
import { afterDeploy } from '../../src/entry/after-deploy.ts'
import { configOf } from '../config/problems.ts'
import { context, ports, scripted } from './fakes.ts'

const RELEASE = '17-aaaaaaa'
const served = { outcome: 'succeeded', message: `release ${RELEASE} serves` } as const
const config = configOf(`project: shop
images: { api: {} }
hooks: { afterDeploy: [{ name: tell, run: tell-them }] }
`)

const after = (cancellation: AbortController, programs: Parameters<typeof scripted>[0]) => {
  const one = context({ config, ports: ports({ cancellation, programs: scripted(programs) }) })
  one.facts.release = RELEASE
  return afterDeploy(one, served)
}

test('a release whose hooks did what they should serves', async () => {
  expect(await after(new AbortController(), { 'tell-them': {} })).toBe(served)
})

test('a hook that fails after the release was committed undoes nothing, and what serves is said', async () => {
  expect(await after(new AbortController(), { 'tell-them': { code: 3 } })).toMatchObject({
    outcome: 'failed',
    failureCode: 'CONFIG',
    message: `CONFIG: hook tell ended with 3; release ${RELEASE} serves all the same`,
    details: { serving: `release ${RELEASE}` },
  })
})

test('a cancellation after the release was committed undoes nothing, and what serves is said', async () => {
  const cancellation = new AbortController()
  cancellation.abort('SIGINT')
  expect(await after(cancellation, {})).toEqual({
    outcome: 'failed',
    failureCode: 'CANCELLED',
    message: `CANCELLED: the run was cancelled; release ${RELEASE} serves all the same`,
    hint: 'by hand: nothing has to be deployed again; do what the afterDeploy hooks had not done yet',
    details: { serving: `release ${RELEASE}` },
  })
})
