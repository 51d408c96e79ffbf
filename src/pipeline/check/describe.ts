import type { StageConfig } from '../../config/schema.ts'
import { DeployError } from '../../errors.ts'
import type { StageOutcome } from './outcome.ts'

/** The command that a stage amounts to, for people. */
export const describeStage = (stage: StageConfig): string => {
  const run = stage.run?.[0] === 'sh' && stage.run[1] === '-c' ? stage.run[2] : stage.run?.join(' ')
  if (stage.compose?.service !== undefined) return `service ${stage.compose.service} of ${stage.compose.file}`
  if (stage.compose !== undefined) return `${run} with ${stage.compose.up.join(', ')} of ${stage.compose.file}`
  return stage.container === undefined ? `${run}` : `${run} in ${stage.container}`
}

export const stageError = (stage: StageConfig, outcome: StageOutcome): DeployError => {
  const how = outcome.result === 'timed out' ? `was not done after ${stage.timeout / 1000} s` : `ended with ${outcome.code ?? 'a signal'}`
  const part = outcome.part === 'command' ? '' : ` (its ${outcome.part})`
  return new DeployError('CHECK', `stage ${stage.name}${part} ${how}`, {
    evidence: outcome.lastLines,
    hint: `by hand: repeat it: ${describeStage(stage)}`,
  })
}
