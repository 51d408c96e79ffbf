import type { CheckReport } from '../report/document.ts'

/** One line of doctor: what was looked at, how it is, and what mends it; `unknown` where something else stood in the way of looking. */
export type Finding = CheckReport

export const pass = (check: string, sentence: string): Finding => ({ check, result: 'pass', sentence, mend: null })
export const warn = (check: string, sentence: string, mend: string | null): Finding => ({ check, result: 'warn', sentence, mend })
export const fail = (check: string, sentence: string, mend: string): Finding => ({ check, result: 'fail', sentence, mend })
export const unknown = (check: string, sentence: string): Finding => ({ check, result: 'unknown', sentence, mend: null })
