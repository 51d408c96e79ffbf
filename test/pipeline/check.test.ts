import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { describe, expect, jest, test } from '@jest/globals'
import type { ConfigInput } from '../../src/config/schema.ts'
import { checkStages } from '../../src/pipeline/check/check.ts'
import type { ComposeCall, RunCompose } from '../../src/pipeline/check/compose.ts'
import { placesIn } from '../../src/pipeline/check/places.ts'
import { withHooks } from '../../src/pipeline/hooks.ts'
import { lastLines } from '../../src/pipeline/last-lines.ts'
import { failure, testContext } from './support/context.ts'
import { testProject } from './support/project.ts'

// real git and real processes, on machines that are busy with other tests, too
jest.setTimeout(60_000)

/** A process that ended and that nobody has asked about yet ("Z") does not run. */
const isRunning = (pid: number): boolean => {
  const path = `/proc/${pid}/stat`
  return existsSync(path) && !/\) [ZX] /.test(readFileSync(path, 'utf8'))
}

const noCompose: RunCompose = async () => {
  throw new Error('no compose in this test')
}

const setUp = (check: ConfigInput['check'], files: Record<string, string> = {}, more: Partial<Parameters<typeof testContext>[0]> = {}) => {
  const project = testProject(files)
  const context = testContext({ project: project.folder, config: { check }, ...more })
  const results = () => context.facts.steps.map(({ name, result }) => `${name} ${result}`)
  return { project, context, results, [Symbol.dispose]: () => project[Symbol.dispose]() }
}

