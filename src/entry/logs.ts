import { DeployError } from '../errors.ts'
import type { Verdict } from '../report/document.ts'
import { askLogs } from '../transaction/asked/asked.ts'
import type { Command, Context } from './context.ts'
import { onEachHost } from './hosts.ts'
import { asked } from './on-server.ts'

const LINES = 100

/** The last lines that the containers of a service printed, or what the operation of a release did; without secrets. */
export const run: Command = async (context) => {
  const { service } = context.request
  const verdict = await onEachHost(context, logsOfOne, ({ elsewhere }) => service === undefined || !elsewhere.includes(service))
  // of several servers, it is enough that one has it
  if (verdict.outcome === 'unchanged') throw new DeployError('CONFIG', verdict.message, { hint: 'deploy-action status' })
  return verdict
}

const logsOfOne: Command = async (context) => {
  const { config } = context.environment()
  const { service = '', release = '', lines = LINES } = context.request
  const told = await asked(
    context,
    askLogs({
      directory: config.path.replace(/\/+$/, ''),
      environmentFile: config.env.file,
      project: context.config.project,
      service,
      lines,
      release,
    }),
  )
  refuseNothing(context, told)
  if (service !== '' && !told.some((line) => line.startsWith('container ')))
    return {
      outcome: 'unchanged',
      message: `no container of ${service} is in project ${context.config.project} on ${context.environment().config.host}`,
    }
  return shown(context, told)
}

/** @throws DeployError CONFIG where what was asked for is not there */
const refuseNothing = ({ request: { release }, environment }: Context, told: readonly string[]): void => {
  const { host } = environment().config
  if (told.includes('silent')) throw new DeployError('CONFIG', `Docker does not answer on ${host}`, { hint: 'deploy-action doctor' })
  if (told.includes('missing'))
    throw new DeployError('CONFIG', `there is no release ${release} on ${host}`, { hint: 'deploy-action history' })
  const [gone] = told.filter((line) => line.startsWith('gone '))
  if (gone !== undefined)
    throw new DeployError('CONFIG', `what operation ${gone.slice(5)} printed is not kept any more; the last 20 are`, {
      hint: 'deploy-action history',
    })
}

/** Each container's lines in a group of its own. */
const shown = async ({ ports: { log }, facts, config }: Context, told: readonly string[]): Promise<Verdict> => {
  const parts: { name: string; lines: string[] }[] = []
  for (const line of told) {
    if (line.startsWith('container ')) parts.push({ name: line.slice(10), lines: [] })
    else if (line.startsWith('line ')) parts.at(-1)?.lines.push(line.slice(5))
  }
  for (const { name, lines } of parts)
    await log.group(name, async () => {
      for (const line of lines) log.foreign(line)
    })
  facts.steps = parts.map(({ name, lines }) => ({
    name,
    cause: 'was asked for',
    start: null,
    duration: null,
    result: 'succeeded',
    detail: lines.join('\n'),
  }))
  const count = parts.reduce((sum, { lines }) => sum + lines.length, 0)
  return parts.length === 0
    ? { outcome: 'succeeded', message: `project ${config.project} has no containers` }
    : { outcome: 'succeeded', message: `${count} lines of ${parts.map(({ name }) => name).join(', ')}` }
}
