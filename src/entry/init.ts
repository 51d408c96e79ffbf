import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { textFile, walkedFiles } from '../adapters/source-tree.ts'
import { DeployError } from '../errors.ts'
import type { Answers } from '../init/config-text.ts'
import { lineDiff } from '../init/diff.ts'
import type { SourceTree } from '../init/tree.ts'
import { seen, WORKFLOW, type Written, written } from '../init/written.ts'
import type { Ports } from '../ports.ts'
import type { Verdict } from '../report/document.ts'
import type { EarlyCommand, Request } from './context.ts'

/** Writes the config and the workflow from what the project already says, and lists what only a person can do. */
export const run: EarlyCommand = async ({ request, ports, facts }) => {
  const file = resolve(request.configPath)
  const project = dirname(file)
  const tree = await sourceTree(project, ports)
  const proposal = seen(tree)
  const asks = process.stdin.isTTY === true && process.stderr.isTTY === true && request.yes !== true && !request.json && !request.dryRun
  const answers = await answered(request, tree, `/opt/stacks/${proposal.project}`, asks)
  const made = written(tree, proposal, answers, basename(file))
  await refuseOwnMistake(made, basename(file))
  const changes = changesOf(project, made)
  for (const note of proposal.notes) ports.log.warning(note)
  tell(ports, changes, asks || request.dryRun)
  const verdict = await settled(request, project, changes, asks)
  const isTop = await isTopOfRepository(project, ports)
  if (!isTop)
    ports.log.warning(
      `GitHub reads workflows from the top of a repository only: move ${WORKFLOW} there, and give its steps config: ${relative(process.cwd(), file)}`,
    )
  // people read it, programs get it as steps
  facts.steps = made.tasks.map(({ title, commands }) => ({
    name: title,
    cause: 'for a person to do',
    start: null,
    duration: null,
    result: 'planned',
    detail: commands.join('\n'),
  }))
  for (const [index, { title, commands }] of made.tasks.entries()) {
    ports.log.info(`${index + 1}. ${title}`)
    for (const command of commands) ports.log.info(`     ${command}`)
  }
  return verdict
}

const sourceTree = async (project: string, ports: Ports): Promise<SourceTree> => {
  const git = async (...args: string[]): Promise<string | null> => {
    const { code, stdout } = await ports.programs.run(['git', '-C', project, ...args], { timeoutMs: 30_000 })
    return code === 0 ? stdout : null
  }
  const [listed, remote, branch] = await Promise.all([
    git('ls-files', '--cached', '--others', '--exclude-standard', '-z'),
    git('remote', 'get-url', 'origin'),
    git('symbolic-ref', '--short', '-q', 'HEAD'),
  ])
  const files = listed === null || listed === '' ? walkedFiles(project) : [...new Set(listed.split('\0').filter(Boolean))].toSorted()
  // git@host:owner/name.git, https://host/owner/name.git
  const [, repository = null] = /[:/]([\w.-]+\/[\w.-]+?)(?:\.git)?\/?\s*$/.exec(remote ?? '') ?? []
  return { name: basename(project), files, read: (path) => textFile(project, path), repository, branch: branch?.trim() || null }
}

const isTopOfRepository = async (project: string, ports: Ports): Promise<boolean> => {
  const { code, stdout } = await ports.programs.run(['git', '-C', project, 'rev-parse', '--show-prefix'], { timeoutMs: 30_000 })
  return code !== 0 || stdout.trim() === ''
}

