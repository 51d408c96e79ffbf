import type { StageConfig } from '../../config/schema.ts'
import type { Context } from '../../entry/context.ts'
import { DeployError } from '../../errors.ts'
import { detailedStep, skippedStep } from '../steps.ts'
import type { RunCompose } from './compose.ts'
import { describeStage, stageError } from './describe.ts'
import type { StageOutcome } from './outcome.ts'
import { placesIn } from './places.ts'
import { keepStageReports } from './reports.ts'
import { runStage } from './stage.ts'
import { isUntouched } from './untouched.ts'

/**
 * Runs the stages in their order. After a blocking failure the stages of the same kind still run (`lint-api`,
 * `lint-bot`: people want all findings of the linters at once), and the others do not.
 * @returns a sentence about the outcome
 * @throws DeployError CHECK with the last lines of the first blocking stage that failed
 */
export const checkStages = async (context: Context, runCompose: RunCompose): Promise<string> => {
  const failures: { readonly stage: StageConfig; readonly error: DeployError }[] = []
  const advisory: string[] = []
  let passed = 0
  for (const stage of context.config.check) {
    const [blocker] = failures
    if (stage.gate === 'deploy' && !deployFollows(context)) {
      skippedStep(context, `check ${stage.name}`, 'gate: deploy', 'runs where a deploy follows')
    } else if (await isUntouched(context, stage)) {
      skippedStep(
        context,
        `check ${stage.name}`,
        describeStage(stage),
        `the pull request changes nothing in ${(stage.paths ?? []).join(', ')}`,
      )
    } else if (blocker !== undefined && kind(stage) !== kind(blocker.stage)) {
      skippedStep(context, `check ${stage.name}`, describeStage(stage), `${blocker.stage.name} failed`)
    } else {
      const error = await checkStage(context, stage, runCompose)
      if (error === null) passed++
      else if (stage.blocking) failures.push({ stage, error })
      else advisory.push(stage.name)
    }
  }
  if (failures.length > 0) throw together(failures.map(({ error }) => error))
  return `${passed} stages passed${advisory.length > 0 ? `; failed, but advisory: ${advisory.join(', ')}` : ''}`
}

/** In `all`, or where somebody names the environment that is to be deployed to. */
const deployFollows = ({ request }: Context): boolean => (request.command === 'all' && !request.dryRun) || request.environment !== undefined

/** "lint-api" → "lint" */
const kind = (stage: StageConfig): string => stage.name.split(/[-_.]/)[0] ?? stage.name

/** @returns the error of a stage that failed */
const checkStage = async (context: Context, stage: StageConfig, runCompose: RunCompose): Promise<DeployError | null> => {
  const seen: { failed?: DeployError } = {}
  try {
    await detailedStep(context, `check ${stage.name}`, describeStage(stage), async (tell) => {
      const outcome = await runStage(context, stage, runCompose).finally(() => keepStageReports(context, stage))
      if (outcome.result === 'passed') return
      seen.failed = withPlaces(context, stageError(stage, outcome), outcome)
      tell(`${outcome.result}, exit code ${outcome.code ?? 'none'}${stage.blocking ? '' : ' (advisory)'}`)
      throw seen.failed
    })
  } catch (error) {
    if (seen.failed === undefined || error !== seen.failed) throw error
    if (!stage.blocking) context.ports.log.warning(`Advisory stage ${stage.name} failed: ${seen.failed.message}`)
  }
  return seen.failed ?? null
}

const withPlaces = (context: Context, error: DeployError, outcome: StageOutcome): DeployError =>
  new DeployError(error.code, withoutCode(error), { ...error.details, places: placesIn(outcome.lastLines, context.project) })

/** The first in full; of the others, that they failed, too. */
const together = (errors: readonly DeployError[]): DeployError => {
  const [first, ...more] = errors as readonly [DeployError, ...DeployError[]]
  if (more.length === 0) return first
  const sentence = `${withoutCode(first)}; ${more.map(withoutCode).join('; ')}`
  const evidence = errors.flatMap(({ details }) => details.evidence ?? [])
  return new DeployError(first.code, sentence, {
    ...first.details,
    evidence,
    places: errors.flatMap(({ details }) => details.places ?? []),
  })
}

const withoutCode = (error: DeployError): string => error.message.slice(error.code.length + 2)
