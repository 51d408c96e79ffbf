import type { StepReport } from './document.ts'

/** More would be a picture nobody reads; the table has them all. */
const MOST = 40
const LONGEST_NAME = 40
const TAGS: Partial<Record<StepReport['result'], string>> = { succeeded: 'done, ', failed: 'crit, ' }

/**
 * When each step ran, as a picture: Mermaid's Gantt chart in a fenced block, which GitHub renders
 * (https://docs.github.com/en/get-started/writing-on-github/working-with-advanced-formatting/creating-diagrams).
 * Empty where there is nothing to compare.
 */
export const timeline = (steps: readonly StepReport[]): string => {
  const ran = steps.filter(isTimed)
  if (ran.length < 2) return ''
  const shown = ran.slice(0, MOST)
  return [
    '```mermaid',
    'gantt',
    '  dateFormat x',
    '  axisFormat %H:%M:%S',
    ...shown.map(
      (step, index) => `  ${taskName(step, index)} :${TAGS[step.result] ?? ''}${from(step)}, ${from(step) + Math.max(1, step.duration)}`,
    ),
    '```',
    ...(ran.length > MOST ? ['', `_The first ${MOST} of ${ran.length} steps that ran._`] : []),
  ].join('\n')
}

type Timed = StepReport & { readonly start: string; readonly duration: number }

const isTimed = (step: StepReport): step is Timed => step.start !== null && step.duration !== null && !Number.isNaN(Date.parse(step.start))

const from = ({ start }: Timed): number => Date.parse(start)

/** A number first, so that no name is a word of the chart's language; of the rest only what means nothing in it. */
const taskName = ({ name }: StepReport, index: number): string => {
  const plain = name
    .replace(/[^\p{L}\p{N} ./_-]+/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim()
  return `${index + 1} ${plain.slice(0, LONGEST_NAME).toWellFormed().trim()}`.trim()
}
