import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { root } from './documents.ts'

interface Field {
  readonly type: string
  readonly id?: string
  readonly attributes: { readonly label: string; readonly description?: string }
  readonly validations?: { readonly required: boolean }
}
const forms = globSync('.github/ISSUE_TEMPLATE/*.yml', { cwd: root }).filter((path) => !path.endsWith('config.yml'))
const formOf = (path: string) =>
  parse(readFileSync(join(root, path), 'utf8')) as { name: string; description: string; body: readonly Field[] }

test.each(forms)('%s is a form as GitHub takes it: name, description, fields with ids of their own', (path) => {
  const { name, description, body } = formOf(path)
  expect([typeof name, typeof description]).toEqual(['string', 'string'])
  expect(new Set(body.map(({ id }) => id)).size).toBe(body.length)
  for (const { type, attributes } of body) {
    expect(['markdown', 'textarea', 'input', 'dropdown', 'checkboxes']).toContain(type)
    expect(attributes.label.length).toBeGreaterThan(0)
  }
})

test('who reports a mistake is asked for what doctor says', () => {
  const asked = formOf('.github/ISSUE_TEMPLATE/bug.yml').body.find(({ id }) => id === 'doctor')
  expect(asked).toMatchObject({ attributes: { label: 'deploy-action doctor --json' }, validations: { required: true } })
})
