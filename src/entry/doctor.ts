import { randomBytes } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { connectRemote } from '../adapters/ssh.ts'
import { identityOf } from '../adapters/ssh-key.ts'
import { imageNames } from '../config/images.ts'
import { type Finding, fail, pass, unknown, warn } from '../doctor/finding.ts'
import { type Machine, machineCommand, machineFindings, machineOf } from '../doctor/machine.ts'
import { prepareScript } from '../doctor/prepare.ts'
import { seenFindings } from '../doctor/seen.ts'
import { workflowFindings } from '../doctor/workflows.ts'
import { DeployError, type FailureCode } from '../errors.ts'
import { credentialsFor } from '../pipeline/credentials.ts'
import { splitRepository } from '../pipeline/reference.ts'
import type { PreflightQuestion } from '../plan/preflight.ts'
import type { Ports } from '../ports.ts'
import type { ImageReport, Verdict } from '../report/document.ts'
import { nextLines } from '../report/failure.ts'
import type { Remote, RemoteTarget } from '../transaction/remote.ts'
import type { Context, EarlyCommand, Request } from './context.ts'
import { createContext } from './create-context.ts'
import { declaredNames } from './deployment.ts'
import { environmentContract } from './environment-contract.ts'
import { hostContexts } from './hosts.ts'
import { type Project, readProject, releaseRequest } from './release-request.ts'
import { frontArguments, remoteTarget } from './server.ts'
import { transact } from './transact.ts'

/** A server that is asked for a handful of lines has this long. */
const MACHINE_MS = 30_000
const MOST_LINES = 500

/** Each thing that a deploy needs, looked at; one connection to a server, and nothing is written anywhere. */
export const run: EarlyCommand = async ({ request, ports, facts }) => {
  const findings: Finding[] = []
  const context = await attempt(() => createContext(request, ports, facts))
  if (request.prepare === true) return prepared(request, context instanceof DeployError ? null : context)
  let code: FailureCode = 'CONFIG'
  if (context instanceof DeployError)
    findings.push(
      ...configFailures(context),
      ...['compose files', 'registry', 'server'].map((check) => unknown(check, 'the config says where it is, and cannot be read')),
    )
  else {
    findings.push(pass('config', `${request.configPath} is read; environment ${context.environment().name}`))
    findings.push(...workflows(context))
    const project = await attempt(async () => readProject(context))
    if (project instanceof DeployError) findings.push(...placed('compose files', project))
    findings.push(...(await registry(context)))
    const hosts = hostContexts(context)
    for (const { host, context: own } of hosts) {
      const looked = await server(own, project instanceof DeployError ? null : project)
      code = looked.code ?? code
      findings.push(
        ...looked.findings.map((finding) => (hosts.length === 1 ? finding : { ...finding, check: `${host}: ${finding.check}` })),
      )
    }
  }
  facts.checks = findings
  for (const finding of findings) tell(ports, finding)
  return verdict(findings, code)
}

const attempt = async <T>(work: () => Promise<T>): Promise<T | DeployError> => {
  try {
    return await work()
  } catch (error) {
    if (error instanceof DeployError) return error
    throw error
  }
}

const sentenceOf = ({ message, code }: DeployError): string => message.slice(code.length + 2)

/** Every error at its line. */
const placed = (check: string, error: DeployError): readonly Finding[] => {
  const { places = [], hint } = error.details
  if (places.length === 0) return [fail(check, sentenceOf(error), hint ?? 'see docs/troubleshooting.md')]
  return places.map(({ file, line, column, message }) =>
    fail(check, `${file}:${line}:${column}: ${message}`, `by hand: edit ${file}:${line}`),
  )
}

const configFailures = (error: DeployError): readonly Finding[] => placed('config', error)

const workflows = ({ project, config, request }: Context): readonly Finding[] => {
  const folder = workflowFolder(project)
  const names = folder === null ? [] : readdirSync(folder).filter((name) => /\.ya?ml$/.test(name))
  return workflowFindings({
    workflows: Object.fromEntries(names.map((name) => [`.github/workflows/${name}`, readFileSync(join(folder ?? '', name), 'utf8')])),
    environments: Object.keys(config.environments),
    isGhcr: (request.registry ?? config.registry.host) === 'ghcr.io',
  })
}

