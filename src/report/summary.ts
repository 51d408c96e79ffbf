import type { FailureDetails } from '../errors.ts'
import type { ResultDocument, ServingReport, StepReport } from './document.ts'
import { failureLines, nextSteps } from './failure.ts'
import { findingTable } from './findings.ts'
import { block, cell, code, inline, link, nextStep, table } from './markdown.ts'
import { SIGNS, STEP_SIGNS } from './signs.ts'
import { timeline } from './timeline.ts'

/** GitHub drops a summary of more than 1 MiB without a word: ours stays below, and says what it left out. */
const LARGEST = 900_000

/** The one summary of a job: the verdict first, then what serves, what happened, and what to do. */
export const summary = (document: ResultDocument, details: FailureDetails = {}, notes: readonly string[] = []): string => {
  const required = [heading(document), verdict(document, details)]
  const parts = [
    problems(details),
    serving(document.serving),
    evidence(details),
    changes(document),
    titled('Findings', findingTable(document.findings ?? [])),
    titled('Timeline', timeline(document.steps)),
    steps(document.steps),
    images(document),
    notes.map((note) => `_${inline(note)}_`).join('\n\n'),
  ]
  return bounded(
    required,
    parts.filter((part) => part !== ''),
  )
}

const heading = ({ command, environment, outcome }: ResultDocument): string =>
  `## ${SIGNS[outcome]} ${inline(command)}${environment === null ? '' : ` to ${inline(environment)}`}: ${outcome}`

const verdict = ({ message, hint, url }: ResultDocument, { serving }: FailureDetails): string =>
  [
    `**${inline(message)}**`,
    ...(serving === undefined ? [] : [`Serving now: ${inline(serving)}`]),
    ...nextSteps(hint).map(nextStep),
    ...(url === null ? [] : [`At: ${link(url, url)}`]),
  ].join('\n\n')

const problems = ({ places = [] }: FailureDetails): string =>
  places.length === 0
    ? ''
    : section(
        'What is wrong',
        table(
          ['where', 'what'],
          places.map((place) => [code(`${place.file}:${place.line}:${place.column}`), cell(place.message)]),
        ),
      )

const changes = ({ outcome, release, previousRelease }: ResultDocument): string =>
  outcome !== 'succeeded' || (release === null && previousRelease === null)
    ? ''
    : section(
        'What changed',
        table(['release', 'before'], [[release === null ? '–' : code(release), previousRelease === null ? 'none' : code(previousRelease)]]),
      )

/** The name of the only host is said once: a table with it would be wider than GitHub's column. */
const serving = (hosts: readonly ServingReport[]): string => {
  const isOne = hosts.length === 1
  const rows = hosts.flatMap(({ host, services }) =>
    Object.entries(services).map(([name, service]) => [
      ...(isOne ? [] : [cell(host)]),
      cell(name),
      cell(service.state),
      code(service.digest ?? service.image),
      cell(service.since ?? ''),
    ]),
  )
  if (rows.length === 0) return ''
  const title = isOne ? `What runs on ${inline(hosts[0]?.host ?? '')}` : 'What runs'
  return section(title, table([...(isOne ? [] : ['host']), 'service', 'state', 'image', 'since'], rows))
}

const steps = (reports: readonly StepReport[]): string => {
  const rows = reports.map((step) => [
    STEP_SIGNS[step.result],
    cell(step.name),
    cell(step.cause),
    step.duration === null ? '–' : time(step.duration),
    cell(step.detail ?? ''),
  ])
  return rows.length === 0 ? '' : section('Steps', table(['', 'step', 'why', 'time', 'what was seen'], rows))
}

const images = ({ images: reports }: ResultDocument): string => {
  const rows = Object.entries(reports).flatMap(([name, image]) => [
    [cell(name), 'index', code(image.digest), cell((image.tags ?? []).join(', '))],
    ...Object.entries(image.platforms).map(([platform, digest]) => ['', cell(platform), code(digest), '']),
  ])
  return rows.length === 0 ? '' : section('Images', table(['image', 'platform', 'digest', 'tags'], rows))
}

const evidence = (details: FailureDetails): string => {
  const lines = failureLines(details)
  if (lines.length === 0) return ''
  const title = `What was seen: ${lines.length} ${lines.length === 1 ? 'line' : 'lines'}`
  return `<details><summary>${title}</summary>\n\n${block(lines)}\n\n</details>`
}

const titled = (title: string, body: string): string => (body === '' ? '' : section(title, body))

const section = (title: string, body: string): string => `### ${title}\n\n${body}`

const time = (ms: number): string => {
  if (ms < 1000) return `${Math.round(ms)} ms`
  return ms < 60_000 ? `${(ms / 1000).toFixed(1)} s` : `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`
}

/** Parts are taken whole, in their order, as long as there is room. */
const bounded = (required: readonly string[], parts: readonly string[]): string => {
  const taken = [...required]
  let size = Buffer.byteLength(required.join('\n\n'))
  let left = 0
  for (const part of parts) {
    const more = Buffer.byteLength(part) + 2
    if (size + more > LARGEST) left += 1
    else {
      taken.push(part)
      size += more
    }
  }
  if (left > 0)
    taken.push(`_${left} ${left === 1 ? 'part is' : 'parts are'} left out, too long for a summary; the report file has all of it._`)
  return `${taken.join('\n\n')}\n`
}