describe('stages', () => {
  test('run in the project with their own environment', async () => {
    using it = setUp([{ name: 'unit', run: 'echo "$WHO" > out', env: { WHO: 'me' } }])
    expect(await checkStages(it.context, noCompose)).toBe('1 stages passed')
    expect(readFileSync(join(it.project.folder, 'out'), 'utf8')).toBe('me\n')
  })

  test('a failure is CHECK with the exit code and the last lines', async () => {
    using it = setUp([{ name: 'unit', run: 'seq 1 100; echo broken >&2; exit 3' }])
    const error = await failure(checkStages(it.context, noCompose))
    expect(error.message).toBe('CHECK: stage unit ended with 3')
    expect(error.details.evidence).toContain('broken')
    expect(error.details.evidence?.length).toBeLessThanOrEqual(40)
  })

  test('after a blocking failure those of the same kind still run, and no others', async () => {
    using it = setUp([
      { name: 'lint-api', run: 'exit 1' },
      { name: 'lint-bot', run: 'exit 2' },
      { name: 'unit', run: 'touch ran' },
    ])
    const error = await failure(checkStages(it.context, noCompose))
    expect(error.message).toBe('CHECK: stage lint-api ended with 1; stage lint-bot ended with 2')
    expect(it.results()).toEqual(['check lint-api failed', 'check lint-bot failed', 'check unit skipped'])
    expect(existsSync(join(it.project.folder, 'ran'))).toBe(false)
  })

  test('an advisory failure is reported, and the run goes on', async () => {
    using it = setUp([
      { name: 'audit', run: 'exit 1', blocking: false },
      { name: 'unit', run: 'true' },
    ])
    expect(await checkStages(it.context, noCompose)).toBe('1 stages passed; failed, but advisory: audit')
    expect(it.results()).toEqual(['check audit failed', 'check unit succeeded'])
  })

  test('a stage that does not end is ended, with all that it started', async () => {
    using it = setUp([{ name: 'slow', run: 'sleep 60 & echo $! > pid; wait', timeout: '1s' }])
    const error = await failure(checkStages(it.context, noCompose))
    expect(error.message).toBe('CHECK: stage slow was not done after 1 s')
    const pid = Number(readFileSync(join(it.project.folder, 'pid'), 'utf8'))
    // the kernel ends whom it was told to kill when it gets to it; left alone it would sleep for a minute
    for (let waited = 0; isRunning(pid) && waited < 10_000; waited += 20) await setTimeout(20)
    expect(isRunning(pid)).toBe(false)
  })

  test('a setup that fails is told apart from the command', async () => {
    using it = setUp([{ name: 'unit', setup: 'exit 4', run: 'touch ran' }])
    expect((await failure(checkStages(it.context, noCompose))).message).toBe('CHECK: stage unit (its setup) ended with 4')
    expect(existsSync(join(it.project.folder, 'ran'))).toBe(false)
  })

  test('reports are kept also after a failure', async () => {
    using it = setUp([{ name: 'unit', run: 'mkdir out; echo "<xml>" > out/junit.xml; exit 1', reports: ['out/junit.xml'] }])
    await failure(checkStages(it.context, noCompose))
    expect(readFileSync(join(it.project.folder, 'reports/unit/out/junit.xml'), 'utf8')).toBe('<xml>\n')
  })

  test.each([
    ['check', {}, 'skipped'],
    ['all', {}, 'succeeded'],
    ['check', { environment: 'production' }, 'succeeded'],
    ['all', { dryRun: true }, 'skipped'],
  ] as const)('a gate for deploy in %s with %j is %s', async (command, request, result) => {
    using it = setUp([{ name: 'e2e', run: 'true', gate: 'deploy' }], {}, { request: { command, ...request } })
    await checkStages(it.context, noCompose)
    expect(it.context.facts.steps).toMatchObject([{ name: 'check e2e', result }])
  })

  describe('that say what they are about', () => {
    const pullRequest = (changed: string, check: ConfigInput['check'], env: Readonly<Record<string, string>> = {}) => {
      const it = setUp(check, { 'deploy.yml': 'project: x\n', 'api/a': '1', 'bot/a': '1', 'tests.yml': 'services: {}\n' })
      const { project } = it
      project.commit('base')
      project.git('update-ref', 'refs/remotes/origin/main', 'HEAD')
      project.git('checkout', '--quiet', '-b', 'proposal')
      project.write(changed, '2')
      project.commit('proposal')
      Object.assign(it.context.ports.env, { GITHUB_EVENT_NAME: 'pull_request', GITHUB_BASE_REF: 'main', ...env })
      return it
    }
    const STAGES: ConfigInput['check'] = [
      { name: 'api', run: 'true', paths: ['api', 'shared'] },
      { name: 'bot', run: 'true', paths: ['bot/'] },
    ]

    test('are skipped by a pull request that changes none of it, with the reason', async () => {
      using it = pullRequest('bot/a', STAGES)
      await checkStages(it.context, noCompose)
      expect(it.results()).toEqual(['check api skipped', 'check bot succeeded'])
      expect(JSON.stringify(it.context.facts.steps)).toContain('the pull request changes nothing in api, shared')
    })
    test.each([
      ['on the way to a server', 'bot/a', { GITHUB_EVENT_NAME: 'push' }],
      ['where git does not know the base', 'bot/a', { GITHUB_BASE_REF: 'release' }],
      ['where the config has changed', 'deploy.yml', {}],
    ])('all run %s', async (_, changed, env) => {
      using it = pullRequest(changed, STAGES, env)
      await checkStages(it.context, noCompose)
      expect(it.results()).toEqual(['check api succeeded', 'check bot succeeded'])
    })
    test('one whose test environment has changed runs', async () => {
      using it = pullRequest('tests.yml', [{ name: 'api', compose: { file: 'tests.yml', service: 'web' }, paths: ['api'] }])
      await checkStages(it.context, async () => ({ code: 0 }))
      expect(it.results()).toEqual(['check api succeeded'])
    })
  })

  test('a cancelled run is CANCELLED and no failed check', async () => {
    using it = setUp([{ name: 'slow', run: 'sleep 60' }])
    const checking = failure(checkStages(it.context, noCompose))
    it.context.cancel()
    expect((await checking).code).toBe('CANCELLED')
  })

  test('places that linters and tests name become annotations, if they are in the project', () => {
    using project = testProject({ 'api/main.py': '', 'src/a.ts': '' })
    const lines = [
      "./api/main.py:12:5: F401 'os' unused",
      '/project/api/main.py:3: AssertionError',
      'src/a.ts(3,7): error TS1: no',
      '/etc/passwd:1:1: no',
      'gone.py:1:1: no',
    ]
    expect(placesIn(lines, project.folder)).toEqual([
      { file: 'api/main.py', line: 12, column: 5, message: "F401 'os' unused" },
      { file: 'api/main.py', line: 3, column: 1, message: 'AssertionError' },
      { file: 'src/a.ts', line: 3, column: 7, message: 'error TS1: no' },
    ])
  })

  const OUTPUTS: Readonly<Record<string, readonly [output: string, place: string]>> = {
    go: ['--- FAIL: TestA (0.00s)\n    src/a_test.go:9: got 1, want 2', 'src/a_test.go:9:1 got 1, want 2'],
    ruff: ['F401 [*] `os` imported but unused\n --> api/main.py:1:8\n  |', 'api/main.py:1:8 F401 [*] `os` imported but unused'],
    python: ["  File \"/project/api/main.py\", line 4, in f\n    x['y']\nKeyError: 'y'", "api/main.py:4:1 KeyError: 'y'"],
    jest: ['  ● adds numbers\n\n    at Object.<anonymous> (src/a.ts:3:7)', 'src/a.ts:3:7 ● adds numbers'],
    vitest: ['AssertionError: expected 1 to be 2\n ❯ src/a.ts:5:9', 'src/a.ts:5:9 AssertionError: expected 1 to be 2'],
    eslint: ["HERE/src/a.ts\n  2:5  error  'x' is not defined  no-undef", "src/a.ts:2:5 'x' is not defined  no-undef"],
    mypy: ['api/main.py:7: error: Name "x" is not defined', 'api/main.py:7:1 error: Name "x" is not defined'],
  }

  test.each(Object.entries(OUTPUTS))('finds the place that %s names', (_, [output, place]) => {
    using project = testProject({ 'api/main.py': '', 'src/a.ts': '', 'src/a_test.go': '' })
    const found = placesIn(output.replaceAll('HERE', project.folder).split('\n'), project.folder)
    expect(found.map(({ file, line, column, message }) => `${file}:${line}:${column} ${message}`)).toEqual([place])
  })

  test('takes no file from outside of the project, and a line that is named twice once', () => {
    using project = testProject({ 'api/main.py': '' })
    const lines = ['/etc/passwd:1:1: x', '../x.py:1:1: x', 'api/../../x.py:1: x', 'api:1:1: x', 'api/main.py:1: x', 'api/main.py:1:9: y']
    expect(placesIn(lines, project.folder)).toHaveLength(1)
  })
})

