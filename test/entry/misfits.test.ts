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
const read = (text: string) => readConfig({ bytes: Buffer.from(text), file: 'deploy.yml', environment: {}, isUnused: () => false })

test('a service that another repository ships, and a profile, must be there; and who builds something is somebody of the config', () => {
  const { config, placeOf } = read('project: shop\nimages: { api: {} }\ncompose: { elsewhere: [apii, web], profiles: [wrokers, jobs] }\n')
  const compose = `services:
  api: { image: x, build: . }
  bot: { build: bot }
  web: { build: web }
  tool: { build: tool, profiles: [tools] }
  cron: { build: cron, image: cron, profiles: [jobs] }
  proxy: { build: proxy, image: ghcr.io/other/proxy }
`
  const found = misfits(context({ config, placeOf }), declaredServices({ 'compose.yaml': compose }), { api: 'api' })
  const unbuilt = (name: string) =>
    `service ${name} is built, but by no image of the config: add it to \`images\`, or to \`compose.elsewhere\` where another repository ships it`
  expect(found.map(({ file, line, message }) => `${file}:${line}: ${message}`)).toEqual([
    'deploy.yml:3: compose.elsewhere[0]: no compose file has a service apii; there are api, bot, web, tool, cron, proxy',
    'deploy.yml:3: compose.profiles[0]: no service has the profile wrokers; there are tools, jobs',
    `compose.yaml:3: ${unbuilt('bot')}`,
    `compose.yaml:6: ${unbuilt('cron')}`,
  ])
})

const COMPOSE = 'services: { api: { image: x, volumes: ["./src:/app"] }, db: { image: "postgres:16" } }\n'

test('what the compose files do not bear out is told at its place in the config, all of it at once', () => {
  const { config, placeOf } = read(CONFIG)
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
