import { expect, test } from '@jest/globals'
import { migrationSteps } from '../../src/plan/migration.ts'
import { configOf } from '../config/problems.ts'

const images = { api: { digest: 'sha256:new' } }
const steps = (migrate: string, backup = '') =>
  migrationSteps(configOf(`project: shop\nimages: { api: {} }\nmigrate: { service: api, ${migrate} }\n${backup}`), images, null, true).map(
    (step) => ('run' in step ? `${step.kind}${'when' in step ? ` ${step.when}` : ''} [${step.run.join(' ')}]` : step.kind),
  )
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
