import { type Load, type LoadResult, startLoad } from '../load.ts'
import type { Measurement } from '../measurement.ts'
import { PLAIN_PORT, plainStack } from '../plain.ts'
import type { CommandResult } from '../product.ts'
import type { ProgramResult } from '../programs.ts'
import { API_PORT } from '../sample.ts'
import { benchStack } from '../stack.ts'
import { stepTimes } from '../steps.ts'
import { inTurns } from '../turns.ts'
import type { Figure } from './figure.ts'

/** Long enough to see the service answer again. */
const AFTERWARDS_MS = 300

interface UnderLoad<Result extends ProgramResult> {
  readonly result: Result
  readonly load: LoadResult
}

/** Version 2 with its revision over version 1, under 100 requests a second, against the plain script. */
export const redeploy: Figure = async ({ product, sample: getSample, server: getServer, turns, say }) => {
  const [server, sample] = [getServer(), await getSample()]
  await using stack = await benchStack(product, sample, server)
  await using plain = await plainStack(sample, server)
  await stack.forgetNewImages()
  const ours = async (): Promise<UnderLoad<CommandResult>> => {
    const turn = await underLoad(`http://${server.host}:${API_PORT}/health`, () => stack.deploy(2))
    await stack.downgrade()
    await stack.rollback()
    await stack.forgetNewImages()
    say(`ours ${sentence(turn)}`)
    return turn
  }
  const theirs = async (): Promise<UnderLoad<ProgramResult>> => {
    const turn = await underLoad(`http://${server.host}:${PLAIN_PORT}/health`, () => plain.deploy(2))
    await plain.reset()
    say(`plain ${sentence(turn)}`)
    return turn
  }
  const turned = await inTurns<UnderLoad<ProgramResult>>(turns, ours, theirs)
  const both = (value: (turn: UnderLoad<ProgramResult>) => number) => ({ ours: turned.ours.map(value), theirs: turned.theirs.map(value) })
  const row = (
    what: string,
    unit: Measurement['unit'],
    value: (turn: UnderLoad<ProgramResult>) => number,
    limit?: number,
  ): Measurement => ({
    figure: 'redeploy',
    what,
    unit,
    ...both(value),
    ...(limit === undefined ? {} : { limit }),
  })
  return [
    row('version 2 healthy and verified, beside the plain script', 'ms', ({ result }) => result.milliseconds, 1.1),
    row('longest gap under 100 requests/s', 'ms', ({ load }) => load.longestGapMs, 0.5),
    row('failed requests', 'requests', ({ load }) => load.failed),
    ...stepTimes(
      'redeploy',
      'deploy',
      turned.ours.map(({ result }) => result as CommandResult),
    ),
  ]
}

const underLoad = async <Result extends ProgramResult>(url: string, deploy: () => Promise<Result>): Promise<UnderLoad<Result>> => {
  const load: Load = startLoad(url)
  try {
    await load.good()
    const result = await deploy()
    // the plain script ends before its service answers: its gap has to end before it is known
    await load.good()
    await new Promise((resolve) => setTimeout(resolve, AFTERWARDS_MS))
    return { result, load: await load.stop() }
  } finally {
    await load.stop()
  }
}

const sentence = ({ result, load }: UnderLoad<ProgramResult>): string =>
  `${result.milliseconds.toFixed(0)} ms, gap ${load.longestGapMs.toFixed(0)} ms, ${load.failed} of ${load.sent} failed`