describe('a compose test environment', () => {
  const stage = { name: 'integration', compose: { file: 'compose.test.yml', service: 'tests', up: ['db'] } }

  /** Exit codes by command; every call is kept. */
  const scripted =
    (codes: Partial<Record<ComposeCall['command'], number>>, calls: ComposeCall[]): RunCompose =>
    async (call) => {
      calls.push(call)
      for (const line of [`${call.command} says`, 'something']) call.onLine(line)
      return { code: codes[call.command] ?? 0 }
    }
  const commands = (calls: readonly ComposeCall[]) => calls.map(({ command, args }) => [command, ...args].join(' '))

  test('is brought up, run and taken down under one name of its own', async () => {
    using it = setUp([stage])
    const calls: ComposeCall[] = []
    await checkStages(it.context, scripted({}, calls))
    expect(commands(calls)).toEqual(['up db', 'run tests', 'down'])
    expect(new Set(calls.map(({ project }) => project)).size).toBe(1)
    expect(calls[0]?.project).toMatch(/^sample-integration-\d+-/)
  })

  test('is taken down also when its services do not become healthy', async () => {
    using it = setUp([stage])
    const calls: ComposeCall[] = []
    const error = await failure(checkStages(it.context, scripted({ up: 1 }, calls)))
    expect(error.message).toBe('CHECK: stage integration (its services) ended with 1')
    expect(commands(calls)).toEqual(['up db', 'down'])
  })

  test('is taken down also when the tests fail', async () => {
    using it = setUp([stage])
    const calls: ComposeCall[] = []
    const error = await failure(checkStages(it.context, scripted({ run: 5 }, calls)))
    expect(error.message).toBe('CHECK: stage integration ended with 5')
    expect(commands(calls).at(-1)).toBe('down')
    expect(error.details.evidence).toContain('run says')
  })

  test('is taken down also when the tests do not end', async () => {
    using it = setUp([{ ...stage, timeout: '1s' }])
    const calls: ComposeCall[] = []
    const hanging: RunCompose = (call) => (call.command === 'run' ? new Promise(() => {}) : scripted({}, calls)(call))
    const error = await failure(checkStages(it.context, hanging))
    expect(error.message).toBe('CHECK: stage integration was not done after 1 s')
    expect(commands(calls)).toEqual(['up db', 'down'])
  })

  test('is taken down also when the run is cancelled', async () => {
    using it = setUp([stage])
    const calls: ComposeCall[] = []
    const interrupted: RunCompose = (call) => {
      if (call.command !== 'run') return scripted({}, calls)(call)
      it.context.cancel()
      return new Promise(() => {})
    }
    expect((await failure(checkStages(it.context, interrupted))).code).toBe('CANCELLED')
    expect(commands(calls)).toEqual(['up db', 'down'])
  })

  test('that cannot be taken down is said so, with the command that does it', async () => {
    using it = setUp([stage])
    await checkStages(it.context, scripted({ down: 1 }, []))
    expect(it.context.log.lines.find((line) => line.startsWith('warning'))).toMatch(
      /docker compose -p sample-integration-\S+ down -v --remove-orphans/,
    )
  })

  test('a command on the runner sees it up', async () => {
    using it = setUp([{ name: 'integration', run: 'echo ran > out', compose: { file: 'compose.test.yml', up: ['db'] } }])
    const calls: ComposeCall[] = []
    await checkStages(it.context, scripted({}, calls))
    expect(commands(calls)).toEqual(['up db', 'down'])
    expect(existsSync(join(it.project.folder, 'out'))).toBe(true)
  })
})

