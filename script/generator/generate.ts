import { globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { ACTIONS, rootAction, subAction, subActionReadme } from './actions.ts'
import { withTables } from './documents.ts'
import { configReference } from './reference.ts'
import { configSchema } from './schema.ts'

const root = join(import.meta.dirname, '../..')

const write = (path: string, text: string): void => {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), text)
}

write('schema/deploy.schema.json', configSchema())
write('docs/config.md', configReference())
write('action.yml', rootAction())
for (const command of ACTIONS) {
  write(`action/${command}/action.yml`, subAction(command))
  write(`action/${command}/README.md`, subActionReadme(command))
}
for (const path of globSync(['README.md', 'docs/**/*.md'], { cwd: root })) {
  const before = readFileSync(join(root, path), 'utf8')
  const after = withTables(before)
  if (after !== before) write(path, after)
}
