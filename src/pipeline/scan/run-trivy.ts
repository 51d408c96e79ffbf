import { readFile, rm } from 'node:fs/promises'
import { type ImageScan, trivyImage } from '../../commands/trivy.ts'
import type { Context } from '../../entry/context.ts'
import type { Argv, RunResult } from '../../ports.ts'
import { untilCancelled } from '../cancelled.ts'
import { parseReport, type ScanReport } from './report.ts'
import type { Workspace } from './workspace.ts'

/** Trivy's own --timeout is not always heard (a registry that never answers); ours ends it a little later. */
const WATCHDOG_EXTRA_MS = 15_000

export interface TrivyRun {
  readonly code: number | null
  readonly timedOut: boolean
  readonly stderr: string
  readonly report: ScanReport | null
}

/** Scans one image with everything around it nailed down, and reads what came of it. */
export const scanWithTrivy = async (context: Context, workspace: Workspace, scan: Omit<ImageScan, 'cacheDirectory'>): Promise<TrivyRun> => {
  await rm(scan.output, { force: true })
  const result = await runTrivy(context, workspace, trivyImage({ ...scan, cacheDirectory: workspace.cache }), scan.timeoutMs)
  const text = await readFile(scan.output, 'utf8').catch(() => '')
  return { code: result.code, timedOut: result.timedOut, stderr: result.stderr, report: parseReport(text) }
}

export const runTrivy = (context: Context, workspace: Workspace, argv: Argv, timeoutMs: number): Promise<RunResult> =>
  untilCancelled(context.ports, () =>
    context.ports.programs.run(argv, {
      cwd: workspace.working,
      env: workspace.environment,
      timeoutMs: timeoutMs + WATCHDOG_EXTRA_MS,
    }),
  )
