import { describe, expect, test } from '@jest/globals'
import { declaredServices } from '../../src/plan/compose-files.ts'
import { firstStartWarnings, lackedAtFirstStart } from '../../src/plan/first-start.ts'
import type { ComposeModel, ObservedContainer } from '../../src/plan/observed.ts'
import type { Step } from '../../src/plan/steps.ts'

describe('what the image of a database wants before it makes its data', () => {
  test.each([
    ['postgres:16', [], 'POSTGRES_PASSWORD'],
    ['docker.io/library/postgres:16-alpine', ['POSTGRES_DB', 'POSTGRES_USER'], 'POSTGRES_PASSWORD'],
    ['postgis/postgis:16-3.4', [], 'POSTGRES_PASSWORD'],
    ['postgres', ['POSTGRES_PASSWORD_FILE'], null],
    ['postgres', ['POSTGRES_HOST_AUTH_METHOD'], null],
    ['mysql:8', ['MYSQL_DATABASE', 'MYSQL_PASSWORD'], 'MYSQL_ROOT_PASSWORD'],
    ['mysql:8', ['MYSQL_RANDOM_ROOT_PASSWORD'], null],
    ['mariadb:11', [], 'MARIADB_ROOT_PASSWORD'],
    ['mariadb:11', ['MYSQL_ROOT_PASSWORD'], null],
    // scripts of their own, with names of their own
    ['bitnami/postgresql:16', [], null],
    ['linuxserver/mariadb', [], null],
    ['redis:7', [], null],
  ])('%s with %j: %s', (image, set, lacked) => expect(lackedAtFirstStart(image, set)).toBe(lacked))
})

describe('the warning of a plan', () => {
  const steps: readonly Step[] = [{ kind: 'infrastructure', services: ['db'], cause: 'does not exist yet' }]
  const model = { services: { db: { image: 'postgres:16' } } } as unknown as ComposeModel
  const said = (compose: string, containers: readonly ObservedContainer[] = [], planned = steps): readonly string[] => {
    const declared = declaredServices({ 'compose.yaml': `services: { db: { image: "postgres:16", ${compose} } }\n` })
    const sets = Object.fromEntries(declared.flatMap(({ name, sets: names }) => (names === undefined ? [] : [[name, names] as const])))
    return firstStartWarnings(planned, model, { containers }, sets)
  }
  const WARNING = 'db starts for the first time and gets no POSTGRES_PASSWORD: on an empty volume its image refuses to start'

  test.each(['', 'environment: { POSTGRES_DB: x }', 'environment: [POSTGRES_PASSWORD=]', 'environment: { POSTGRES_PASSWORD: "" }'])(
    'is said where nothing sets one: %s',
    (compose) => expect(said(compose)).toEqual([WARNING]),
  )

  test.each([
    'environment: [POSTGRES_PASSWORD]',
    'environment: { POSTGRES_PASSWORD: "${X}" }',
    'env_file: .env',
    'extends: { service: base }',
  ])('is not said where one is set, or may be: %s', (compose) => expect(said(compose)).toEqual([]))

  test('is not said of a database that is there, or is not started', () => {
    expect(said('', [{ service: 'db' } as ObservedContainer])).toEqual([])
    expect(said('', [], [])).toEqual([])
  })

  test('a later compose file may set it, or leave it to a file', () => {
    const sets = (after: string) =>
      declaredServices({ 'a.yml': 'services: { db: { image: "postgres:16" } }\n', 'b.yml': `services: { db: { ${after} } }\n` })[0]?.sets
    expect(sets('environment: { POSTGRES_PASSWORD: x }')).toEqual(['POSTGRES_PASSWORD'])
    expect(sets('restart: always')).toEqual([])
    expect(sets('env_file: db.env')).toBeUndefined()
  })
})
