import { askedByInputs } from './inputs.ts'
import { run } from './run.ts'
import type { Front } from './tell.ts'

/** A job on GitHub: annotations, masks, outputs, a summary. */
const runnerFront: Front = {
  kind: 'runner',
  log: async (hidden) => (await import('../adapters/runner-log.ts')).runnerLog(hidden),
  follow: async (request, ports, hidden) => (await import('./github/following.ts')).following(request, ports, hidden),
  publish: async (document, ending, notes) => (await import('./job-report.ts')).publishToJob(document, ending, notes),
}

export const runOnRunner = (command: string | undefined): Promise<number> =>
  run(askedByInputs({ ...process.env, INPUT_COMMAND: command }), runnerFront)
