import { askedByInputs } from './inputs.ts'
import { run } from './run.ts'
import type { Front } from './tell.ts'

/** A job on GitHub: annotations, masks, outputs, a summary. */
const runnerFront: Front = {
  kind: 'runner',
  log: async (hidden) => (await import('../adapters/runner-log.ts')).runnerLog(hidden),
  publish: async (document, ending) => (await import('./job-report.ts')).publishToJob(document, ending),
}

export const runOnRunner = (command: string | undefined): Promise<number> =>
  run(askedByInputs({ ...process.env, INPUT_COMMAND: command }), runnerFront)