/** At the top of the repository, which may lie above the project. */
const workflowFolder = (project: string): string | null => {
  for (let at = resolve(project); ; at = dirname(at)) {
    const folder = join(at, '.github/workflows')
    if (existsSync(folder)) return folder
    if (existsSync(join(at, '.git')) || dirname(at) === at) return null
  }
}

/** Whether our name and password are taken, and what they are good for. */
const registry = async (context: Context): Promise<readonly Finding[]> => {
  const { config, request, commit, ports } = context
  const [key] = Object.keys(config.images)
  if (key === undefined) return []
  const { host, repository } = splitRepository(imageNames(config, key, commit.repository?.split('/')[0] ?? null, request.registry).actual)
  const found = await attempt(async () => {
    const credentials = credentialsFor(context, host)
    const client = await ports.openRegistry(host, credentials)
    const known = await client.manifest(repository, 'latest')
    const push = credentials === null ? null : ((await client.mayPush?.(repository)) ?? null)
    return { isAnonymous: credentials === null, isThere: known !== null, push }
  })
  if (found instanceof DeployError) return [fail('registry', sentenceOf(found), found.details.hint ?? `docker login ${host}`)]
  const there = found.isThere ? `${repository}:latest is there` : `${repository}:latest is not there yet`
  if (found.isAnonymous)
    return [
      warn(
        'registry',
        `${host} answers, but no login for it is known here; ${there}`,
        `docker login ${host}, or DEPLOY_REGISTRY_USERNAME and DEPLOY_REGISTRY_PASSWORD`,
      ),
    ]
  if (found.push === false)
    return [
      fail(
        'registry',
        `the login is taken by ${host}, but may not push ${repository}`,
        'give the token the right to write packages; on GitHub: permissions: { packages: write }',
      ),
    ]
  return [
    pass(
      'registry',
      `${host} takes the login${found.push === null ? '; whether it may push shows at the first push only' : ', which may push'}; ${there}`,
    ),
  ]
}

interface Looked {
  readonly findings: readonly Finding[]
  /** What kept us from the server. */
  readonly code?: FailureCode
}

const server = async (context: Context, project: Project | null): Promise<Looked> => {
  const target = await attempt(async () => remoteTarget(context))
  if (target instanceof DeployError)
    return { findings: [fail('key', sentenceOf(target), target.details.hint ?? ''), unknown('server', 'it was not asked')] }
  const remote = await attempt(() => connectRemote(context.ports.log, context.ports.clock)(target))
  if (remote instanceof DeployError) {
    const check = { AUTH: 'key', HOSTKEY: 'host key' }[remote.code as string] ?? 'server'
    const evidence = (remote.details.evidence ?? []).slice(0, 3).join('; ')
    return {
      findings: [
        fail(
          check,
          `${sentenceOf(remote)}${evidence === '' ? '' : ` (${evidence})`}`,
          remote.details.hint ?? 'see docs/troubleshooting.md',
        ),
        unknown('machine', 'nobody could look'),
      ],
      code: remote.code,
    }
  }
  try {
    return { findings: [...greeting(target), ...(await onServer(context, remote, project))] }
  } finally {
    remote.close()
  }
}

const greeting = ({ host, port, user }: RemoteTarget): readonly Finding[] => [
  pass('server', `${host} answers on port ${port}`),
  pass('host key', 'it is the one that is pinned'),
  pass('key', `${user} is let in`),
]

const onServer = async (context: Context, remote: Remote, project: Project | null): Promise<readonly Finding[]> => {
  const { config } = context.environment()
  const question = { host: config.host, user: config.user, path: config.path.replace(/\/+$/, ''), environmentFile: config.env.file }
  const before = context.ports.clock.now().getTime()
  const machine = await machineOn(context, remote)
  const after = context.ports.clock.now().getTime()
  if (machine === null)
    return [
      fail(
        'machine',
        `${config.host} did not answer a plain command to its end`,
        `ssh -p ${config.port} ${config.user}@${config.host} 'echo $SHELL'; the login shell must be a POSIX shell, and silent`,
      ),
    ]
  // its clock was read somewhere between the two
  const skew = machine.time === null ? null : Math.round(machine.time - (before + after) / 2000)
  const plain = machineFindings(machine, question, skew)
  const mayLook = machine.lacks.length === 0 && machine.foreign.length === 0 && ['writable', 'possible'].includes(machine.directory)
  if (!mayLook || project === null)
    return [
      ...plain,
      unknown('environment', mayLook ? 'the compose files cannot be used' : 'what is wrong above has to be mended first'),
      unknown('ports', 'compose was not asked'),
    ]
  const seen = await looked(context, remote, project)
  const named = new Set(seen.map(({ check }) => check))
  return [...plain.filter(({ check, result }) => result !== 'pass' || !named.has(check)), ...seen]
}

