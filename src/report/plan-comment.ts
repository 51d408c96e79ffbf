import type { ResultDocument } from './document.ts'
import { nextSteps } from './failure.ts'
import { cell, code, inline, nextStep, table } from './markdown.ts'
import { SIGNS, STEP_SIGNS } from './signs.ts'

/** GitHub takes 65,536 characters (its answer to more: "body is too long"); some room for what it adds. */
const LONGEST = 60_000

interface Planned {
  readonly environment: string
  readonly config: string
  readonly sha: string
}

/** By which a comment is known again: unseen, and with nothing in it that ends it. */
export const planMarker = ({ environment, config }: Omit<Planned, 'sha'>): string =>
  `<!-- deploy-action plan ${encodeURIComponent(config)} ${encodeURIComponent(environment)} -->`

/** What would change, for the conversation of a pull request. Without times: the same plan is the same text. */
export const planComment = (planned: Planned, document: ResultDocument): string => {
  const { outcome, message, hint, steps, places, images } = document
  const head = [
    planMarker(planned),
    `### ${SIGNS[outcome]} Plan for ${inline(planned.environment)}${planned.config === 'deploy.yml' ? '' : ` (${inline(planned.config)})`}`,
    `**${inline(message)}**`,
    ...nextSteps(hint).map(nextStep),
  ]
  const parts = [
    ...(places.length === 0 ? [] : [problemTable(places)]),
    ...(steps.length === 0 ? [] : [stepTable(steps)]),
    ...(Object.keys(images).length === 0 ? [] : [imageTable(images)]),
  ]
  const foot = `<sub>Of ${code(planned.sha.slice(0, 7))}; nothing was changed. This comment follows the pull request.</sub>`
  const room = LONGEST - [...head, foot].join('\n\n').length
  return [...head, ...fitting(parts, room), foot].join('\n\n')
}

const problemTable = (places: ResultDocument['places']): string =>
  table(
    ['where', 'what'],
    places.map(({ file, line, message }) => [code(`${file}:${line}`), cell(message)]),
  )

const stepTable = (steps: ResultDocument['steps']): string =>
  table(
    ['', 'step', 'why'],
    steps.map(({ name, cause, result }) => [STEP_SIGNS[result], cell(name), cell(cause)]),
  )

const imageTable = (images: ResultDocument['images']): string =>
  table(
    ['image', 'digest'],
    Object.entries(images).map(([name, { digest }]) => [cell(name), code(digest)]),
  )

/** Rows of tables are whole or not there. */
const fitting = (parts: readonly string[], room: number): readonly string[] => {
  const taken: string[] = []
  let left = room - 200
  for (const part of parts) {
    const rows = part.split('\n')
    const fit = rows.filter((row) => {
      left -= row.length + 1
      return left > 0
    })
    if (fit.length > 2) taken.push(fit.join('\n'))
    if (fit.length < rows.length) return [...taken, '_Too long for a comment: all of it is in the summary of the run._']
  }
  return taken
}
