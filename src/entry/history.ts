import { DeployError } from '../errors.ts'
import { askHistory } from '../transaction/asked/asked.ts'
import { type Past, pastOf } from '../transaction/asked/past.ts'
import type { Command } from './context.ts'
import { onEachHost } from './hosts.ts'
import { asked } from './on-server.ts'

/** Who did what to the stack, when, how long it took, and how it ended; newest first. */
export const run: Command = (context) => onEachHost(context, historyOfOne)

const historyOfOne: Command = async (context) => {
  const { config } = context.environment()
  const told = await asked(context, askHistory(config.path.replace(/\/+$/, '')))
  if (told.includes('unreadable'))
    throw new DeployError('CONFIG', `${config.user} may not read the record in ${config.path}/.deploy`, { hint: 'deploy-action doctor' })
  const past = pastOf(told)
  for (const line of table(past)) context.ports.log.info(line)
  context.facts.steps = past.map((one) => ({
    name: [one.kind ?? 'operation', one.release].filter(Boolean).join(' '),
    cause: [one.actor, one.commit?.slice(0, 7), one.reason].filter(Boolean).join(', '),
    start: one.started,
    duration: one.duration,
    result: one.result === 'succeeded' ? 'succeeded' : one.result === 'rolled-back' ? 'undone' : 'failed',
    detail: [one.result, one.code === null ? null : `${one.code}: ${one.sentence}`, one.run].filter(Boolean).join('; '),
  }))
  return {
    outcome: 'succeeded',
    message:
      past.length === 0
        ? `nothing was deployed in ${config.path} yet`
        : `${past.length} operations; the newest ${sentenceOf(past[0] as Past)}`,
  }
}

const sentenceOf = ({ kind, release, result }: Past): string =>
  `is a ${kind ?? 'operation'}${release === null ? '' : ` of release ${release}`}: ${result}`

const table = (past: readonly Past[]): readonly string[] => {
  const rows = past.map((one) => [
    one.started?.replace(/\.\d+Z$/, 'Z') ?? 'not known',
    one.kind ?? '?',
    one.release ?? '?',
    one.code === null || one.result === 'succeeded' ? one.result : `${one.result} (${one.code})`,
    one.duration === null ? '-' : `${(one.duration / 1000).toFixed(1)} s`,
    one.actor ?? '-',
    one.reason ?? '',
  ])
  const widths = [0, 1, 2, 3, 4, 5].map((column) => Math.max(0, ...rows.map((row) => row[column]?.length ?? 0)))
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}
