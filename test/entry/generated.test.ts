import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { ACTIONS, rootAction, subAction, subActionReadme } from '../../script/generator/actions.ts'
import { withTables } from '../../script/generator/documents.ts'
import { configReference } from '../../script/generator/reference.ts'
import { configSchema } from '../../script/generator/schema.ts'
import { FAILURES } from '../../src/errors.ts'

const root = join(import.meta.dirname, '../..')
const committed = (path: string): string => readFileSync(join(root, path), 'utf8')

test('action.yml, the sub-actions, the schema and the reference page are those that script/generate writes', () => {
  expect(committed('action.yml')).toBe(rootAction())
  expect(committed('schema/deploy.schema.json')).toBe(configSchema())
  expect(committed('docs/config.md')).toBe(configReference())
  const names = ACTIONS
  for (const name of names) {
    expect(committed(`action/${name}/action.yml`)).toBe(subAction(name))
    expect(committed(`action/${name}/README.md`)).toBe(subActionReadme(name))
  }
  expect(readdirSync(join(root, 'action')).sort()).toEqual([...names].sort())
})

test('a table in a document is filled, and an unknown one is an error', () => {
  const text = withTables('a\n<!-- generated: failures -->\nwritten by hand\n<!-- end -->\nb')
  for (const code of Object.keys(FAILURES)) expect(text).toContain(`\`${code}\``)
  expect(text).not.toContain('written by hand')
  expect(withTables(text)).toBe(text)
  expect(() => withTables('<!-- generated: nonsense --><!-- end -->')).toThrow('there are commands, inputs, outputs, failures')
})