describe('hooks', () => {
  const hooked = (hook: object) =>
    setUp([], {}, { config: { hooks: { beforeBuild: [{ name: 'notify', run: 'echo "$DEPLOY_COMMIT" > seen', ...hook }] } } })

  test('run before their stage and know the commit', async () => {
    using it = hooked({})
    await withHooks(it.context, 'Build', async () => {
      expect(readFileSync(join(it.project.folder, 'seen'), 'utf8')).toBe(`${'a'.repeat(40)}\n`)
    })
  })

  test('one that fails stops the stage with its code', async () => {
    using it = hooked({ run: 'exit 9' })
    const error = await failure(withHooks(it.context, 'Build', () => Promise.reject(new Error('not reached'))))
    expect(error.message).toBe('BUILD: hook notify ended with 9')
  })

  test('one that may fail only warns', async () => {
    using it = hooked({ run: 'exit 9', onFailure: 'warn' })
    expect(await withHooks(it.context, 'Build', async () => 'built')).toBe('built')
    expect(it.context.log.lines.some((line) => line.includes('the run goes on'))).toBe(true)
  })

  test('one for the server is refused where no server is connected', async () => {
    using it = hooked({ on: 'server' })
    expect((await failure(withHooks(it.context, 'Build', async () => {}))).code).toBe('CONFIG')
  })
})

test('the last lines of an output are kept, bounded', () => {
  expect(lastLines('a\r\n\nb\n\n\n', 10)).toEqual(['a', '', 'b'])
  expect(lastLines('x'.repeat(600))).toEqual(['x'.repeat(500)])
  expect(lastLines('1\n2\n3', 2)).toEqual(['2', '3'])
})
