/** Every workflow and action that is shipped, read by tools that know GitHub's rules, and by a few of our own. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, jest, test } from '@jest/globals'
import { SLOTS } from '../../src/pipeline/build/matrix.ts'
import { dist } from '../runner/dist.ts'
import { replacedOnce } from './fixture.ts'
import { actionlint, actionlintOfAll, has, languageService, shippedWorkflows, zizmor } from './linters.ts'
import { root } from './published.ts'
import { ACTIONS, actionOf, exists, type Job, textOf, WORKFLOWS, workflowOf } from './shipped.ts'

jest.setTimeout(120_000)

/** actionlint 1.7.12 is older than these two; everything else that it says holds. */
const OWN_REFERENCE =
  /^(specifying action "\$\/action\/[a-z]+" in invalid format|reusable workflow call "\$\/\.github\/workflows\/[a-z]+\.yml" at)/
const QUEUE = /^unexpected key "queue" for "concurrency" section/

const countIn = (pattern: RegExp): number => WORKFLOWS.reduce((sum, path) => sum + (textOf(path).match(pattern)?.length ?? 0), 0)

const describeWithActionlint = has('actionlint') ? describe : describe.skip
const describeWithZizmor = has('zizmor') ? describe : describe.skip

/** A caller that hands over secrets as lines of one, as docs/secrets.md has it. */
const callerWith = (name: string): readonly [string, string] => {
  const lines = `      ${name}: |\n        DISCORD_WEBHOOK=\${{ secrets.DISCORD_WEBHOOK }}\n        MODULES_TOKEN=\${{ secrets.MODULES_TOKEN }}\n`
  return ['workflows/staging.yml', replacedOnce(textOf('workflows/staging.yml'), '    secrets:\n', `    secrets:\n${lines}`)]
}

describeWithActionlint('actionlint', () => {
  test('finds nothing in the workflows as they are but what it is too old for', () => {
    const findings = actionlint(root, WORKFLOWS)
    expect(findings.filter(({ message }) => !OWN_REFERENCE.test(message) && !QUEUE.test(message))).toEqual([])
    expect(findings.filter(({ message }) => OWN_REFERENCE.test(message))).toHaveLength(countIn(/uses: \$\//g))
    expect(findings.filter(({ message }) => QUEUE.test(message))).toHaveLength(countIn(/queue: max/g))
  })

  test('follows every reference: inputs, secrets and outputs are those that there are', () => {
    expect(actionlintOfAll(shippedWorkflows())).toEqual([])
  })

  test('takes secrets that are lines of one, and would see its name misspelt', () => {
    const findings = (name: string) => actionlintOfAll(new Map([...shippedWorkflows(), callerWith(name)])).map(({ message }) => message)
    expect(findings('VARIABLES')).toEqual([])
    expect(findings('VARIABELS')).toEqual([expect.stringMatching(/secret "VARIABELS" is not defined in ".*pipeline.yml"/)])
  })

  test('would see a misspelt input of an action and of a reusable workflow', () => {
    const misspelt = new Map([...shippedWorkflows()].map(([path, text]) => [path, text.replaceAll('known-hosts: ', 'know-hosts: ')]))
    const findings = actionlintOfAll(misspelt)
    expect(findings.some(({ message }) => /input "know-hosts" is not defined in action/.test(message))).toBe(true)
    expect(findings.some(({ message }) => /input "know-hosts" is not defined in ".*pipeline.yml"/.test(message))).toBe(true)
  })
})

describeWithZizmor('zizmor', () => {
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

describe("GitHub's language service", () => {
  test('finds nothing in any workflow, starter or example', () => {
    expect(languageService([...shippedWorkflows()].map(([path, text]) => ({ path, text })))).toEqual([])
  })

  test('takes secrets that are lines of one', () => {
    const [path, text] = callerWith('VARIABLES')
    expect(languageService([{ path, text }])).toEqual([])
  })
})

test.each([
  ['workflows/pipeline.yml', 10],
  ['workflows/deploy.yml', 25],
  ['workflows/config/deploy.yml', 15],
])('%s is at most %i lines', (path, most) => {
  const lines = textOf(path)
    .split('\n')
    .filter((line) => !/^\s*(#.*)?$/.test(line))
  expect(lines.length).toBeLessThanOrEqual(most)
})

test.each(['.github/workflows/pipeline.yml', '.github/workflows/ci.yml'])(
  'the gate of %s waits for every other job, and runs always',
  (path) => {
    const { 'ci-ok': gate, ...others } = workflowOf(path).jobs
    expect([gate?.needs].flat().sort()).toEqual(Object.keys(others).sort())
    expect(gate?.if).toBe('always()')
    const results = Object.keys(others).filter((name) => !textOf(path).includes(`needs.${name}.result`))
    expect(results).toEqual([])
  },
)

test('every slot of the matrix has its output, in both jobs that build', () => {
  const { jobs } = workflowOf('.github/workflows/pipeline.yml')
  const slots = Array.from({ length: SLOTS }, (_, at) => [`images-${at + 1}`, `\${{ steps.hand-on.outputs.images-${at + 1} }}`])
  for (const job of [jobs.build, jobs['pull-request']]) expect(Object.entries(job?.outputs ?? {})).toEqual(slots)
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
      // an action is told by its own name; a script by what it is for
      for (const step of job.steps ?? []) if (step.run !== undefined) expect(step.name).toBeTruthy()
    }
  })

  test('gives the history to what compares with it', () => {
    const compares = /(\/action\/(check|publish|plan|deploy)|^org\/deploy-action@v1)(@v1)?$/
    for (const [name, { steps = [] }] of jobs.filter(([, { steps = [] }]) => steps.some(({ uses = '' }) => compares.test(uses)))) {
      const depths = steps.filter(({ uses = '' }) => uses.startsWith('actions/checkout@')).map((step) => step.with?.['fetch-depth'])
      expect([name, depths]).toEqual([name, [0]])
    }
  })

  test('installs emulation before a job builds for a platform that may not be its own', () => {
    const builds = /^(\$|org\/deploy-action)(\/action\/build)?(@v1)?$/
    for (const [name, { steps = [] }] of jobs) {
      // the matrix only says what has to be built, and an index is made of what was
      const at = steps.findIndex(({ uses = '', with: { matrix, parts } = {} }) => builds.test(uses) && !matrix && !parts)
      const before = steps.slice(0, Math.max(at, 0)).filter(({ run = '' }) => run.includes('qemu-user-static binfmt-support'))
      expect([name, before.length]).toEqual([name, at < 0 ? 0 : 1])
    }
  })

  test('puts no expression into a script', () => {
    for (const step of jobs.flatMap(([, job]) => job.steps ?? [])) expect(step.run ?? '').not.toContain('${{')
  })

  test('pins what is not ours to a commit, with its version beside it', () => {
    const uses = textOf(path).match(/uses: .*/g) ?? []
    const ours = /^uses: (\$\/(action\/[a-z]+|\.github\/workflows\/[a-z]+\.yml)|org\/deploy-action(\/[\w./-]+)?@v1)$/
    // one more is one more whom everybody who copies it has to trust
    const others =
      'actions/checkout|aws-actions/(configure-aws-credentials|amazon-ecr-login)|google-github-actions/auth|docker/login-action'
    const pinned = new RegExp(`^uses: (${others})@[0-9a-f]{40} # v\\d+\\.\\d+\\.\\d+$`)
    for (const line of uses.filter((line) => !ours.test(line))) expect(line).toMatch(pinned)
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
