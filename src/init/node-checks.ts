import { into, manifestFolders, nameIn, needsStack, ownFiles, stackNote, versionOf } from './check-parts.ts'
import type { Stage } from './checks.ts'
import type { OwnImage } from './images.ts'
import { comesDownTo, onlyCalls, type Script } from './node-scripts.ts'
import { scripts } from './startup.ts'
import { folderOf, type SourceTree } from './tree.ts'

const BROWSER = /cypress|playwright|puppeteer|webdriver|\bwdio\b|karma|\bng (test|e2e)\b|docker/
/** The usual runners leave what is called e2e to a script of its own. */
const TEST = /^(?!.*(e2e|fixtures))(.*\/)?((tests?|__tests__)\/|[^/]*\.(test|spec)\.[cm]?[jt]sx?$)/

/** What `lint` and `test` of a package.json are run with. */
export const node = (tree: SourceTree, images: readonly OwnImage[], folder: string, notes: string[]): Stage[] => {
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
    const behind = comesDownTo(tree, at('package.json'), name)
    if (onlyCallsParts(tree, at('package.json'), name, behind)) continue
    const browser = behind.find((script) => BROWSER.test(script.line))
    if (browser !== undefined) {
      notes.push(
        `${at('package.json')}: "${name}" needs a browser or a running stack (${browser.line}): run it with a compose file of its own (check[].compose)`,
      )
      continue
    }
    const manifests = [...new Set(behind.map(({ file }) => file))]
    const tests = manifests.flatMap((file) => ownFiles(tree, folderOf(file))).filter((file) => TEST.test(file))
    if (name === 'test' && needsStack(tree, manifests, tests)) {
      notes.push(stackNote(tests))
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

/** Each part has its own list of packages, which that of the top does not install, and is checked by itself. */
const onlyCallsParts = (tree: SourceTree, file: string, name: string, behind: readonly Script[]): boolean =>
  behind.some((script) => script.file !== file) &&
  behind.every((script) => {
    const folder = folderOf(script.file)
    if (script.file === file) return onlyCalls(script.line)
    const isChecked = scripts(tree, script.file)[name] !== undefined && manifestFolders(tree).includes(folder)
    return isChecked && managerOf(tree, folder).home === folder
  })
