import { describe, expect, test } from '@jest/globals'
import { migrationSteps, noWayBack } from '../../src/plan/migration.ts'
import type { ReleaseRecord } from '../../src/plan/observed.ts'
import type { Plan } from '../../src/plan/steps.ts'
import { configOf } from '../config/problems.ts'

const images = { api: { digest: 'sha256:new' } }
const planned = (migrate: string, backup: string, current: ReleaseRecord | null) =>
  migrationSteps(
    configOf(`project: shop\nimages: { api: {} }\nmigrate: { service: api, ${migrate} }\n${backup}`),
    images,
    current,
    true,
  ).map((step) => ('run' in step ? `${step.kind}${'when' in step ? ` ${step.when}` : ''} [${step.run.join(' ')}]` : step.kind))
const steps = (migrate: string, backup = '') => planned(migrate, backup, null)
const BACKUP = 'backup: { kind: postgres, service: db }\n'

test.each([
  ['django', 'migrate [api python manage.py migrate --noinput]'],
  ['prisma', 'migrate [api npx prisma migrate deploy]'],
  ['flyway', 'migrate [api migrate]'],
])('%s is told what its own documentation says, after a backup', (preset, command) => {
  expect(steps(`preset: ${preset}`, BACKUP)).toEqual(['backup', command])
})

test('a preset whose command the project knows better', () => {
  expect(steps('preset: django, up: [./manage, migrate], entrypoint: [sh]')).toEqual(['migrate [--entrypoint sh api ./manage migrate]'])
})

test('commands: the revision before and after, and the backup only once it is known whether something is new', () => {
  expect(steps('up: [up], current: [now], heads: [newest]', BACKUP)).toEqual([
    'schema before [api now]',
    'schema heads [api newest]',
    'backup',
    'migrate [api up]',
    'schema after [api now]',
  ])
})

test('nothing is run for an image that migrates when it starts; the backup is made before it does', () => {
  expect(steps('onStart: true', BACKUP)).toEqual(['backup'])
  expect(steps('onStart: true')).toEqual([])
  expect(steps('preset: alembic, onStart: true', BACKUP).map((text) => text.split(' ')[0])).toEqual(['revisions', 'backup'])
})

test('alembic is asked whether the image brings revisions only where a backup depends on it', () => {
  const kinds = (backup: string) => steps('preset: alembic', backup).map((text) => text.split(' ')[0])
  expect(kinds('')).toEqual(['migrate'])
  expect(kinds(BACKUP)).toEqual(['revisions', 'backup', 'migrate'])
  expect(kinds('backup: { kind: postgres, service: db, when: always }\n')).toEqual(['backup', 'migrate'])
})

describe('the way back of the schema, for images that do not start on one that they do not know', () => {
  const before = { services: { api: { digest: 'sha256:old' } } } as unknown as ReleaseRecord
  const COMMANDS = 'up: [up], current: [now], down: [to, "{revision}"], undo: down'

  test('is prepared before the migration, where there is something to go back to', () => {
    expect(planned(COMMANDS, BACKUP, before)).toEqual([
      'schema before [api now]',
      'backup',
      'way-back [api to {revision}]',
      'migrate [api up]',
      'schema after [api now]',
    ])
    expect(planned(COMMANDS, BACKUP, null).map((text) => text.split(' ')[0])).not.toContain('way-back')
    expect(planned(COMMANDS.replace('undo: down', 'undo: keep'), BACKUP, before).join()).not.toContain('way-back')
  })

  test('with alembic, whatever the backup asks for: where the schema is has to be known before', () => {
    const kinds = (migrate: string, backup: string) => planned(migrate, backup, before).map((text) => text.split(' ')[0])
    expect(kinds('preset: alembic, undo: down', BACKUP)).toEqual(['revisions', 'backup', 'way-back', 'migrate'])
    expect(kinds('preset: alembic, undo: down', `${BACKUP.replace(' }', ', when: always }')}`)).toEqual([
      'revisions',
      'backup',
      'way-back',
      'migrate',
    ])
    expect(planned('preset: alembic, undo: down', BACKUP, before)[2]).toMatch(/ down \{revision\}\]$/)
  })

  test('of an image that migrates when it starts, too', () => {
    expect(planned('preset: alembic, onStart: true, undo: down', BACKUP, before).map((text) => text.split(' ')[0])).toEqual([
      'revisions',
      'backup',
      'way-back',
    ])
    expect(planned(`${COMMANDS.replace('up: [up], ', '')}, onStart: true`, BACKUP, before)).toEqual([
      'schema before [api now]',
      'backup',
      'way-back [api to {revision}]',
    ])
  })
})

test('a deploy of an image that migrates when it starts, without a way back, is warned of', () => {
  const plan = (services: readonly string[], previous: string | null) =>
    ({ previous, steps: [{ kind: 'switch', services: services.map((service) => ({ service })) }] }) as unknown as Plan
  const warned = (migrate: string, of = plan(['api'], '1-abc')) =>
    noWayBack(configOf(`project: shop\nimages: { api: {} }\nmigrate: { service: api, ${migrate} }\n${BACKUP}`), of) !== null
  expect(warned('onStart: true')).toBe(true)
  expect(warned('onStart: true', plan(['api'], null))).toBe(false)
  expect(warned('onStart: true', plan([], '1-abc'))).toBe(false)
  expect(warned('preset: alembic')).toBe(false)
  expect(warned('onStart: true, compatible: true')).toBe(false)
  expect(warned('preset: alembic, onStart: true, undo: down')).toBe(false)
})
