/** Every workflow and action that is shipped, read by tools that know GitHub's rules, and by a few of our own. */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { dist } from '../runner/dist.ts'
import { root } from './published.ts'
import { ACTIONS, actionOf, exists, type Job, textOf, WORKFLOWS, workflowOf } from './shipped.ts'

const has = (program: string): boolean => spawnSync(program, ['--version']).status === 0

interface Finding {
  readonly filepath: string
  readonly line: number
  readonly message: string
}

const actionlint = (folder: string, files: readonly string[]): readonly Finding[] => {
  const result = spawnSync('actionlint', ['-no-color', '-format', '{{json .}}', ...files], { cwd: folder, encoding: 'utf8' })
  if (result.status !== 0 && result.status !== 1) throw new Error(`actionlint ended with ${result.status}: ${result.stderr}`)
  return JSON.parse(result.stdout) as Finding[]
}

/** actionlint 1.7.12 is older than these two; everything else that it says holds. */
const OWN_REFERENCE = /^specifying action "\$\/action\/[a-z]+" in invalid format/
const QUEUE = /^unexpected key "queue" for "concurrency" section/

const countIn = (pattern: RegExp): number => WORKFLOWS.reduce((sum, path) => sum + (textOf(path).match(pattern)?.length ?? 0), 0)

const describeWithActionlint = has('actionlint') ? describe : describe.skip
const describeWithZizmor = has('zizmor') ? describe : describe.skip

describeWithActionlint('actionlint', () => {
  let folder: string

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'workflows-lint-'))
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  test('finds nothing in the workflows as they are but what it is too old for', () => {
    const findings = actionlint(root, WORKFLOWS)
    expect(findings.filter(({ message }) => !OWN_REFERENCE.test(message) && !QUEUE.test(message))).toEqual([])
    expect(findings.filter(({ message }) => OWN_REFERENCE.test(message))).toHaveLength(countIn(/uses: \$\//g))
    expect(findings.filter(({ message }) => QUEUE.test(message))).toHaveLength(countIn(/queue: max/g))
  })

  /** All of it as one repository whose references are local ones, which actionlint follows. */
  const asLocal = (change: (text: string) => string = (text) => text): readonly Finding[] => {
    for (const path of ['action.yml', 'action', 'dist'])
      cpSync(path === 'dist' ? dist : join(root, path), join(folder, path), { recursive: true })
    mkdirSync(join(folder, '.git'), { recursive: true })
    const files = WORKFLOWS.map((path) => {
      const local = textOf(path)
        .replaceAll('uses: $/', 'uses: ./')
        .replace(/uses: org\/deploy-action(\/?[^\s@]*)@v1/g, (_, inside: string) => `uses: .${inside || '/'}`)
        .replaceAll(/^ *queue: max$/gm, '')
      // the reusable ones keep their place; the others find one beside them
      const place = join(
        '.github/workflows',
        path.startsWith('.github/') ? path.slice('.github/workflows/'.length) : path.replaceAll('/', '-'),
      )
      mkdirSync(dirname(join(folder, place)), { recursive: true })
      writeFileSync(join(folder, place), change(local))
      return place
    })
    return actionlint(folder, files)
  }

  test('follows every reference: inputs, secrets and outputs are those that there are', () => {
    expect(asLocal()).toEqual([])
  })

  test('would see a misspelt input of an action and of a reusable workflow', () => {
    const findings = asLocal((text) => text.replaceAll('known-hosts: ', 'know-hosts: '))
    expect(findings.some(({ message }) => /input "know-hosts" is not defined in action/.test(message))).toBe(true)
    expect(findings.some(({ message }) => /input "know-hosts" is not defined in ".*pipeline.yml"/.test(message))).toBe(true)
  })
})

describeWithZizmor('zizmor', () => {
  const zizmor = (...paths: readonly string[]): readonly { readonly ident: string }[] => {
    const options = [
      '--offline',
      '--persona',
      'pedantic',
      '--no-exit-codes',
      '--quiet',
      '--format',
      'json',
      '--config',
      '.github/zizmor.yml',
    ]
    const result = spawnSync('zizmor', [...options, ...paths], { cwd: root, encoding: 'utf8' })
    if (result.status !== 0) throw new Error(`zizmor ended with ${result.status}: ${result.stderr}`)
    return JSON.parse(result.stdout) as { ident: string }[]
  }

  test('finds nothing, being pedantic, in any workflow, starter, example or action', () => {
    expect(zizmor(...WORKFLOWS, ...ACTIONS)).toEqual([])
  })

  test('would see an expression in a script, a tag for a pin, and credentials left behind', () => {
    const folder = mkdtempSync(join(tmpdir(), 'workflows-bad-'))
    const bad =
      'on: push\njobs:\n  a:\n    runs-on: ubuntu-24.04\n    steps:\n      - uses: actions/checkout@v7\n      - run: echo ${{ github.head_ref }}\n'
    try {
      writeFileSync(join(folder, 'bad.yml'), bad)
      const found = zizmor(join(folder, 'bad.yml')).map(({ ident }) => ident)
      expect(found).toEqual(expect.arrayContaining(['template-injection', 'unpinned-uses', 'artipacked', 'excessive-permissions']))
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
})

test('the example is deployed by the starter as it is', () => {
  expect(workflowOf('examples/bot-and-api/.github/workflows/deploy.yml')).toEqual(workflowOf('workflows/deploy.yml'))
})

describe.each(WORKFLOWS)('%s', (path) => {
  const workflow = workflowOf(path)
  const jobs: readonly (readonly [string, Job])[] = Object.entries(workflow.jobs)

  test('holds no right but what a job asks for', () => {
    expect(workflow.permissions).toEqual({})
    for (const [name, job] of jobs) expect([name, job.permissions]).toEqual([name, expect.any(Object)])
  })

  test('lets no job run for ever, and everything has a name', () => {
    expect(workflow.name).toBeTruthy()
    for (const [name, job] of jobs) {
      expect(job.name).toBeTruthy()
      if (job.uses === undefined) expect([name, job['timeout-minutes']]).toEqual([name, expect.any(Number)])
      for (const step of job.steps ?? []) expect(step.name).toBeTruthy()
    }
  })

  test('puts no expression into a script', () => {
    for (const step of jobs.flatMap(([, job]) => job.steps ?? [])) expect(step.run ?? '').not.toContain('${{')
  })

  test('pins what is not ours to a commit, with its version beside it', () => {
    const uses = textOf(path).match(/uses: .*/g) ?? []
    const ours = /^uses: (\$\/action\/[a-z]+|org\/deploy-action(\/[\w./-]+)?@v1)$/
    for (const line of uses.filter((line) => !ours.test(line)))
      expect(line).toMatch(/^uses: actions\/checkout@[0-9a-f]{40} # v\d+\.\d+\.\d+$/)
  })
})

describe.each(ACTIONS)('%s', (path) => {
  const action = actionOf(path)

  test('runs the bundle on Node 24', () => {
    expect(action.runs.using).toBe('node24')
    const main = join(root, dirname(path), action.runs.main)
    expect(main).toBe(join(root, 'dist/action.js'))
    expect(exists(join(dist, 'action.js'))).toBe(true)
  })

  test('describes every input and output, and its defaults are texts', () => {
    for (const [name, input] of Object.entries(action.inputs)) {
      expect([name, input.description]).toEqual([name, expect.stringMatching(/\S/)])
      expect(['string', 'undefined']).toContain(typeof input.default)
    }
    for (const output of Object.values(action.outputs)) expect(output.description).toMatch(/\S/)
  })
})
