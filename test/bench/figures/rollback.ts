import type { Measurement } from '../measurement.ts'
import { plainStack } from '../plain.ts'
import type { CommandResult } from '../product.ts'
import { benchStack } from '../stack.ts'
import { stepTimes } from '../steps.ts'
import type { Figure } from './figure.ts'

/** Back to the last release, against the deploy that brings the next one with a revision; all images are there. */
export const rollback: Figure = async ({ product, sample: getSample, server: getServer, turns, say }) => {
  const [server, sample] = [getServer(), await getSample()]
  await using stack = await benchStack(product, sample, server)
  await using plain = await plainStack(sample, server)
  const back: CommandResult[] = []
  const forth: CommandResult[] = []
  const plainBack: number[] = []
  const plainForth: number[] = []
  // the first deploy of version 2 pulls: not a turn
  await stack.deploy(2)
  await plain.deploy(2)
  for (let turn = 0; turn < turns; turn += 1) {
    await stack.downgrade()
    back.push(await stack.rollback())
    forth.push(await stack.deploy(2))
    await plain.downgrade()
    plainBack.push((await plain.goBack()).milliseconds)
    plainForth.push((await plain.deploy(2)).milliseconds)
    say(
      `rollback ${back.at(-1)?.milliseconds.toFixed(0)} ms, deploy ${forth.at(-1)?.milliseconds.toFixed(0)} ms, by hand ${plainBack.at(-1)?.toFixed(0)} and ${plainForth.at(-1)?.toFixed(0)} ms`,
    )
  }
  const times = { ours: back.map(({ milliseconds }) => milliseconds), theirs: forth.map(({ milliseconds }) => milliseconds) }
  const row = { figure: 'rollback', unit: 'ms' } as const
  const whole: Measurement = { ...row, what: 'rollback, beside a deploy with one revision', ...times, limit: 0.5 }
  const what = 'the old tag and compose up by hand, beside the plain script'
  const byHand: Measurement = { ...row, what, ours: plainBack, theirs: plainForth }
  return [whole, byHand, ...stepTimes('rollback', 'rollback', back), ...stepTimes('rollback', 'deploy', forth)]
}
