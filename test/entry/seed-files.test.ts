import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { readConfig } from '../../src/config/read.ts'
import { run as check } from '../../src/entry/check.ts'
import type { Context } from '../../src/entry/context.ts'
import { readDeployment } from '../../src/entry/deployment.ts'
import { environmentContract } from '../../src/entry/environment-contract.ts'
import { seedContents } from '../../src/entry/seed-files.ts'
import { DeployError } from '../../src/errors.ts'
import { context, request } from './fakes.ts'

const CONFIG = `project: shop
registry: { namespace: acme }
images: { api: {} }
check: [{ name: unit, run: "touch ran" }]
seed:
  - name: commands
    service: api
    run: [seed]
    files: [conf, absent.json]
  - name: bundle
    service: api
    http: { port: 8000, path: /ingest, bearer: ADMIN_TOKEN,
            file: data/bundle.zip }
environments: { production: { host: web-1, path: /opt/stacks/shop, env: { required: [TOKEN] }, fingerprint: "SHA256:${'a'.repeat(43)}" } }
`

const project = mkdtempSync(join(tmpdir(), 'seed-files-'))
beforeAll(() => {
  mkdirSync(join(project, 'conf'))
  writeFileSync(join(project, 'conf/a'), 'a')
  writeFileSync(join(project, 'docker-compose.yml'), 'services: { api: { image: ghcr.io/acme/shop-api } }\n')
})
afterAll(() => rmSync(project, { recursive: true, force: true }))

const contextOf = (more: Partial<Context> = {}): Context => {
  const { config, placeOf } = readConfig({ bytes: Buffer.from(CONFIG), file: 'deploy.yml', environment: {}, isUnused: () => false })
  const [[name, environment] = []] = Object.entries(config.environments)
  if (name === undefined || environment === undefined) throw new Error('the config has an environment')
  return context({ project, config, placeOf, environment: () => ({ name, config: environment }), ...more })
}
const evidenceOf = async (work: () => unknown): Promise<readonly string[]> => {
  try {
    await work()
    return []
  } catch (error) {
    if (!(error instanceof DeployError)) throw error
    expect(error.code).toBe('CONFIG')
    return error.details.evidence ?? []
  }
}

const ABSENT = [
  'deploy.yml:9:19: seed[0].files[1]: absent.json, of the seed commands, is not in this checkout',
  'deploy.yml:13:19: seed[1].http.file: data/bundle.zip, of the seed bundle, is not in this checkout',
]

test('what a clean checkout lacks is refused with its lines: by check before any stage, and before anything is connected', async () => {
  expect(await evidenceOf(() => check(contextOf()))).toEqual(ABSENT)
  expect(await evidenceOf(() => readDeployment(contextOf()))).toEqual(expect.arrayContaining(ABSENT))
})

test('a file is handed over, a folder is not', async () => {
  mkdirSync(join(project, 'data/bundle.zip'), { recursive: true })
  writeFileSync(join(project, 'absent.json'), '[]')
  expect(await evidenceOf(() => check(contextOf()))).toEqual([
    'deploy.yml:13:19: seed[1].http.file: data/bundle.zip is a folder: a request takes one file, such as an archive of it',
  ])
})

test('the content of a folder is that of all files in it', () => {
  const before = seedContents(contextOf())
  expect(Object.keys(before)).toEqual(['conf', 'absent.json', 'data/bundle.zip'])
  writeFileSync(join(project, 'conf/b'), '')
  const after = seedContents(contextOf())
  expect(after.conf).not.toBe(before.conf)
  expect(after['absent.json']).toBe(before['absent.json'])
})

test('the variable of a token is required, unless nothing is seeded', () => {
  expect(environmentContract(contextOf()).required).toEqual(['TOKEN', 'ADMIN_TOKEN'])
  expect(environmentContract(contextOf({ request: { ...request, noSeed: true } })).required).toEqual(['TOKEN'])
})
