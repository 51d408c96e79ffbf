import type { Outcome, StepReport } from './document.ts'

/** One look tells how it went. */
export const SIGNS: Readonly<Record<Outcome, string>> = {
  succeeded: '✅',
  unchanged: '✅',
  'rolled-back': '↩️',
  failed: '❌',
  refused: '⛔',
  unknown: '❓',
}

export const STEP_SIGNS: Readonly<Record<StepReport['result'], string>> = {
  succeeded: '✅',
  failed: '❌',
  skipped: '⏭️',
  undone: '↩️',
  planned: '📋',
}
