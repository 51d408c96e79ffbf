import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from '@jest/globals'
import { dist } from './dist.ts'
import { configWithCheck, type Project, project } from './project.ts'
import { runStep, type Step, type StepResult } from './runner.ts'

const main = join(dist, 'action.js')
const made: Project[] = []
afterEach(() => {
  for (const one of made.splice(0)) one.remove()
})

const runAction = async (
  files: Readonly<Record<string, string>>,
  step: Partial<Step> = {},
): Promise<StepResult & { readonly project: Project }> => {
  const one = project(files)
  made.push(one)
  return { ...(await runStep({ main, workspace: one.folder, ...step, inputs: { command: 'check', ...step.inputs } })), project: one }
}

describe('a run that succeeds', () => {
  test('sets every output, writes the report and one summary, and ends with 0', async () => {
    const result = await runAction({ 'deploy.yml': configWithCheck('echo fine') })
    expect(result).toMatchObject({ code: 0, failed: false })
    expect(Object.keys(result.outputs).sort()).toEqual([
      'drift',
      'failure-code',
      'images',
      'kept',
      'matrix',
      'outcome',
      'previous-release',
      'release',
      'report-path',
      'url',
    ])
    expect(result.outputs).toMatchObject({ outcome: 'succeeded', 'failure-code': '', 'report-path': 'reports/result.json' })
    expect(JSON.parse(readFileSync(join(result.project.folder, 'reports/result.json'), 'utf8'))).toMatchObject({
      command: 'check',
      outcome: 'succeeded',
      failureCode: null,
    })
    expect(result.summary).toMatch(/^## ✅ check: succeeded\n/)
    expect(result.summary).toContain('| ✅ | check unit |')
    expect(result.annotations).toEqual([])
  })
})

describe('a run that fails', () => {
  test('ends with 1, names its code first, and says what to do', async () => {
    const result = await runAction({ 'deploy.yml': configWithCheck('echo the reason; exit 3') })
    expect(result).toMatchObject({ code: 1, failed: true })
    expect(result.outputs).toMatchObject({ outcome: 'failed', 'failure-code': 'CHECK' })
    expect(result.annotations.at(-1)?.data).toMatch(/^CHECK: /)
    expect(result.log).toContain('the reason')
    expect(result.summary).toContain('CHECK: ')
  })

  test('annotates each error of the config at its line', async () => {
    const result = await runAction({ 'deploy.yml': 'project: shop\nimages:\n  api: {contxt: .}\nkeep: x\n' })
    expect(
      result.annotations.slice(0, 2).map(({ name, properties, data }) => [name, properties.file, properties.line, properties.col, data]),
    ).toEqual([
      ['error', 'deploy.yml', '3', '9', '"contxt" is not known here; did you mean "context"?'],
      ['error', 'deploy.yml', '4', '7', 'keep: must be a number, not the text "x"'],
    ])
    expect(result.outputs).toMatchObject({ outcome: 'refused', 'failure-code': 'CONFIG' })
  })

  test('annotates what a test names, from the root of the repository, and keeps the last annotation for the verdict', async () => {
    const lines = Array.from({ length: 30 }, (_, index) => `src/a.py:${index + 1}:1: E1 wrong`)
    const result = await runAction(
      { 'api/deploy.yml': configWithCheck('cat said.txt; exit 1'), 'api/said.txt': `${lines.join('\n')}\n`, 'api/src/a.py': '' },
      { inputs: { config: 'api/deploy.yml' } },
    )
    const errors = result.annotations.filter(({ name }) => name === 'error')
    expect(errors).toHaveLength(10)
    expect(errors.slice(0, 9).map(({ properties }) => `${properties.file}:${properties.line}`)).toEqual(
      Array.from({ length: 9 }, (_, index) => `api/src/a.py:${index + 1}`),
    )
    expect(errors.at(-1)?.data).toMatch(/^CHECK: /)
    expect(result.log).toContain('api/src/a.py:20:1: E1 wrong')
  })

  test('refuses a misspelt input and names the right one, before anything else', async () => {
    const result = await runAction({ 'deploy.yml': configWithCheck('touch ran') }, { inputs: { enviroment: 'production' } })
    expect(result.annotations.at(-1)?.data).toContain('the input "enviroment" is not known; did you mean "environment"?')
    expect(existsSync(join(result.project.folder, 'ran'))).toBe(false)
  })
})

describe('text of others', () => {
  const HOSTILE = [
    '::set-output name=outcome::stolen',
    '::add-mask::e',
    '::error file=deploy.yml,line=1::forged',
    '  ::warning::forged',
    '##[add-mask]e',
    'ok ##[error]forged',
    '##[endgroup]',
    '::stop-commands::x',
    '::x::',
  ]

  test('in the output of a stage never becomes a command of the runner', async () => {
    const result = await runAction({
      'deploy.yml': configWithCheck('cat hostile.txt; exit 1'),
      'hostile.txt': `${HOSTILE.join('\n')}\n\u001b[2J\u001b]0;title\u0007end\n`,
    })
    expect(result.outputs.outcome).toBe('failed')
    expect(result.commands.filter((command) => command.data.includes('forged') || command.name === 'set-output')).toEqual([])
    expect(result.commands.filter((command) => command.name === 'add-mask' && command.data === 'e')).toEqual([])
    expect(result.annotations.every((annotation) => !annotation.data.startsWith('forged'))).toBe(true)
    for (const line of HOSTILE) expect(result.log).toContain(line.trim())
    expect(result.raw).not.toContain('\u001b')
  })

  test('in the config never becomes a command of the runner', async () => {
    const result = await runAction({
      'deploy.yml': `project: shop\nimages:\n  api: {}\nkeep: "##[add-mask]e"\n"::add-mask::e": 1\n"a\\n::error::forged": 1\n`,
    })
    expect(result.commands.filter((command) => command.name === 'add-mask' && command.data.startsWith('e'))).toEqual([])
    expect(result.annotations.filter((annotation) => annotation.data === 'forged')).toEqual([])
  })

  test('in the summary stays text', async () => {
    const result = await runAction({
      'deploy.yml': configWithCheck('cat hostile.txt; exit 1'),
      'hostile.txt': '| <img src=x> @everyone ```\n',
    })
    expect(result.summary).toContain('````text\n| <img src=x> @everyone ```\n````')
  })
})

describe('a secret', () => {
  const ENVIRONMENT = 'environments: { production: { host: 192.0.2.1, path: /opt/stacks/shop } }\n'
  const SECRET = 'c4nary"\'&<>$ %é-secret/+=1'
  const bytes = Buffer.from(SECRET)
  const FORMS: Readonly<Record<string, string>> = {
    plain: SECRET,
    base64: bytes.toString('base64'),
    'base64 behind a user name': Buffer.from(`bot:${SECRET}`).toString('base64').slice(8, -4),
    'base64 behind two letters': Buffer.from(`ab${SECRET}`).toString('base64').slice(4, -4),
    base64url: bytes.toString('base64url'),
    hex: bytes.toString('hex'),
    'upper-case hex': bytes.toString('hex').toUpperCase(),
    url: encodeURIComponent(SECRET),
    json: JSON.stringify(SECRET).slice(1, -1),
    xml: SECRET.replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      .replaceAll('"', '&quot;')
      .replaceAll("'", '&apos;'),
    shell: SECRET.replaceAll("'", "'\\''"),
    reversed: [...SECRET].reverse().join(''),
  }

  test('given as an input is in no form in log, summary, outputs or report', async () => {
    const files = {
      'deploy.yml': configWithCheck('cat forms.txt >&2; exit 1', ENVIRONMENT),
      'forms.txt': `${Object.values(FORMS).join('\n')}\n`,
    }
    const result = await runAction(files, { inputs: { command: 'all', 'registry-password': SECRET } })
    const report = readFileSync(join(result.project.folder, 'reports/result.json'), 'utf8')
    const withoutMasks = result.raw
      .split('\n')
      .filter((line) => !line.startsWith('::add-mask::'))
      .join('\n')
    for (const [name, form] of Object.entries(FORMS)) {
      for (const [where, text] of Object.entries({
        log: result.log,
        'the log before the runner masks': withoutMasks,
        summary: result.summary ?? '',
        outputs: JSON.stringify(result.outputs),
        report,
      })) {
        expect({ name, where, found: text.includes(form) }).toEqual({ name, where, found: false })
      }
    }
    expect(result.log).toContain('***')
  })

  test("that is ours is in no environment of the user's own commands", async () => {
    const result = await runAction(
      { 'deploy.yml': configWithCheck('env; exit 1', ENVIRONMENT) },
      {
        inputs: { command: 'all', 'registry-password': SECRET, 'github-token': 'ghs_0123456789' },
        env: { DEPLOY_SSH_KEY: '', DEPLOY_REGISTRY_PASSWORD: 'another-secret' },
      },
    )
    expect(result.log).toContain('GITHUB_JOB=deploy')
    expect(result.log).not.toMatch(/INPUT_|DEPLOY_REGISTRY_PASSWORD|DEPLOY_SSH_KEY/)
  })

  test('key is masked line by line, and explained where it cannot be used, without being shown', async () => {
    const key = `-----BEGIN OPENSSH PRIVATE KEY-----\n${'b3BlbnNzaC1rZXktdjEAAAAABG5vbmU'.repeat(2)}\nAAAAbroken\n-----END OPENSSH PRIVATE KEY-----\n`
    const result = await runAction({ 'deploy.yml': configWithCheck('true') }, { inputs: { command: 'status', 'ssh-key': key } })
    expect(result.outputs['failure-code']).toBe('CONFIG')
    expect(result.annotations.at(-1)?.data).toContain('is damaged')
    expect(result.commands.filter((command) => command.name === 'add-mask').map((command) => command.data)).toContain('AAAAbroken')
    expect(`${result.log}${result.summary}`).not.toContain('AAAAbroken')
  })
})

describe('a cancelled run', () => {
  const cancelAt =
    (text: string): NonNullable<Step['onLine']> =>
    (line, cancel) => {
      if (line.includes(text)) cancel()
    }
  const pidIn = ({ log }: StepResult): string => /process (\d+) works/.exec(log)?.[1] ?? 'none'

  test('stops what it started, reports CANCELLED, and ends before the second signal', async () => {
    const files = { 'deploy.yml': configWithCheck('sh stage.sh'), 'stage.sh': 'echo "process $$ works"\nsleep 600\n' }
    const result = await runAction(files, { onLine: cancelAt('works') })
    expect(result.signals).toEqual(['SIGINT'])
    expect(result).toMatchObject({ code: 1, signal: null })
    expect(result.outputs).toMatchObject({ outcome: 'failed', 'failure-code': 'CANCELLED' })
    expect(result.summary).toContain('CANCELLED: ')
    expect(pidIn(result)).toMatch(/^\d+$/)
    expect(await gone(pidIn(result))).toBe(true)
  })

  test('leaves nothing running that ignores the signal', async () => {
    const files = {
      'deploy.yml': configWithCheck('sh stage.sh'),
      'stage.sh': 'trap "" TERM INT HUP\necho "process $$ works"\nwhile :; do sleep 1; done\n',
    }
    const result = await runAction(files, { onLine: cancelAt('works') })
    expect(result.signals).not.toContain('SIGKILL')
    expect(result.outputs['failure-code']).toBe('CANCELLED')
    expect(await gone(pidIn(result))).toBe(true)
  }, 20_000)
})

/** Awaited: the kernel needs a moment after the kill. */
const gone = async (pid: string): Promise<true> => {
  while (existsSync(`/proc/${pid}`)) await new Promise((resolve) => setTimeout(resolve, 10))
  return true
}
