import { isWithin } from '../plan/paths.ts'
import type { OwnImage } from './images.ts'
import { scripts } from './startup.ts'
import { baseOf, below, folderOf, type SourceTree } from './tree.ts'

/** A stage of lint or tests, as the config has it. */
export interface Stage {
  readonly name: string
  readonly container?: string
  readonly compose?: { readonly file: string; readonly service: string }
  readonly setup?: string
  readonly run?: string
}

export interface Checks {
  readonly stages: readonly Stage[]
  /** What was seen and is not run, with the reason. */
  readonly notes: readonly string[]
}

/** What the project already checks itself with. */
export const checksOf = (tree: SourceTree, images: readonly OwnImage[]): Checks => {
  const notes: string[] = []
  const folders = manifestFolders(tree)
  const found = folders.flatMap((folder) => [
    ...python(tree, images, folder, notes),
    ...node(tree, images, folder, notes),
    ...go(tree, folder),
    ...php(tree, folder, notes),
  ])
  const stages = [...found, ...composeTests(tree)]
  if (stages.length === 0) stages.push(...make(tree))
  if (stages.length === 0 && notes.length === 0) notes.push('no lint or test set-up was recognised')
  return { stages: unique(stages), notes }
}

/** Where a project, or a part of one, begins: at the top, or at most two folders deep. */
const manifestFolders = (tree: SourceTree): readonly string[] => {
  const found = tree.files.filter((file) =>
    /^([^/]+\/){0,2}(package\.json|pyproject\.toml|setup\.cfg|Pipfile|requirements\.txt|go\.mod|composer\.json)$/.test(file),
  )
  return [...new Set(['', ...found.map(folderOf)])].filter(
    (folder) => !/(^|\/)(examples?|docs?|tests?|fixtures|node_modules|vendor)(\/|$)/.test(folder),
  )
}

/** What lies in a folder and not in a part of it that is a project of its own. */
const ownFiles = (tree: SourceTree, folder: string): readonly string[] => {
  const parts = manifestFolders(tree).filter((other) => other !== folder && isWithin(folder, other))
  return below(tree, folder).filter((file) => !parts.some((part) => isWithin(part, file)))
}

/** Names may be used once; what stands in a folder carries its name. */
const unique = (stages: readonly Stage[]): readonly Stage[] => {
  const taken = new Set<string>()
  return stages.map((stage) => {
    let name = stage.name
    for (let count = 2; taken.has(name); count++) name = `${stage.name}-${count}`
    taken.add(name)
    return { ...stage, name }
  })
}

/** As the config takes it: a letter or a digit first, and at most 63. */
const nameIn = (folder: string, name: string): string => {
  const plain = baseOf(folder)
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 40)
  return plain === '' ? name : `${plain}-${name}`
}
const into = (folder: string, line: string): string => (folder === '' ? line : `cd ${folder} && ${line}`)

/** The tag of a language's image that the Dockerfiles build on, as far as it says a version. */
const versionOf = (images: readonly OwnImage[], folder: string, language: string): string | null => {
  const ordered = images.toSorted((a, b) => Number(b.context === folder) - Number(a.context === folder))
  for (const { dockerfile } of ordered)
    for (const base of dockerfile?.bases ?? []) {
      const [, version] = new RegExp(`(?:^|/)${language}:(\\d+(?:\\.\\d+)?)`).exec(base) ?? []
      if (version !== undefined) return version
    }
  return null
}

