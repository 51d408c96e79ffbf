/** act runs workflows on this machine, as the runner would on GitHub's, without GitHub. */
import { spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { given, run } from '../sandbox/scenarios/programs.ts'
import { NAME } from './published.ts'

export interface Workflow {
  readonly event: 'push' | 'pull_request' | 'workflow_dispatch' | 'schedule'
  /** What was pushed to; refs/heads/main when absent. */
  readonly ref?: string
  /** Inside .github/workflows. */
  readonly file: string
  /** The repository that it is of. */
  readonly repository: string
  /** Folder that stands for org/deploy-action@v1. */
  readonly action: string
  readonly secrets?: Readonly<Record<string, string>>
  readonly variables?: Readonly<Record<string, string>>
  readonly inputs?: Readonly<Record<string, string>>
  /** GitHub's API, with the token that jobs reach it by; absent: jobs have no token. */
  readonly api?: { readonly url: string; readonly token: string }
  /** owner/name of the repository that a pull request comes from. */
  readonly from?: string
  /** What the machine of the runner has beyond a plain one. */
  readonly environment?: Readonly<Record<string, string>>
}

export interface Line {
  readonly job: string
  readonly step: string
  readonly text: string
  /** The step itself printed it, not act. */
  readonly isOutput: boolean
}

export interface Ran {
  readonly code: number | null
  readonly lines: readonly Line[]
  /** Job → "success", "failure"; a job that was skipped is not there. */
  readonly jobs: Readonly<Record<string, string>>
  /** Everything act wrote. */
  readonly raw: string
}

export const hasAct = (): boolean => spawnSync('act', ['--version']).status === 0

export const act = async (workflow: Workflow): Promise<Ran> => {
  const folder = await mkdtemp(join(tmpdir(), 'workflows-act-'))
  try {
    const file = async (name: string, values: Readonly<Record<string, string>>): Promise<string> => {
      await writeFile(
        join(folder, name),
        Object.entries(values)
          .map(([key, value]) => `${key}=${JSON.stringify(value)}\n`)
          .join(''),
        { mode: 0o600 },
      )
      return join(folder, name)
    }
    await writeFile(join(folder, 'event.json'), JSON.stringify(eventOf(workflow)))
    await mkdir(join(folder, 'docker'))
    await writeFile(join(folder, 'docker/config.json'), await dockerWithoutLogins())
    const options = [
      ...['--workflows', `.github/workflows/${workflow.file}`, '--eventpath', join(folder, 'event.json')],
      ...[
        '--platform',
        'ubuntu-24.04=-self-hosted',
        '--platform',
        'ubuntu-24.04-arm=-self-hosted',
        '--local-repository',
        `${NAME}=${workflow.action}`,
      ],
      ...['--secret-file', await file('secrets', secretsOf(workflow)), '--var-file', await file('variables', workflow.variables ?? {})],
      ...[
        '--env-file',
        await file('environment', {
          ...runnerEnvironment(),
          DOCKER_CONFIG: join(folder, 'docker'),
          ...(workflow.api === undefined ? {} : { GITHUB_API_URL: workflow.api.url }),
          ...workflow.environment,
        }),
      ],
      ...['--json', '--pull=false', '--no-cache-server', '--concurrent-jobs', '1'],
      ...Object.entries(workflow.inputs ?? {}).flatMap(([name, value]) => ['--input', `${name}=${value}`]),
    ]
    const env = { PATH: withNode24(), HOME: folder, XDG_CACHE_HOME: join(folder, 'cache'), TMPDIR: folder }
    const { code, out, err } = await run(['act', workflow.event, ...options], { cwd: workflow.repository, env })
    const lines = out.split('\n').flatMap(parsed)
    return { code, lines, jobs: jobsOf(out), raw: `${out}${err}` }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

const secretsOf = ({ secrets = {}, api }: Workflow): Readonly<Record<string, string>> =>
  api === undefined ? secrets : { ...secrets, GITHUB_TOKEN: api.token }

const eventOf = ({ event, inputs, ref = 'refs/heads/main', from }: Workflow): unknown =>
  event === 'workflow_dispatch'
    ? { inputs }
    : event === 'pull_request'
      ? {
          action: 'opened',
          number: 7,
          pull_request: { number: 7, head: { ref: 'change', repo: { full_name: from } }, base: { ref: 'main' } },
        }
      : event === 'schedule'
        ? { schedule: '17 3 * * *' }
        : { ref }

/** Node 24 as on GitHub's runners, whatever the machine's own is. */
const withNode24 = (): string => `${dirname(process.execPath)}:${process.env.PATH}`

/** Where the sandbox's plugins of the docker command are, without its logins: what a job pushes with, it brings itself. */
const dockerWithoutLogins = async (): Promise<string> => {
  const { cliPluginsExtraDirs } = JSON.parse(await readFile(join(given('DOCKER_CONFIG'), 'config.json'), 'utf8')) as Record<string, unknown>
  return JSON.stringify({ cliPluginsExtraDirs })
}

/** The sandbox's engine and certificates. */
const runnerEnvironment = (): Readonly<Record<string, string>> => ({
  PATH: withNode24(),
  DOCKER_HOST: given('DOCKER_HOST'),
  SSL_CERT_FILE: given('SSL_CERT_FILE'),
  NODE_EXTRA_CA_CERTS: given('NODE_EXTRA_CA_CERTS'),
  DEPLOY_SCAN_PATH: given('SANDBOX_TRIVY'),
})

interface ActLine {
  readonly job?: string
  readonly step?: string
  readonly msg?: string
  readonly raw?: string
  readonly raw_output?: boolean
  readonly jobResult?: string
}

const objects = (out: string): readonly ActLine[] =>
  out.split('\n').flatMap((line) => {
    try {
      return [JSON.parse(line) as ActLine]
    } catch {
      return []
    }
  })

const parsed = (line: string): Line[] =>
  objects(line).map(({ job = '', step = '', msg = '', raw, raw_output }) => ({
    job,
    step,
    text: msg.trimEnd(),
    isOutput: raw !== undefined || raw_output === true,
  }))

/** act writes "Workflow/caller/Job   ", with "-1" behind the jobs of a matrix: the last part is the name that people see. */
const jobsOf = (out: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    objects(out).flatMap(({ job, jobResult }) => (job === undefined || jobResult === undefined ? [] : [[shownName(job), jobResult]])),
  )

const shownName = (job: string): string => (job.split('/').at(-1) ?? job).trim().replace(/-\d+$/, '')
