import { basename, dirname, resolve } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { isFile, textFile, walkedFiles } from '../adapters/source-tree.ts'
import { DeployError } from '../errors.ts'
import { lookCommand } from '../init/checklist.ts'
import type { Answers } from '../init/config-text.ts'
import type { SourceTree } from '../init/tree.ts'
import { seen, WORKFLOW, type Written, written } from '../init/written.ts'
import type { Ports } from '../ports.ts'
import type { Facts, Verdict } from '../report/document.ts'
import type { EarlyCommand, Request } from './context.ts'
import { tellFinding } from './doctor/tell.ts'
import { changesOf, settled, showChanges } from './overwrite.ts'

/** Writes the config and the workflow from what the project already says, and lists what only a person can do. */
export const run: EarlyCommand = async ({ request, ports, facts }) => {
  const file = resolve(request.configPath)
  const project = dirname(file)
  const tree = await sourceTree(project, ports)
  const proposal = seen(tree, basename(file))
  const asks = process.stdin.isTTY === true && process.stderr.isTTY === true && request.yes !== true && !request.json && !request.dryRun
  const answers = await answered(request, tree, `/opt/stacks/${proposal.project}`, asks)
  const made = written(tree, proposal, answers, basename(file))
  await refuseOwnMistake(made, basename(file))
  const changes = changesOf(project, made)
  for (const note of proposal.notes) ports.log.warning(note)
  showChanges(ports, changes, asks || request.dryRun)
  const verdict = await settled(request, project, changes, asks, lookCommand(proposal, answers))
  const prefix = await folderInRepository(project, ports)
  if (prefix !== '')
    ports.log.warning(
      `GitHub reads workflows from the top of a repository only: move ${WORKFLOW} there, and give its steps config: ${prefix}${basename(file)}`,
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
  if (request.sshKey === undefined) return verdict
  const why = answers.host === null ? 'which one is not known' : changesOf(project, made).length > 0 ? 'the files are not there' : null
  if (why === null && answers.host !== null) return lookedAt(request, answers.host, ports, facts, verdict)
  ports.log.warning(`the server was not asked what a deploy would do: ${why ?? ''}`)
  return verdict
}

/** Whatever the server is like, the files are written: what is wrong there is what comes next. */
const lookedAt = async (request: Request, host: string, ports: Ports, facts: Facts, verdict: Verdict): Promise<Verdict> => {
  const [{ firstLook }, { plannedLine }] = await Promise.all([import('./first-look.ts'), import('./stack.ts')])
  const { findings, steps } = await firstLook(request, host, ports)
  facts.checks = findings
  facts.steps = [...facts.steps, ...steps]
  ports.log.info(`${host} was asked, and not changed:`)
  for (const finding of findings) if (finding.result !== 'pass') tellFinding(ports, finding)
  for (const step of steps) ports.log.info(`plan  ${plannedLine(step)}`)
  const mends = [...new Set(findings.flatMap(({ result, mend }) => (result === 'fail' && mend !== null ? [mend] : [])))]
  const wrong = findings.filter(({ result }) => result === 'fail').length
  const known = steps.length === 0 ? 'the steps of a deploy are not known yet' : `a deploy would take ${steps.length} steps`
  return {
    ...verdict,
    message: `${verdict.message}; ${known}${wrong === 0 ? '' : `, and ${wrong} ${wrong === 1 ? 'thing stands' : 'things stand'} in its way`}`,
    hint: mends.length > 0 ? mends.join('\n') : 'by hand: commit and push, as the list above ends',
  }
}

/** With values, not one that shows what belongs into it. */
const ENVIRONMENT_FILE = /(^|\/)\.env(?!.*(example|sample|template|dist|default|tpl))[\w.-]*$/i

const sourceTree = async (project: string, ports: Ports): Promise<SourceTree> => {
  const git = async (...args: string[]): Promise<string | null> => {
    const { code, stdout } = await ports.programs.run(['git', '-C', project, ...args], { timeoutMs: 30_000 })
    return code === 0 ? stdout : null
  }
  const [listed, committed, remote, current, ofRemote, refs] = await Promise.all([
    git('ls-files', '--cached', '--others', '--exclude-standard', '-z'),
    git('ls-files', '--cached', '-z'),
    git('remote', 'get-url', 'origin'),
    git('symbolic-ref', '--short', '-q', 'HEAD'),
    git('symbolic-ref', '-q', 'refs/remotes/origin/HEAD'),
    git('for-each-ref', '--format=%(refname)', 'refs/heads', 'refs/remotes/origin'),
  ])
  const files = listed === null || listed === '' ? walkedFiles(project) : [...new Set(listed.split('\0').filter(Boolean))].toSorted()
  const shared = new Set((committed ?? '').split('\0'))
  // git@host:owner/name.git, https://host/owner/name.git
  const [, repository = null] = /[:/]([\w.-]+\/[\w.-]+?)(?:\.git)?\/?\s*$/.exec(remote ?? '') ?? []
  return {
    name: basename(project),
    files,
    // what somebody keeps for himself is not opened, also where no .gitignore says so yet
    read: (path) => (ENVIRONMENT_FILE.test(path) && !shared.has(path) ? null : textFile(project, path)),
    isFile: (path) => isFile(project, path),
    repository,
    branches: {
      current: current?.trim() || null,
      ofRemote: ofRemote?.trim().replace(/^refs\/remotes\/origin\//, '') || null,
      names: (refs ?? '').split('\n').map((ref) => ref.replace(/^refs\/(heads|remotes\/origin)\//, '')),
    },
  }
}

/** "" at its top, else with a slash at its end. */
const folderInRepository = async (project: string, ports: Ports): Promise<string> => {
  const { code, stdout } = await ports.programs.run(['git', '-C', project, 'rev-parse', '--show-prefix'], { timeoutMs: 30_000 })
  return code === 0 ? stdout.trim() : ''
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
      hint: 'by hand: report it with these lines and the compose file; a config by hand: README.md',
    })
  }
}
