/** The secret `VARIABLES` of the reusable workflows: who gets it, what becomes of it, and that nobody sees it. */
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { askedByInputs } from '../../src/entry/inputs.ts'
import { requestOf } from '../../src/entry/request.ts'
import { dist } from '../runner/dist.ts'
import { project } from '../runner/project.ts'
import { runStep } from '../runner/runner.ts'
import { textOf, workflowOf } from './shipped.ts'

const REUSABLE = ['pipeline', 'deploy', 'rollback', 'scheduled'].map((name) => `.github/workflows/${name}.yml`)
const PIPELINE = '.github/workflows/pipeline.yml'

/** Jobs that run in a pull request, too. */
const OF_PULL_REQUESTS = ['preflight', 'pull-request', 'plan']
const ONLY_OF_A_PUSH = "${{ needs.preflight.outputs.publishes == 'true' && secrets.VARIABLES || '' }}"

/** What each step that reads the config is given as `variables`. */
const given = (path: string): readonly { readonly job: string; readonly variables: string }[] =>
  Object.entries(workflowOf(path).jobs).flatMap(([job, { steps = [] }]) =>
    steps.filter(({ uses = '' }) => uses.startsWith('$/action/')).map((step) => ({ job, variables: String(step.with?.variables) })),
  )

describe.each(REUSABLE)('%s', (path) => {
  test('takes it where a caller has it, and does without', () => {
    const { on } = parse(textOf(path)) as { on: { workflow_call: { secrets: Record<string, { required: boolean }> } } }
    expect(on.workflow_call.secrets.VARIABLES).toMatchObject({ required: false })
  })

  test('hands it to every step that reads the config, but to none of a pull request', () => {
    const steps = given(path)
    expect(steps.length).toBeGreaterThan(0)
    for (const { job, variables } of steps) {
      const [plain = '', secret, ...rest] = variables.trimEnd().split('\n')
      expect(plain).toMatch(/^\$\{\{ inputs\.variables( \|\| vars\.DEPLOY_VARIABLES)? \}\}$/)
      const isOfPullRequests = path === PIPELINE && OF_PULL_REQUESTS.includes(job)
      const wanted = path === PIPELINE && job === 'check' ? ONLY_OF_A_PUSH : '${{ secrets.VARIABLES }}'
      expect([job, secret, rest]).toEqual([job, isOfPullRequests ? undefined : wanted, []])
    }
  })

  test('names it nowhere else', () => {
    const steps = given(path).filter(({ variables }) => variables.includes('secrets.VARIABLES'))
    expect(textOf(path).match(/secrets\.VARIABLES|secrets\[|toJSON\(secrets/g)).toHaveLength(steps.length)
  })
})

test('a job that gets it does not run in a pull request, apart from the one that asks first', () => {
  const { jobs } = workflowOf(PIPELINE)
  for (const { job } of given(PIPELINE).filter(({ variables }) => variables.includes('{{ secrets.VARIABLES'))) {
    const before = (name: string): readonly string[] => [name, ...[jobs[name]?.needs ?? []].flat().flatMap(before)]
    expect(before(job).map((name) => jobs[name]?.if)).toContain("needs.preflight.outputs.publishes == 'true'")
  }
})

/** The input as GitHub fills it in: an expression becomes its value, and the text around it stays. */
const filled = (plain: string, secret: string): string =>
  (given(PIPELINE).find(({ job }) => job === 'deploy')?.variables ?? '')
    .replace('${{ inputs.variables }}', () => plain)
    .replace('${{ secrets.VARIABLES }}', () => secret)

describe('the input of a step', () => {
  const understood = (text: string) => requestOf(askedByInputs({ INPUT_COMMAND: 'deploy', INPUT_VARIABLES: text }), {}).variables

  test('is the lines of both, whether they end with a newline or not', () => {
    const both = { SSH_HOST: '10.0.0.1', A_TOKEN: 'x=y ${{ z }}', HOOK: 'https://example.org/x' }
    expect({ ...understood(filled('SSH_HOST=10.0.0.1', 'A_TOKEN=x=y ${{ z }}\nHOOK=https://example.org/x')) }).toEqual(both)
    expect({ ...understood(filled('SSH_HOST=10.0.0.1\n', 'A_TOKEN=x=y ${{ z }}\n\nHOOK=https://example.org/x\n')) }).toEqual(both)
  })

  test('is what it was without the secret', () => {
    expect(understood(filled('SSH_HOST=10.0.0.1', ''))).toEqual(understood('SSH_HOST=10.0.0.1'))
    expect(understood(filled('', ''))).toBeUndefined()
  })

  test('says a name that is in both, and no value', () => {
    expect(() => understood(filled('A_TOKEN=one', 'A_TOKEN=hush'))).toThrow(/A_TOKEN is there twice$/)
  })
})

test('what is named like a secret, a secret of a build, and the address of a chat are shown by nobody', async () => {
  const stage = '{ name: unit, env: { A: "${A_TOKEN}", B: "${LICENCE}", C: "${HOOK}" }, run: echo "got $A and $B and $C" }'
  const one = project({
    'deploy.yml': `project: shop\nimages: { api: { secrets: { licence: "\${LICENCE}" } } }\ncheck: [${stage}]\nnotify: [{ type: slack, url: "\${HOOK}" }]\n`,
  })
  try {
    const variables = filled('PLAIN=1', 'A_TOKEN=hush-a-token\nLICENCE=hush-a-licence\nHOOK=https://hooks.example.org/hush/a-chat-of-ours')
    const ran = await runStep({ main: join(dist, 'action.js'), workspace: one.folder, inputs: { command: 'check', variables } })
    expect(ran).toMatchObject({ code: 0 })
    expect(ran.log).toContain('got *** and *** and ***')
    expect(`${ran.log}${ran.summary}${JSON.stringify(ran.outputs)}`).not.toContain('hush')
  } finally {
    one.remove()
  }
})
