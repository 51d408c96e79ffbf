import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from '@jest/globals'
import { systemPrograms } from '../../src/adapters/programs.ts'
import { run } from '../../src/entry/init.ts'
import { noFacts } from '../../src/entry/steps.ts'
import { type Project, project } from '../runner/project.ts'
import { ports, request, silent } from './fakes.ts'

let shop: Project
afterEach(() => shop.remove())

test.each([
  ['the default branch of its remote', ['symbolic-ref', 'refs/remotes/origin/HEAD', 'refs/remotes/origin/trunk/one'], 'trunk/one'],
  ['main, where no remote says another', ['branch', 'main-2'], 'main'],
])('on another branch than the default one, init writes %s, and says so', async (_, git, branch) => {
  // there already, and empty: an error of the file system has another `Error` than the sources here
  const empty = { 'deploy.yml': '', '.github/workflows/deploy.yml': '' }
  shop = project({ 'compose.yaml': 'services: { api: { build: . } }\n', Dockerfile: 'FROM scratch\n', ...empty })
  for (const args of [['switch', '-q', '-c', 'try-it'], git]) execFileSync('git', ['-C', shop.folder, ...args])
  const notes: string[] = []
  await run({
    request: { ...request, command: 'init', configPath: join(shop.folder, 'deploy.yml'), yes: true },
    ports: ports({ programs: systemPrograms(), log: { ...silent, warning: (text) => void notes.push(text) } }),
    facts: noFacts(),
  })
  expect(readFileSync(join(shop.folder, 'deploy.yml'), 'utf8')).toContain(`    branch: ${branch}\n`)
  expect(readFileSync(join(shop.folder, '.github/workflows/deploy.yml'), 'utf8')).toContain(`branches: [${branch}]`)
  expect(notes).toContainEqual(expect.stringContaining(`this is the branch try-it, and what is pushed to ${branch} is deployed`))
})
