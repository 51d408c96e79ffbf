import { expect, test } from '@jest/globals'
import { problemsOf } from './problems.ts'

const HEAD = 'project: shop\nimages: { api: {} }\n'

/** Each line of YAML with what has to be said of it: the place, the offending word, the nearest right one. */
test.each([
  ['services: { api: { health: { http: { prot: 80 } } } }', '3:38 "prot" is not known here; did you mean "port"?'],
  ['check: [{ name: unit, run: x, compose: { flie: a.yml } }]', '3:42 "flie" is not known here; did you mean "file"?'],
  [
    'environments: { a: { host: h, path: /opt/a/b, env: { requried: [A] } } }',
    '3:54 "requried" is not known here; did you mean "required"?',
  ],
  ['hooks: { afterDeply: [] }', '3:10 "afterDeply" is not known here; did you mean "afterDeploy"?'],
  ['hooks: { afterDeploy: [{ name: a, run: b, onFailre: warn }] }', '3:43 "onFailre" is not known here; did you mean "onFailure"?'],
  [
    'migrate: { service: api, preset: alembik }',
    '3:34 migrate.preset: must be "alembic" or "django" or "prisma" or "flyway", not the text "alembik"; did you mean "alembic"?',
  ],
  ['images: { api: { platforms: [linux/amd46] } }', 'did you mean "linux/amd64"?'],
  ['scan: { severity: [CRITCAL] }', 'did you mean "CRITICAL"?'],
  ['backup: { kind: postgress, service: db }', 'did you mean "postgres"?'],
  ['services: { api: { order: startfirst } }', 'did you mean "start-first"?'],
  ['seed: [{ name: a, service: api, run: [x], polcy: once }]', '3:43 "polcy" is not known here; did you mean "policy"?'],
  ['smoke: [{ name: a, service: api, http: { port: 80, stauts: 200 } }]', '"stauts" is not known here; did you mean "status"?'],
])('%s', (line, expected) => {
  const text = line.startsWith('images') ? `project: shop\n\n${line}\n` : `${HEAD}${line}\n`
  expect(problemsOf(text).join('\n')).toContain(expected)
})

test('all of them at once, in the order of their lines', () => {
  const text = `${HEAD}keeep: 1\nservices: { api: { helth: {} } }\nmigrate: { servic: api }\n`
  expect(
    problemsOf(text)
      .map((problem) => /"(\w+)" is not known/.exec(problem)?.[1])
      .filter(Boolean),
  ).toEqual(['keeep', 'helth', 'servic'])
})
