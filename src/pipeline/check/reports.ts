import { cp, mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { StageConfig } from '../../config/schema.ts'
import type { Context } from '../../entry/context.ts'

/** Copies what a stage left for people to where reports are collected; a stage that failed early left none. */
export const keepStageReports = async (context: Context, stage: StageConfig): Promise<void> => {
  for (const report of stage.reports) {
    const target = join(context.request.reports, stage.name, report)
    await mkdir(dirname(target), { recursive: true })
    await cp(join(context.project, report), target, { recursive: true }).catch(() =>
      context.ports.log.warning(`Stage ${stage.name} left no ${report}`),
    )
  }
}
