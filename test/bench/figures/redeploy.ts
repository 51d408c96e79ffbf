import { type Load, type LoadResult, startLoad } from '../load.ts'
import type { Measurement } from '../measurement.ts'
import { PLAIN_PORT, plainStack } from '../plain.ts'
import type { CommandResult } from '../product.ts'
import type { ProgramResult } from '../programs.ts'
import { API_PORT } from '../sample.ts'
import { benchStack } from '../stack.ts'
import { stepTimes } from '../steps.ts'
import type { Figure } from './figure.ts'

/** Long enough to see the service answer again. */
const AFTERWARDS_MS = 300

interface UnderLoad<Result extends ProgramResult> {
  readonly result: Result
  readonly load: LoadResult
}

/** Of one turn each, in the same order. */
interface Turns {
  readonly atOnce: UnderLoad<CommandResult>[]
  readonly botLast: UnderLoad<CommandResult>[]
  readonly plain: UnderLoad<ProgramResult>[]
  readonly restart: UnderLoad<ProgramResult>[]
}

/**
 * Version 2 with its revision over version 1, under 100 requests a second, against the plain script: with both services
 * switched at once, as that does it, and with the bot after the API, as the sample has it.
 */
export const redeploy: Figure = async ({ product, sample: getSample, server: getServer, turns, say }) => {
  const [server, sample] = [getServer(), await getSample()]
  await using stack = await benchStack(product, sample, server)
  await using plain = await plainStack(sample, server)
  await stack.forgetNewImages()
  const tell = <Result extends ProgramResult>(name: string, turn: UnderLoad<Result>): UnderLoad<Result> => {
    say(`${name} ${sentence(turn)}`)
    return turn
  }
  const ours = async (name: string, deploy: () => Promise<CommandResult>): Promise<UnderLoad<CommandResult>> => {
    const turn = await underLoad(`http://${server.host}:${API_PORT}/health`, deploy)
    await stack.downgrade()
    await stack.rollback()
    await stack.forgetNewImages()
    return tell(name, turn)
  }
  const theirs = async (name: string, work: () => Promise<ProgramResult>): Promise<UnderLoad<ProgramResult>> =>
    tell(name, await underLoad(`http://${server.host}:${PLAIN_PORT}/health`, work))
  const turned: Turns = { atOnce: [], botLast: [], plain: [], restart: [] }
  for (let turn = 0; turn < turns; turn += 1) {
    turned.atOnce.push(await ours('at once', stack.deployAtOnce))
    turned.botLast.push(await ours('bot last', () => stack.deploy(2)))
    turned.plain.push(await theirs('plain', () => plain.deploy(2)))
    await plain.downgrade()
    await plain.deploy(1)
    await plain.forgetNewImages()
    turned.restart.push(await theirs('restart', plain.restart))
  }
  return [
    row(turned, 'botLast', 'version 2 healthy and verified', wallTime, 1.1),
    row(turned, 'atOnce', 'the same, both services at once', wallTime, 1.1),
    row(turned, 'botLast', 'longest gap under 100 requests/s', gap, 0.5),
    row(turned, 'atOnce', 'the same, both services at once', gap, 0.5),
    // of one container that is stopped and started, and nothing else
    row(turned, 'restart', 'the same, of docker restart', gap),
    { ...row(turned, 'botLast', 'failed requests', failed), unit: 'requests' },
    ...stepTimes('redeploy', 'at once', results(turned.atOnce)),
    ...stepTimes('redeploy', 'bot last', results(turned.botLast)),
  ]
}

type Value = (turn: UnderLoad<ProgramResult>) => number

const wallTime: Value = ({ result }) => result.milliseconds
const gap: Value = ({ load }) => load.longestGapMs
const failed: Value = ({ load }) => load.failed
const results = (turns: readonly UnderLoad<CommandResult>[]): CommandResult[] => turns.map(({ result }) => result)

/** One side of the turns beside the plain script. */
const row = (turned: Turns, side: Exclude<keyof Turns, 'plain'>, what: string, value: Value, limit?: number): Measurement => ({
  figure: 'redeploy',
  what,
  unit: 'ms',
  ours: turned[side].map(value),
  theirs: turned.plain.map(value),
  ...(limit === undefined ? {} : { limit }),
})

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