const python = (tree: SourceTree, images: readonly OwnImage[], folder: string, notes: string[]): Stage[] => {
  const here = (name: string): boolean => tree.files.includes(folder === '' ? name : `${folder}/${name}`)
  const text = (name: string): string => tree.read(folder === '' ? name : `${folder}/${name}`) ?? ''
  const requirements = below(tree, folder, 1).filter(
    (file) => /requirements[^/]*\.txt$/.test(file) || /requirements\/[^/]+\.txt$/.test(file),
  )
  const project = text('pyproject.toml')
  if (project === '' && requirements.length === 0 && !here('setup.cfg') && !here('Pipfile')) return []
  const said = /^\s*(?:requires-python|python)\s*=\s*["'][\^~>= ]*(3\.\d+)/m.exec(project)?.[1]
  const container = `python:${versionOf(images, folder, 'python') ?? said ?? '3.12'}-slim`
  const stages: Stage[] = []
  const add = (name: string, setup: string, run: string): void => {
    stages.push({ name: nameIn(folder, name), container, setup: into(folder, setup), run: into(folder, run) })
  }
  if (/^\[tool\.ruff/m.test(project) || here('ruff.toml') || here('.ruff.toml')) add('ruff', 'pip install -q ruff', 'ruff check .')
  if (/^\[tool\.black/m.test(project)) add('black', 'pip install -q black', 'black --check .')
  if (here('.flake8') || /^\[flake8\]/m.test(text('setup.cfg') + text('tox.ini')))
    add('flake8', 'pip install -q flake8', 'python -m flake8')
  const all = `${project}\n${requirements.map((file) => tree.read(file) ?? '').join('\n')}\n${text('Pipfile')}`
  const tests = ownFiles(tree, folder).filter((file) => /(^|\/)(test_[^/]*|[^/]*_test)\.py$/.test(file))
  if (tests.length === 0) return stages
  // a test that needs a database would fail for want of it, and be called a failure of the commit
  const unit = tests.some((file) => /(^|\/)tests?\/unit\//.test(file))
    ? (tests.find((file) => /(^|\/)tests?\/unit\//.test(file)) ?? '')
        .replace(/(unit)\/.*$/, '$1')
        .slice(folder === '' ? 0 : folder.length + 1)
    : null
  const needsDatabase = unit === null && /psycopg|asyncpg|mysqlclient|aiomysql|pymysql|testcontainers|django/i.test(all)
  if (needsDatabase) {
    notes.push(
      `the tests in ${folderOf(tests[0] ?? '') || 'the project'} look as if they need a database: give them one with a compose file of their own (check[].compose)`,
    )
    return stages
  }
  if (!/pytest/i.test(all) && !here('pytest.ini') && !here('conftest.py') && !tests.some((file) => /pytest/.test(tree.read(file) ?? ''))) {
    add('test', installed(here, requirements, folder), `${runner(here)}python -m unittest discover`)
    return stages
  }
  const setup = installed(here, requirements, folder)
  add(
    'test',
    /requirements/.test(setup) && !/pytest/i.test(requirements.map((file) => tree.read(file) ?? '').join('\n')) ? `${setup} pytest` : setup,
    `${runner(here)}python -m pytest${unit === null ? '' : ` ${unit}`}`,
  )
  return stages
}

const runner = (here: (name: string) => boolean): string =>
  here('uv.lock') ? 'uv run ' : here('poetry.lock') ? 'poetry run ' : here('Pipfile') ? 'pipenv run ' : ''

const installed = (here: (name: string) => boolean, requirements: readonly string[], folder: string): string => {
  if (here('uv.lock')) return 'pip install -q uv && uv sync -q'
  if (here('poetry.lock')) return 'pip install -q poetry && poetry install -q'
  if (here('Pipfile')) return 'pip install -q pipenv && pipenv install --dev'
  const best =
    requirements.find((file) => /dev|test/.test(baseOf(file))) ??
    requirements.find((file) => baseOf(file) === 'requirements.txt') ??
    requirements[0]
  return best === undefined ? 'pip install -q .' : `pip install -q -r ${folder === '' ? best : best.slice(folder.length + 1)}`
}

const node = (tree: SourceTree, images: readonly OwnImage[], folder: string, notes: string[]): Stage[] => {
  const at = (name: string): string => (folder === '' ? name : `${folder}/${name}`)
  if (!tree.files.includes(at('package.json'))) return []
  const lines = scripts(tree, at('package.json'))
  const manager = managerOf(tree, folder)
  const container = manager.container ?? `node:${versionOf(images, folder, 'node') ?? '22'}-slim`
  const stages: Stage[] = []
  for (const name of ['lint', 'test']) {
    const line = lines[name] ?? ''
    // `test` that only says lint would run the same twice; what npm writes into a new file fails on purpose
    if (line === '' || /no test specified/.test(line) || /^(npm|yarn|pnpm) run lint$/.test(line)) continue
    // the workspace's own script calls those of its parts
    if (manager.home !== folder && scripts(tree, manager.home === '' ? 'package.json' : `${manager.home}/package.json`)[name] !== undefined)
      continue
    if (/cypress|playwright|docker/.test(line)) {
      notes.push(
        `${at('package.json')}: "${name}" needs a browser or a running stack (${line}): run it with a compose file of its own (check[].compose)`,
      )
      continue
    }
    stages.push({
      name: nameIn(folder, name),
      container,
      setup: into(manager.home, manager.install),
      run: into(folder, `${manager.run} ${name}`),
    })
  }
  return stages
}

interface Manager {
  readonly home: string
  readonly install: string
  readonly run: string
  readonly container?: string
}

/** Of the folder's own lock file, or of the workspace around it. */
const managerOf = (tree: SourceTree, folder: string): Manager => {
  for (const home of [folder, folderOf(folder), '']) {
    const has = (name: string): boolean => tree.files.includes(home === '' ? name : `${home}/${name}`)
    if (has('bun.lock') || has('bun.lockb'))
      return { home, install: 'bun install --frozen-lockfile', run: 'bun run', container: 'oven/bun:1' }
    if (has('pnpm-lock.yaml')) return { home, install: 'corepack enable && pnpm install --frozen-lockfile', run: 'pnpm run' }
    if (has('yarn.lock'))
      return {
        home,
        install: has('.yarnrc.yml') ? 'corepack enable && yarn install --immutable' : 'yarn install --frozen-lockfile',
        run: 'yarn run',
      }
    if (has('package-lock.json')) return { home, install: 'npm ci', run: 'npm run' }
  }
  return { home: folder, install: 'npm install', run: 'npm run' }
}

const php = (tree: SourceTree, folder: string, notes: string[]): Stage[] => {
  const at = (name: string): string => (folder === '' ? name : `${folder}/${name}`)
  if (tree.files.includes(at('composer.json')) && tree.files.some((file) => file === at('phpunit.xml') || file === at('phpunit.xml.dist')))
    notes.push(
      `${at('phpunit.xml')}: the tests are not run, because what they need (PHP extensions, a database) is not written down: check: [{ name: test, container: IMAGE, setup: composer install, run: vendor/bin/phpunit }]`,
    )
  return []
}

const go = (tree: SourceTree, folder: string): Stage[] => {
  const file = folder === '' ? 'go.mod' : `${folder}/go.mod`
  const text = tree.read(file)
  if (text === null) return []
  const container = `golang:${/^go (\d+\.\d+)/m.exec(text)?.[1] ?? '1.24'}`
  const stages: Stage[] = [{ name: nameIn(folder, 'vet'), container, run: into(folder, 'go vet ./...') }]
  if (below(tree, folder).some((path) => path.endsWith('_test.go')))
    stages.push({ name: nameIn(folder, 'test'), container, run: into(folder, 'go test ./...') })
  return stages
}

/** A compose file for tests, with a service that is called after them. */
const composeTests = (tree: SourceTree): Stage[] => {
  const file = tree.files.find((path) => /^(docker-)?compose[.-](test|tests|ci)\.ya?ml$/.test(path))
  const [, service] = /^ {2}((?:[\w-]*-)?tests?|sut|pytest):/m.exec(file === undefined ? '' : (tree.read(file) ?? '')) ?? []
  return file === undefined || service === undefined ? [] : [{ name: 'integration', compose: { file, service } }]
}

const make = (tree: SourceTree): Stage[] => {
  const text = tree.read('Makefile') ?? ''
  return ['lint', 'test']
    .filter((target) => new RegExp(`^${target}:`, 'm').test(text))
    .map((target) => ({ name: target, run: `make ${target}` }))
}
