import { afterEach, describe, expect, test } from '@jest/globals'
import { stringify } from 'yaml'
import type { ConfigInput } from '../../src/config/schema.ts'
import { byRulesOfBase } from '../../src/entry/base-rules.ts'
import type { Context } from '../../src/entry/context.ts'
import { FakeGitHub, type FakeOptions, TOKEN } from '../github/fake-api.ts'
import { testContext } from '../pipeline/support/context.ts'
import { type TestProject, testProject } from '../pipeline/support/project.ts'

const EXCEPTION = { id: 'CVE-2099-0001', until: '2999-01-01', reason: 'not reachable' }
const OTHER = { ...EXCEPTION, id: 'CVE-2099-0002' }
const projects: TestProject[] = []
const fakes: FakeGitHub[] = []
afterEach(async () => {
  for (const one of projects.splice(0)) one[Symbol.dispose]()
  const all = fakes.splice(0)
  for (const fake of all) await fake.stop()
  expect(all.flatMap(({ strays }) => strays)).toEqual([])
})

interface Asked {
  readonly own: Partial<ConfigInput>
  /** deploy.yml of main, or its text; absent: there is none. */
  readonly base?: Partial<ConfigInput> | string
  readonly env?: Readonly<Record<string, string>>
  readonly folder?: string
  readonly api?: FakeOptions
}

const asked = async ({ own, base, env = {}, folder = '', api = {} }: Asked) => {
  const project = testProject({ [`${folder}deploy.yml`]: 'project: sample\n' })
  projects.push(project)
  project.commit('proposal')
  const fake = await FakeGitHub.start(api)
  fakes.push(fake)
  const text = typeof base === 'string' ? base : stringify({ project: 'sample', images: { api: {} }, ...base })
  if (base !== undefined) fake.files.set(`${folder}deploy.yml at refs/heads/main`, text)
  const context = testContext({
    project: `${project.folder}/${folder}`,
    config: own,
    request: { command: 'scan', configPath: `${project.folder}/${folder}deploy.yml` },
    ports: {
      env: {
        GITHUB_ACTIONS: 'true',
        GITHUB_EVENT_NAME: 'pull_request',
        GITHUB_BASE_REF: 'main',
        GITHUB_REPOSITORY: 'acme/shop',
        GITHUB_API_URL: fake.url,
        GITHUB_TOKEN: TOKEN,
        ...env,
      },
    },
  })
  const ruled = await byRulesOfBase(context)
  return { ruled, fake, said: context.log.lines, context }
}

const exceptions = ({ config }: Context): readonly string[] => config.scan.exceptions.map(({ id }) => id)

