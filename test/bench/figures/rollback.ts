import type { Measurement } from '../measurement.ts'
import type { CommandResult } from '../product.ts'
import { benchStack } from '../stack.ts'
import { stepTimes } from '../steps.ts'
import type { Figure } from './figure.ts'

/** Back to the last release, against the deploy that brings the next one with a revision; all images are there. */
export const rollback: Figure = async ({ product, sample: getSample, server: getServer, turns, say }) => {
  const [server, sample] = [getServer(), await getSample()]
  await using stack = await benchStack(product, sample, server)
  const back: CommandResult[] = []
  const forth: CommandResult[] = []
  // the first deploy of version 2 pulls: not a turn
  await stack.deploy(2)
  for (let turn = 0; turn < turns; turn += 1) {
    await stack.downgrade()
    back.push(await stack.rollback())
    forth.push(await stack.deploy(2))
    say(`rollback ${back.at(-1)?.milliseconds.toFixed(0)} ms, deploy ${forth.at(-1)?.milliseconds.toFixed(0)} ms`)
  }
  const times = { ours: back.map(({ milliseconds }) => milliseconds), theirs: forth.map(({ milliseconds }) => milliseconds) }
  const whole: Measurement = { figure: 'rollback', what: 'rollback, beside a deploy with one revision', unit: 'ms', ...times, limit: 0.5 }
  return [whole, ...stepTimes('rollback', 'rollback', back), ...stepTimes('rollback', 'deploy', forth)]
}
