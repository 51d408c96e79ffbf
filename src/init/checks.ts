import { into, manifestFolders, nameIn, needsStack, ownFiles, stackNote, versionOf } from './check-parts.ts'
import type { OwnImage } from './images.ts'
import { node } from './node-checks.ts'
import { baseOf, below, exists, type SourceTree } from './tree.ts'

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
  const found = folders.flatMap((folder) => {
    const stages = [...python(tree, images, folder, notes), ...node(tree, images, folder, notes), ...go(tree, folder, notes)]
    notes.push(...byHand(tree, folder))
    return stages
  })
  const stages = [...found, ...composeTests(tree)]
  // what is not run for a reason is not run under another name
  if (stages.length === 0) stages.push(...make(tree).filter(({ name }) => name === 'lint' || notes.length === 0))
  if (stages.length === 0 && notes.length === 0) notes.push('no lint or test set-up was recognised')
  return { stages: unique(stages), notes }
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
    notes.push(stackNote(tests))
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

/** Of tests that only a person can say how to run. */
const byHand = (tree: SourceTree, folder: string): readonly string[] => {
  const at = (name: string): string => (folder === '' ? name : `${folder}/${name}`)
  const has = (name: string): boolean => tree.files.includes(at(name))
  const said = (file: string, needs: string, lines: string): string =>
    `${at(file)}: the tests are not run, because what they need (${needs}, a database) is not written down: check: [{ name: test, container: IMAGE, ${lines} }]`
  const isPhp = has('composer.json') && (has('phpunit.xml') || has('phpunit.xml.dist'))
  const java = exists(tree, at('src/test')) ? ['pom.xml', 'build.gradle', 'build.gradle.kts'].find(has) : undefined
  return [
    ...(isPhp ? [said('phpunit.xml', 'PHP extensions', 'setup: composer install, run: vendor/bin/phpunit')] : []),
    ...(java === undefined ? [] : [said(java, 'a JDK', `run: ${into(folder, java === 'pom.xml' ? 'mvn -B test' : 'gradle test')}`)]),
  ]
}

/** Left out unless somebody asks for it. */
const TAGGED = /^\/\/go:build (?!!|linux|unix)/m

const go = (tree: SourceTree, folder: string, notes: string[]): Stage[] => {
  const file = folder === '' ? 'go.mod' : `${folder}/go.mod`
  const text = tree.read(file)
  if (text === null) return []
  const container = `golang:${/^go (\d+\.\d+)/m.exec(text)?.[1] ?? '1.24'}`
  const stages: Stage[] = [{ name: nameIn(folder, 'vet'), container, run: into(folder, 'go vet ./...') }]
  const tests = below(tree, folder).filter((path) => path.endsWith('_test.go') && !TAGGED.test(tree.read(path) ?? ''))
  if (needsStack(tree, [file], tests)) notes.push(stackNote(tests))
  else if (tests.length > 0) stages.push({ name: nameIn(folder, 'test'), container, run: into(folder, 'go test ./...') })
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