describe('the rules of a scan in a pull request', () => {
  test('are those of the branch it is for, and who proposes others is told so', async () => {
    const { ruled, said } = await asked({
      own: { scan: { exceptions: [EXCEPTION, OTHER], severity: ['CRITICAL'], scanner: 'none' } },
      base: { scan: { exceptions: [OTHER], severity: ['HIGH', 'CRITICAL', 'MEDIUM'] } },
    })
    expect(exceptions(ruled)).toEqual(['CVE-2099-0002'])
    expect(ruled.config.scan).toMatchObject({ scanner: 'trivy', severity: ['HIGH', 'CRITICAL', 'MEDIUM'] })
    expect(said).toEqual(['warning scan: in a pull request the rules of main count, and these are others; they count once they are there'])
  })

  test('are not spoken of where they are the same', async () => {
    const scan = { exceptions: [EXCEPTION] }
    const { ruled, said, fake } = await asked({ own: { scan }, base: { scan } })
    expect(exceptions(ruled)).toEqual(['CVE-2099-0001'])
    expect(said).toEqual([])
    expect(fake.calls).toHaveLength(1)
  })

  test('are with those of its images, whatever they are called now; a new image keeps all of them, and its own', async () => {
    const policy = { nonRoot: true, without: ['gcc'] }
    const { ruled, said } = await asked({
      own: { images: { web: { name: 'sample-api' }, bot: { policy: { labels: ['a'] } }, worker: {} } },
      base: { images: { api: { policy }, worker: {} } },
    })
    expect(ruled.config.images.web?.policy).toEqual({ ...policy, labels: [] })
    expect(ruled.config.images.bot?.policy).toEqual({ ...policy, labels: ['a'] })
    expect(ruled.config.images.worker?.policy).toEqual({ nonRoot: false, without: [], labels: [] })
    expect(said).toHaveLength(1)
  })

  test('are with the hooks around it, which could put something else in the place of what was built', async () => {
    const hooks = (name: string): Partial<ConfigInput> => ({
      hooks: { beforeScan: [{ name, run: ['x'] }], beforeBuild: [{ name, run: ['x'] }] },
    })
    const { ruled, said } = await asked({ own: hooks('proposed'), base: hooks('accepted') })
    expect(ruled.config.hooks.beforeScan.map(({ name }) => name)).toEqual(['accepted'])
    expect(ruled.config.hooks.beforeBuild.map(({ name }) => name)).toEqual(['proposed'])
    expect(said).toHaveLength(1)
    expect((await asked({ own: hooks('proposed') })).ruled.config.hooks.beforeScan).toEqual([])
  })

  test('are asked for where the config lies, with what its variables are here', async () => {
    const { ruled, said } = await asked({
      own: {},
      folder: 'services/a shop/',
      base: {
        scan: { exceptions: [{ ...EXCEPTION, id: '${ID}' }] },
        // a pull request of a fork has none of these
        registry: { password: '${NOT_HERE}' },
        images: { api: { args: { A: '${NOT_HERE}' } } },
        environments: { production: { host: '${NOT_HERE}', path: '/opt/stacks/shop' } },
      },
      env: { ID: 'CVE-1' },
    })
    expect(said).toEqual([expect.stringContaining('these are others')])
    expect(exceptions(ruled)).toEqual(['CVE-1'])
  })

  const own = { scan: { exceptions: [EXCEPTION] } }
  test.each<readonly [string, Omit<Asked, 'own'>, RegExp]>([
    ['that branch has no config', {}, /GitHub shows no deploy\.yml there, so the defaults hold, without an exception/],
    ['the token may not read', { base: own, api: { permissions: [] } }, /could not be read \(403 Resource not accessible/],
    ['GitHub does not answer', { base: own, api: { fault: () => ({ status: 502 }) } }, /could not be read \(GitHub failed: 502/],
    ['it is no config', { base: 'scan: [' }, /they are refused \(CONFIG: /],
    ['it is of another version', { base: 'project: x\nimages: { api: {} }\nscan: { accepted: [] }\n' }, /they are refused \(CONFIG: /],
    ['there is no token', { base: own, env: { GITHUB_TOKEN: '' } }, /there is no github-token/],
    ['nobody says which branch', { base: own, env: { GITHUB_BASE_REF: '' } }, /does not say which branch/],
    ['nobody says which repository', { base: own, env: { GITHUB_REPOSITORY: '' } }, /does not say/],
  ])('are the defaults where %s, never its own', async (_, rest, why) => {
    const { ruled, said } = await asked({ own, ...rest })
    expect(exceptions(ruled)).toEqual([])
    expect(said.filter((line) => line.startsWith('warning'))).toEqual([expect.stringMatching(why)])
  })

  test('are said to be unknown also where its own are the defaults: those of a config that was moved may be stricter', async () => {
    expect((await asked({ own: {}, base: {}, api: { permissions: [] } })).said).toHaveLength(1)
    expect((await asked({ own: {} })).said).toEqual([expect.stringMatching(/GitHub shows no deploy\.yml there, so the defaults hold/)])
  })

  test.each([['push'], ['schedule'], ['workflow_dispatch'], ['merge_group']])('are its own on %s, and nobody is asked', async (event) => {
    const { ruled, fake } = await asked({ own, base: {}, env: { GITHUB_EVENT_NAME: event } })
    expect(exceptions(ruled)).toEqual(['CVE-2099-0001'])
    expect(fake.calls).toEqual([])
  })

  test.each(['pull_request_target', 'pull_request_review'])('are the same ones on %s', async (event) => {
    const { ruled } = await asked({ own, base: {}, env: { GITHUB_EVENT_NAME: event } })
    expect(exceptions(ruled)).toEqual([])
  })

  test('are its own at a terminal', async () => {
    const { ruled, fake } = await asked({ own, base: {}, env: { GITHUB_ACTIONS: '' } })
    expect(exceptions(ruled)).toEqual(['CVE-2099-0001'])
    expect(fake.calls).toEqual([])
  })
})
