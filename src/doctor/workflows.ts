import { parseDocument } from 'yaml'
import { type Finding, fail, pass, warn } from './finding.ts'

interface WorkflowQuestion {
  /** Path → text. */
  readonly workflows: Readonly<Record<string, string>>
  readonly environments: readonly string[]
  /** Images go to GitHub's own registry with the job's token. */
  readonly isGhcr: boolean
}

type Json = Readonly<Record<string, unknown>>

/** What keeps a job from doing its work on GitHub, as far as its file says it. */
export const workflowFindings = ({ workflows, environments, isGhcr }: WorkflowQuestion): readonly Finding[] => {
  const ours = Object.entries(workflows).filter(([, text]) => /uses:\s*\S*deploy-action[\w./-]*@/.test(text))
  if (ours.length === 0) return [warn('workflow', 'no workflow uses deploy-action yet', 'deploy-action init')]
  const found = ours.flatMap(([file, text]) => ofFile(file, text, environments, isGhcr))
  return found.length > 0
    ? found
    : [pass('workflow', `${ours.map(([file]) => file).join(', ')}: rights, history and environment are there`)]
}

const ofFile = (file: string, text: string, environments: readonly string[], isGhcr: boolean): readonly Finding[] => {
  const document = parseDocument(text, { logLevel: 'silent' })
  const [error] = document.errors
  if (error !== undefined)
    return [fail('workflow', `${file}:${error.linePos?.[0].line ?? 1}: ${error.message.split('\n')[0]}`, `by hand: edit ${file}`)]
  const whole = record(document.toJS())
  return Object.entries(record(whole.jobs)).flatMap(([name, value]) => {
    const job = record(value)
    const steps = Array.isArray(job.steps) ? job.steps.map(record) : []
    const uses = [asText(job.uses ?? ''), ...steps.map((step) => asText(step.uses ?? ''))].filter((one) => one.includes('deploy-action'))
    const commands = steps.filter((step) => asText(step.uses ?? '').includes('deploy-action')).map(commandOf)
    if (uses.length === 0) return []
    const rights = job.permissions ?? whole.permissions
    const pushes =
      asText(job.uses ?? '').includes('pipeline') ||
      commands.some((command) => ['all', 'build', 'publish'].includes(command.name) && !command.isDry)
    const deploys = commands.some(({ name: command }) => ['all', 'deploy', 'rollback'].includes(command))
    const environment = typeof job.environment === 'string' ? job.environment : record(job.environment).name
    return [
      ...(isGhcr && pushes && !mayWrite(rights)
        ? [
            fail(
              'workflow',
              `${file}: job ${name} pushes images but its token may not write packages`,
              `by hand: edit ${file}: permissions: { contents: read, packages: write }`,
            ),
          ]
        : []),
      ...missingOfPipeline(asText(job.uses ?? ''), rights).map((right) =>
        fail(
          'workflow',
          `${file}: job ${name} calls the pipeline without ${right}, so GitHub starts nothing of it`,
          `by hand: edit ${file}: permissions: { ${right} }`,
        ),
      ),
      ...(rights !== undefined && rights !== 'write-all' && rights !== 'read-all' && record(rights).contents === undefined
        ? [fail('workflow', `${file}: job ${name} may not read the repository`, `by hand: edit ${file}: permissions: { contents: read }`)]
        : []),
      ...(deploys && !steps.some((step) => /checkout@/.test(asText(step.uses ?? '')))
        ? [
            fail(
              'workflow',
              `${file}: job ${name} does not check the source out`,
              `by hand: edit ${file}: uses: actions/checkout with fetch-depth: 0`,
            ),
          ]
        : []),
      ...(deploys &&
      commands.some(({ name: command }) => command !== 'rollback') &&
      steps.some((step) => /checkout@/.test(asText(step.uses ?? '')) && asText(record(step.with)['fetch-depth'] ?? '1') !== '0')
        ? [
            warn(
              'workflow',
              `${file}: job ${name} checks out one commit only, so nobody can tell an older commit from a newer one`,
              `by hand: edit ${file}: fetch-depth: 0`,
            ),
          ]
        : []),
      ...(deploys && environment !== undefined && !asText(environment).includes('${{') && !environments.includes(asText(environment))
        ? [
            warn(
              'workflow',
              `${file}: job ${name} is for the environment ${asText(environment)}, which the config does not have`,
              `by hand: edit ${file}, or environments in the config: ${environments.join(', ')}`,
            ),
          ]
        : []),
    ]
  })
}

/** What jobs of the reusable pipeline ask for, the caller has to grant: GitHub refuses the whole run without saying much. */
const PIPELINE_RIGHTS = { packages: 'write', 'pull-requests': 'write', 'security-events': 'write' } as const

const missingOfPipeline = (uses: string, rights: unknown): readonly string[] => {
  if (!/\/\.github\/workflows\/pipeline\.yml@/.test(uses) || rights === 'write-all') return []
  return Object.entries(PIPELINE_RIGHTS)
    .filter(([name, value]) => record(rights)[name] !== value)
    .map(([name, value]) => `${name}: ${value}`)
}

const commandOf = (step: Json): { readonly name: string; readonly isDry: boolean } => {
  const [, sub] = /deploy-action\/action\/([\w-]+)@/.exec(asText(step.uses)) ?? []
  const inputs = record(step.with)
  return { name: sub ?? asText(inputs.command ?? 'all'), isDry: asText(inputs['dry-run'] ?? 'false') === 'true' }
}

const mayWrite = (rights: unknown): boolean => rights === 'write-all' || record(rights).packages === 'write'
/** A map may say itself how it is shown: it stands as JSON. */
const asText = (value: unknown): string => (typeof value === 'string' ? value : (JSON.stringify(value) ?? ''))
const record = (value: unknown): Json => (typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {})
