/** A job that is cancelled in each of its stages, as GitHub does it, and the next one: told by what it posted of the commit. */
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals'
import { FakeGitHub, TOKEN } from '../../github/fake-api.ts'
import { dist } from '../../runner/dist.ts'
import { runStep, type Step, type StepResult } from '../../runner/runner.ts'
import { output } from '../scenarios/programs.ts'
import { type FaultProxy, faultProxy } from './support/fault-proxy.ts'
import { imageProject, UNFIXED } from './support/image-project.ts'
import { type CommandEnvironment, commandEnvironment, REGISTRY, sandbox, tagsOf, uniqueName } from './support/sandbox.ts'

jest.setTimeout(180_000)

const DOCKERFILE = `FROM debian:12-slim
ARG SECONDS_TO_WAIT
COPY packages/amd64 /var/lib/dpkg/status.d/fixture
RUN echo "under way for $SECONDS_TO_WAIT seconds" && sleep "$SECONDS_TO_WAIT"
`
const config = (name: string): string => `project: ${name}
registry: { namespace: Tests }
images: { app: { platforms: [linux/amd64], args: { SECONDS_TO_WAIT: "\${SECONDS_TO_WAIT}" } } }
scan: { ignoreUnfixed: false, exceptions: [{ id: CVE-2099-0002, until: 2099-12-31, reason: a fixture }] }
`

/** Each test stands on those before it. */
describe('a job that is cancelled', () => {
  const name = uniqueName('cancelled')
  const repository = `${REGISTRY}/tests/${name}-app`
  let environment: CommandEnvironment
  let project: ReturnType<typeof imageProject>
  let github: FakeGitHub
  let registry: FaultProxy
  /** Whether a request to the registry gets no answer. */
  let isHeld = (_method: string, _path: string): boolean => false

  beforeAll(async () => {
    // scanned by what is read without login
    await output([process.execPath, join(import.meta.dirname, '../trivy-db/push.ts')])
    environment = commandEnvironment()
    project = imageProject({ name, amd64: UNFIXED, dockerfile: DOCKERFILE, files: { 'deploy.yml': config(name) } })
    github = await FakeGitHub.start()
    registry = await faultProxy(({ method = '', url = '' }) => (isHeld(method, url) ? 'hold' : 'pass'))
  })
  afterAll(async () => {
    await registry?.[Symbol.asyncDispose]()
    await github?.stop()
    project?.[Symbol.dispose]()
    environment?.[Symbol.dispose]()
    expect(github?.strays).toEqual([])
  })

  const run = (command: string, { env, ...step }: Partial<Step> = {}): Promise<StepResult> =>
    runStep({
      main: join(dist, 'action.js'),
      workspace: project.folder,
      inputs: {
        command,
        'github-token': TOKEN,
        registry: registry.host,
        'registry-username': sandbox('SANDBOX_REGISTRY_USER'),
        'registry-password': sandbox('SANDBOX_REGISTRY_PASSWORD'),
      },
      env: {
        ...ofRunner(environment),
        // no credential of a user's shell
        DEPLOY_REGISTRY_PASSWORD: '',
        GITHUB_API_URL: github.url,
        GITHUB_SHA: project.sha,
        SECONDS_TO_WAIT: '0',
        ...env,
      },
      ...step,
    })

  /** Cancelled as the registry is asked for that, which it does not answer. */
  const cancelledAsking = async (command: string, isThat: typeof isHeld): Promise<StepResult> => {
    let cancel = (): void => {}
    isHeld = (method, path) => {
      const isAsked = isThat(method, path)
      if (isAsked) cancel()
      return isAsked
    }
    try {
      return await run(command, {
        onStart: (_, begin) => {
          cancel = begin
        },
      })
    } finally {
      isHeld = () => false
    }
  }

  /** Since it was asked last, as "build error: CANCELLED". */
  const statuses = (): readonly string[] =>
    github.statuses.splice(0).map(({ context, state, description }) => `${context} ${state}: ${description.split(':')[0]}`)
  const expectCancelled = (stage: string, { signal, outputs }: StepResult): void => {
    expect([signal, outputs['failure-code']]).toEqual([null, 'CANCELLED'])
    expect(statuses()).toEqual([`deploy-action / ${stage} pending: under way`, `deploy-action / ${stage} error: CANCELLED`])
  }
  const expectRepaired = (stage: string, { outputs }: StepResult): void => {
    expect(outputs.outcome).toBe('succeeded')
    expect(statuses().at(-1)).toMatch(new RegExp(`^deploy-action / ${stage} success: `))
  }

  test('while it builds leaves a final status, and nothing in the registry', async () => {
    const env = { SECONDS_TO_WAIT: '600' }
    const cancelled = await run('build', { env, onLine: (line, cancel) => line.includes('under way for 600') && cancel() })
    expectCancelled('build', cancelled)
    expect(await tagsOf(repository)).toEqual([])
  })

  test('and killed while it builds is told by the next run', async () => {
    const env = { SECONDS_TO_WAIT: '600' }
    let pid = 0
    const killed = await run('build', {
      env,
      onStart: (started) => {
        pid = started
      },
      onLine: (line) => {
        if (line.includes('under way for 600') && pid > 0) process.kill(pid, 'SIGKILL')
      },
    })
    expect([killed.signal, statuses()]).toEqual(['SIGKILL', ['deploy-action / build pending: under way']])
    expectRepaired('build', await run('build'))
  })

  test('while it scans leaves a final status, and the next one has the findings in code scanning', async () => {
    expectCancelled('scan', await cancelledAsking('scan', (_, path) => path.includes(`/v2/tests/${name}-app/manifests/sha256:`)))
    expect(github.sarifs).toEqual([])
    expectRepaired('scan', await run('scan'))
    const [{ sha, ref, sarif } = { sha: '', ref: '', sarif: '' }, ...more] = github.sarifs
    expect([sha, ref, more]).toEqual([project.sha, 'refs/heads/main', []])
    const { version, runs } = JSON.parse(gunzipSync(Buffer.from(sarif, 'base64')).toString()) as {
      version: string
      runs: { tool: { driver: { name: string } }; results: { ruleId: string; level: string }[] }[]
    }
    expect([version, runs.map(({ tool }) => tool.driver.name)]).toEqual(['2.1.0', ['Trivy']])
    expect(runs[0]?.results.map(({ ruleId }) => ruleId)).toEqual(['CVE-2099-0002'])
  })

  test('while it tags leaves a final status, and the next one tags', async () => {
    expectCancelled('publish', await cancelledAsking('publish', (method, path) => method === 'PUT' && path.includes('/manifests/')))
    expect(await tagsOf(repository)).toEqual([])
    expectRepaired('publish', await run('publish'))
    expect((await tagsOf(repository)).toSorted()).toEqual([project.sha, 'latest'].toSorted())
  })
})

/** What the machine of a runner has beyond a plain one: the sandbox's engine, its certificates, the scanner. */
const ofRunner = ({ env }: CommandEnvironment): Readonly<Record<string, string>> =>
  Object.fromEntries(
    ['DOCKER_HOST', 'DOCKER_CONFIG', 'SSL_CERT_FILE', 'NODE_EXTRA_CA_CERTS', 'DEPLOY_SCAN_PATH', 'XDG_CACHE_HOME'].map((name) => [
      name,
      env[name] ?? '',
    ]),
  )