/** Two questions at most: everything else is in the project. */
const answered = async (request: Request, tree: SourceTree, path: string, asks: boolean): Promise<Answers> => {
  const [, named, host = null] = /^(?:([^@]+)@)?(.+)$/.exec(request.host ?? '') ?? []
  const given = {
    host,
    user: request.user ?? named ?? userOf(tree, basename(request.configPath)),
    path,
    owner: tree.repository?.split('/')[0] ?? null,
  }
  if (!asks || host !== null) return given
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  try {
    const said = (await terminal.question('Host name or address of the server (empty: later): ')).trim()
    const user = request.user ?? (await terminal.question('User on the server [deploy]: ')).trim()
    return { ...given, host: /^[A-Za-z0-9[][\w.:[\]-]*$/.test(said) ? said : null, user: /^[a-z_][\w.-]*$/i.test(user) ? user : given.user }
  } finally {
    terminal.close()
  }
}

/** As an earlier run, or a person, wrote it. */
const userOf = (tree: SourceTree, config: string): string => /^ {4}user: ([\w.-]+)$/m.exec(tree.read(config) ?? '')?.[1] ?? 'deploy'

/** What we write must be what we read. */
const refuseOwnMistake = async ({ files, proposal }: Written, config: string): Promise<void> => {
  const { readConfig } = await import('../config/read.ts')
  const environment = Object.fromEntries(['SSH_HOST', ...proposal.buildVariables].map((name) => [name, 'example.org']))
  try {
    readConfig({ bytes: Buffer.from(files[config] ?? ''), file: config, environment, isUnused: () => false })
  } catch (error) {
    if (!(error instanceof DeployError)) throw error
    throw new DeployError('BUG', 'the config that init would write is not one that deploy-action reads; nothing was written', {
      cause: error,
      evidence: error.details.evidence ?? [],
      hint: 'report it with these lines and the compose file; a config by hand: README.md',
    })
  }
}

interface Change {
  readonly path: string
  readonly text: string
  /** Null where there is no such file yet. */
  readonly before: string | null
}

const changesOf = (project: string, { files }: Written): readonly Change[] =>
  Object.entries(files).flatMap(([path, text]) => {
    const before = textOf(join(project, path))
    return before === text ? [] : [{ path, text, before }]
  })

const textOf = (path: string): string | null => {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw new DeployError('CONFIG', `${path} is there and cannot be read`, { cause: error, hint: `ls -l ${path}` })
  }
}

/** A new file is shown where somebody is to judge it; a change always. */
const tell = ({ log }: Ports, changes: readonly Change[], whole: boolean): void => {
  for (const { path, text, before } of changes) {
    log.info(before === null ? `${path} (new)` : `${path} (changes)`)
    const lines =
      before === null
        ? whole
          ? text
              .trimEnd()
              .split('\n')
              .map((line) => `+${line}`)
          : []
        : lineDiff(before, text)
    for (const line of lines) log.foreign(line)
  }
}

/** Nothing that is there is overwritten without a word of consent. */
const settled = async (request: Request, project: string, changes: readonly Change[], asks: boolean): Promise<Verdict> => {
  const names = changes.map(({ path }) => path).join(', ')
  const overwritten = changes.filter(({ before }) => before !== null)
  if (changes.length === 0)
    return { outcome: 'unchanged', message: 'the files are there already, as init would write them', hint: 'deploy-action doctor' }
  if (request.dryRun) return { outcome: 'succeeded', message: `would write ${names}; nothing was written`, hint: 'deploy-action init' }
  if (overwritten.length > 0 && request.yes !== true && !asks) {
    throw new DeployError('CONFIG', `${overwritten.map(({ path }) => path).join(', ')} would be overwritten; nothing was written`, {
      hint: 'deploy-action init --yes',
    })
  }
  if (asks && !(await consent(`Write ${names}? [y/N] `)))
    return { outcome: 'unchanged', message: 'nothing was written', hint: 'deploy-action init' }
  for (const { path, text } of changes) {
    mkdirSync(dirname(join(project, path)), { recursive: true })
    writeFileSync(join(project, path), text)
  }
  return {
    outcome: 'succeeded',
    message: `wrote ${names}; what is left is for a person to do, in the order above`,
    hint: 'deploy-action doctor',
  }
}

const consent = async (question: string): Promise<boolean> => {
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return /^y(es)?$/i.test((await terminal.question(question)).trim())
  } finally {
    terminal.close()
  }
}
