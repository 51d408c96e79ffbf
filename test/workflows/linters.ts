/** The tools that know GitHub's rules, over workflows as they are or with a change. Each yields sentences. */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { dist } from '../runner/dist.ts'
import { root } from './published.ts'
import { textOf, WORKFLOWS } from './shipped.ts'

/** Path → text. */
export type Workflows = ReadonlyMap<string, string>

export const shippedWorkflows = (): Workflows => new Map(WORKFLOWS.map((path) => [path, textOf(path)]))

export const has = (program: string): boolean => spawnSync(program, ['--version']).status === 0

interface ActionlintFinding {
  readonly filepath: string
  readonly line: number
  readonly message: string
}

export const actionlint = (folder: string, files: readonly string[]): readonly ActionlintFinding[] => {
  const result = spawnSync('actionlint', ['-no-color', '-format', '{{json .}}', ...files], { cwd: folder, encoding: 'utf8' })
  if (result.status !== 0 && result.status !== 1) throw new Error(`actionlint ended with ${result.status}: ${result.stderr}`)
  return JSON.parse(result.stdout) as ActionlintFinding[]
}

/** All of it as one repository whose references are local ones, which actionlint follows; without what it is too old for. */
export const actionlintOfAll = (workflows: Workflows): readonly ActionlintFinding[] => {
  using folder = temporaryFolder()
  for (const path of ['action.yml', 'action', 'dist'])
    cpSync(path === 'dist' ? dist : join(root, path), join(folder.path, path), { recursive: true })
  mkdirSync(join(folder.path, '.git'))
  const files = [...workflows].map(([path, text]) => {
    const local = text
      .replaceAll('uses: $/', 'uses: ./')
      .replace(/uses: org\/deploy-action(\/?[^\s@]*)@v1/g, (_, inside: string) => `uses: .${inside || '/'}`)
      .replaceAll(/^ *queue: max$/gm, '')
      .replaceAll(' queue: max,', '')
    // the reusable ones keep their place; the others find one beside them
    const place = join(
      '.github/workflows',
      path.startsWith('.github/') ? path.slice('.github/workflows/'.length) : path.replaceAll('/', '-'),
    )
    write(join(folder.path, place), local)
    return place
  })
  return actionlint(folder.path, files)
}

export const zizmor = (...paths: readonly string[]): readonly { readonly ident: string }[] => {
  const options = ['--offline', '--persona', 'pedantic', '--no-exit-codes', '--quiet', '--format', 'json', '--config', '.github/zizmor.yml']
  const result = spawnSync('zizmor', [...options, ...paths], { cwd: root, encoding: 'utf8' })
  if (result.status !== 0) throw new Error(`zizmor ended with ${result.status}: ${result.stderr}`)
  return JSON.parse(result.stdout) as { ident: string }[]
}

/** What zizmor says of one text. It refuses to read what is no workflow at all, and that is a finding, too. */
export const zizmorOf = (path: string, text: string): readonly string[] => {
  using folder = temporaryFolder()
  const file = join(folder.path, path)
  write(file, text)
  try {
    return zizmor(file).map(({ ident }) => ident)
  } catch (error) {
    return [`zizmor: ${String(error).slice(0, 200)}`]
  }
}

export interface ServiceFinding {
  /** Which of the files, from 0. */
  readonly at: number
  readonly path: string
  readonly line: number
  readonly message: string
}

/** GitHub's language service. It is bundled first: Node does not load the JSON files that it imports. */
export const languageService = (files: readonly { readonly path: string; readonly text: string }[]): readonly ServiceFinding[] => {
  using folder = temporaryFolder()
  const bundle = join(folder.path, 'service.mjs')
  const rolldown = join(root, 'node_modules/rolldown/bin/cli.mjs')
  const source = join(import.meta.dirname, 'language-service/main.ts')
  const built = spawnSync(process.execPath, [rolldown, source, '--file', bundle, '--format', 'esm', '--platform', 'node'], {
    cwd: root,
    encoding: 'utf8',
  })
  if (built.status !== 0) throw new Error(`the language service could not be bundled: ${built.stdout}${built.stderr}`)
  const result = spawnSync(process.execPath, [bundle, root], {
    input: JSON.stringify(files),
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  })
  // it logs what it could not handle and then says nothing
  if (result.status !== 0 || result.stderr !== '') throw new Error(`the language service ended with ${result.status}: ${result.stderr}`)
  return JSON.parse(result.stdout) as ServiceFinding[]
}

interface TemporaryFolder extends Disposable {
  readonly path: string
}

const temporaryFolder = (): TemporaryFolder => {
  const path = mkdtempSync(join(tmpdir(), 'workflows-lint-'))
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) }
}

const write = (path: string, text: string): void => {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}