const machineOn = async ({ environment, ports }: Context, remote: Remote): Promise<Machine | null> => {
  const { config } = environment()
  const nonce = randomBytes(12).toString('hex')
  const program = await remote.start(machineCommand(nonce, config.path.replace(/\/+$/, ''), config.env.file))
  program.end()
  const read = async (): Promise<readonly string[]> => {
    const lines: string[] = []
    for await (const line of program.lines) {
      lines.push(line)
      if (lines.length >= MOST_LINES || line === `${nonce} end`) break
    }
    return lines
  }
  return machineOf(nonce, await Promise.race([read(), ports.clock.sleep(MACHINE_MS).then(() => [])]))
}

/** As `plan` looks, over the same connection; the images of the files stand in for those that are not built yet. */
const looked = async (context: Context, remote: Remote, project: Project): Promise<readonly Finding[]> => {
  const { config } = context.environment()
  const owner = context.commit.repository?.split('/')[0] ?? null
  const images = Object.fromEntries(
    Object.keys(context.config.images).map((key): [string, ImageReport] => {
      const reference = `${imageNames(context.config, key, owner, context.request.registry).actual}:latest`
      return [key, { reference, digest: '', platforms: {} }]
    }),
  )
  const question: PreflightQuestion = {
    host: config.host,
    user: config.user,
    path: config.path.replace(/\/+$/, ''),
    project: context.config.project,
    environmentFile: config.env.file,
    ...environmentContract(context),
    containerNames: declaredNames(project),
    platforms: Object.fromEntries(Object.entries(context.config.images).map(([key, { platforms }]) => [key, platforms])),
  }
  let found: readonly Finding[] = []
  const error = await attempt(() =>
    transact(context, {
      connect: async () => remote,
      front: frontArguments(context, 'observe'),
      files: releaseRequest(context, project, images),
      decide: async (observed) => {
        found = seenFindings(observed, question, Object.keys(project.ownership))
        return null
      },
    }),
  )
  return error instanceof DeployError ? [fail('machine', sentenceOf(error), error.details.hint ?? 'see docs/troubleshooting.md')] : found
}

const WORDS = { pass: 'pass', warn: 'warn', fail: 'FAIL', unknown: '????' } as const

/** One screen, in the order in which things depend on each other; what is wrong is told once more at the end. */
const tell = ({ log }: Ports, { check, result, sentence, mend }: Finding): void => {
  log.info(`${WORDS[result]}  ${check}: ${sentence}`)
  for (const line of nextLines(mend)) log.info(`      ${line}`)
}

const verdict = (findings: readonly Finding[], code: FailureCode): Verdict => {
  const count = (result: Finding['result']): number => findings.filter((finding) => finding.result === result).length
  const counted = `${count('pass')} well, ${count('warn')} to look at, ${count('fail')} wrong, ${count('unknown')} not known`
  const first = findings.find(({ result }) => result === 'fail')
  if (first !== undefined)
    return { outcome: 'failed', failureCode: code, message: `${counted}; first: ${first.check}: ${first.sentence}`, hint: first.mend ?? '' }
  return { outcome: 'succeeded', message: counted }
}

/** To standard output, to be read and carried to the server; nothing is run. */
const prepared = async (request: Request, context: Context | null): Promise<Verdict> => {
  const config = context?.environment().config
  const script = prepareScript({
    user: config?.user ?? 'deploy',
    path: config?.path.replace(/\/+$/, '') ?? '/opt/stacks/NAME',
    environmentFile: config?.env.file ?? '.env',
    publicKey: await publicKey(request),
  })
  if (!request.json) process.stdout.write(script)
  return {
    outcome: 'succeeded',
    message: request.json ? script : 'nothing was run: read it, then run it on the server as root',
    ...(request.sshKey === undefined ? { hint: 'deploy-action doctor --prepare --ssh-key FILE puts the public half of the key in' } : {}),
  }
}

const publicKey = async ({ sshKey }: Request): Promise<string | null> => {
  if (sshKey === undefined) return null
  const { default: ssh2 } = await import('ssh2')
  return identityOf(sshKey, (text) => ssh2.utils.parseKey(text)).publicLine
}
