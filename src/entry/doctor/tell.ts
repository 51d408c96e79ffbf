import type { Finding } from '../../doctor/finding.ts'
import type { Ports } from '../../ports.ts'
import { nextLines } from '../../report/failure.ts'

const WORDS = { pass: 'pass', warn: 'warn', fail: 'FAIL', unknown: '????' } as const

/** One line, and below it what mends it. */
export const tellFinding = ({ log }: Ports, { check, result, sentence, mend }: Finding): void => {
  log.info(`${WORDS[result]}  ${check}: ${sentence}`)
  for (const line of nextLines(mend)) log.info(`      ${line}`)
}
