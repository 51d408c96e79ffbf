import { expect, test } from '@jest/globals'
import { readConfig } from '../../src/config/read.ts'
import { misfits } from '../../src/entry/misfits.ts'
import { declaredServices } from '../../src/plan/compose-files.ts'
import { context } from './fakes.ts'

const CONFIG = `project: shop
images:
  api: {}
services:
  api: { after: [db, cache] }
  bto:
    exactly: 1
migrate:
  service: apl
  preset: alembic
backup: { kind: postgres, service: postgres }
seed:
  - { name: roles, service: seeder, run: [seed] }
smoke:
  - { name: front, service: web, http: { port: 80 } }
compose: { dropBinds: [./src, ./app] }
`
const COMPOSE = 'services: { api: { image: x, volumes: ["./src:/app"] }, db: { image: "postgres:16" } }\n'

test('what the compose files do not bear out is told at its place in the config, all of it at once', () => {
  const { config, placeOf } = readConfig({ bytes: Buffer.from(CONFIG), file: 'deploy.yml', environment: {}, isUnused: () => false })
  const found = misfits(context({ config, placeOf }), declaredServices({ 'compose.yaml': COMPOSE }), { api: 'api' })
  const none = (service: string): string => `no compose file has a service ${service}; there are api, db`
  expect(found.map(({ file, line, column, message }) => `${file}:${line}:${column}: ${message}`)).toEqual([
    `deploy.yml:7:5: services.bto: ${none('bto')}`,
    `deploy.yml:5:22: services.api.after[1]: ${none('cache')}`,
    `deploy.yml:9:12: migrate.service: ${none('apl')}`,
    `deploy.yml:11:36: backup.service: ${none('postgres')}`,
    `deploy.yml:13:29: seed[0].service: ${none('seeder')}`,
    `deploy.yml:15:29: smoke[0].service: ${none('web')}`,
    'deploy.yml:16:31: compose.dropBinds[1]: no service that runs an image of ours mounts ./app',
  ])
})
