import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { trivySarif } from '../../commands/trivy.ts'
import type { Context } from '../../entry/context.ts'
import { lastLines } from '../last-lines.ts'
import { categorisedSarif, publicReport } from './public-reports.ts'
import { runTrivy } from './run-trivy.ts'
import type { Scanner } from './scanner.ts'
import { architecture, type Subject } from './subject.ts'
import type { Workspace } from './workspace.ts'

/** One scan: by what, of what, and where its report lies. */
export interface ScanJob {
  readonly scanner: Scanner
  readonly subject: Subject
  readonly output: string
}

/** The whole report, and the same as SARIF, for whoever wants to upload or read it. */
export const keepReports = async (context: Context, workspace: Workspace, { scanner, subject, output }: ScanJob): Promise<void> => {
  const base = join(context.request.reports, `scan-${subject.image}-${architecture(subject)}`)
  await mkdir(context.request.reports, { recursive: true })
  await writeFile(`${base}.json`, publicReport(await readFile(output, 'utf8')))
  const made = await runTrivy(context, workspace, trivySarif(scanner.program, resolve(`${base}.json`), `${output}.sarif`), 60_000)
  if (made.code === 0) {
    const text = await readFile(`${output}.sarif`, 'utf8')
    await writeFile(`${base}.sarif`, categorisedSarif(text, `deploy-action/${subject.image}/${subject.platform}/`))
    context.noted.sarif = [...context.noted.sarif, `${base}.sarif`]
  } else context.ports.log.warning(`No SARIF of ${subject.image} ${subject.platform}: ${lastLines(made.stderr, 1)[0] ?? ''}`)
}
