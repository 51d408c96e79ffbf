import { expect, test } from '@jest/globals'
import { refuseTwoHeads } from '../../src/pipeline/check/revisions.ts'
import { configOf } from '../config/problems.ts'
import { failure } from './support/context.ts'
import { testProject } from './support/project.ts'

const config = configOf('project: shop\nimages: { api: { context: api } }\nmigrate: { service: api, preset: alembic }\n')
const revision = (id: string, before: string): string =>
  `"""A change"""\n\nrevision: str = "${id}"\ndown_revision: Union[str, None] = ${before}\n`
const INI = '[alembic]\nscript_location = %(here)s/migrations\n'

const refused = (files: Readonly<Record<string, string>>) => {
  using project = testProject(files)
  return failure((async () => refuseTwoHeads(config, project.folder))())
}

test('two heads are CHECK, each at its line, with the command that joins them', async () => {
  const error = await refused({
    'alembic.ini': INI,
    'migrations/versions/1.py': revision('a1', 'None'),
    'migrations/versions/2.py': revision('b2', '"a1"'),
    'migrations/versions/3.py': "revision = 'c3'\ndown_revision = 'a1'\n",
  })
  expect(error.message).toBe('CHECK: the migrations have 2 heads, b2 and c3, of which none comes after the other')
  expect(error.details.places?.map(({ file, line }) => `${file}:${line}`)).toEqual([
    'migrations/versions/2.py:3',
    'migrations/versions/3.py:1',
  ])
  expect(error.details.hint).toContain('alembic merge -m "join" b2 c3')
})

test('in the folder of an image, too', async () => {
  const error = await refused({
    'api/alembic.ini': '[alembic]\nscript_location = db\n',
    'api/db/versions/1.py': revision('a1', 'None'),
    'api/db/versions/2.py': revision('b2', 'None'),
  })
  expect(error.message).toContain('2 heads, a1 and b2')
})

test('heads that a later revision joins are one, and a project without alembic.ini is not looked at', () => {
  using joined = testProject({
    'alembic.ini': INI,
    'migrations/versions/1.py': revision('a1', 'None'),
    'migrations/versions/2.py': revision('b2', '"a1"'),
    'migrations/versions/3.py': revision('c3', '"a1"'),
    'migrations/versions/4.py': revision('d4', '("b2",\n    "c3")'),
    'migrations/versions/env.py': 'nothing = 1\n',
  })
  using none = testProject({})
  refuseTwoHeads(config, joined.folder)
  refuseTwoHeads(config, none.folder)
})
