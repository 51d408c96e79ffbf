import * as core from '@actions/core'
import type { ResultDocument } from '../report/document.ts'
import { detailsOf, type Ending } from '../report/result.ts'
import { summary } from '../report/summary.ts'
import type { OutputName } from './outputs.ts'

/** The outputs of the action, by name. Everything that other jobs may hold on to. */
export const outputsOf = (document: ResultDocument): Readonly<Record<OutputName, string>> => ({
  outcome: document.outcome,
  'failure-code': document.failureCode ?? '',
  release: document.release ?? '',
  'previous-release': document.previousRelease ?? '',
  images: JSON.stringify(document.images),
  drift: document.drift === undefined ? '' : JSON.stringify(document.drift),
  kept: document.kept === undefined ? '' : JSON.stringify(document.kept),
  matrix: document.matrix === undefined ? '' : JSON.stringify(document.matrix),
  url: document.url ?? '',
  'report-path': document.reportPath ?? '',
})

/** Outputs and the one summary of a job. */
export const publishToJob = async (document: ResultDocument, ending: Ending, notes: readonly string[] = []): Promise<void> => {
  for (const [name, value] of Object.entries(outputsOf(document))) core.setOutput(name, value)
  await core.summary.addRaw(summary(document, detailsOf(ending), notes)).write()
}
