import { delayedLink } from '../../link/link.ts'
import { namespaceOf } from '../../sandbox/ssh/servers.ts'
import { copyThenScript, deployWithoutChange, handWritten, withManyFilesAndSteps } from '../no-change.ts'
import { type CommandResult, environmentFor } from '../product.ts'
import { FOLDER } from '../sample.ts'
import { onServer } from '../server.ts'
import { benchStack } from '../stack.ts'
import { stepTimes } from '../steps.ts'
import type { Figure } from './figure.ts'

const ROUND_TRIP_MS = 50

/** What the orchestrator itself costs over a link as long as from a runner to a server: nothing is pulled, started or waited for. */
export const link: Figure = async ({ product, sample: getSample, server: getServer, turns, say }) => {
  const [near, sample] = [getServer(), await getSample()]
  await using _stack = await benchStack(product, sample, near)
  await withManyFilesAndSteps(sample)
  const wire = await delayedLink({ namespace: namespaceOf(near.name), roundTripMs: ROUND_TRIP_MS })
  try {
    const far = { ...near, host: wire.host }
    const env = await environmentFor(far)
    await onServer(near, `mkdir -p ${FOLDER}/.hand-files`)
    // the first one brings the files
    await deployWithoutChange(product, sample, env)
    const deploys: CommandResult[] = []
    const times: Record<'ours' | 'hand' | 'copy', number[]> = { ours: [], hand: [], copy: [] }
    for (let turn = 0; turn < turns; turn += 1) {
      const deploy = await deployWithoutChange(product, sample, env)
      deploys.push(deploy)
      times.ours.push(deploy.milliseconds)
      times.hand.push(await handWritten(sample, far))
      times.copy.push(await copyThenScript(sample, far))
      say(
        Object.entries(times)
          .map(([name, values]) => `${name} ${values.at(-1)?.toFixed(0)} ms`)
          .join(', '),
      )
    }
    const row = { figure: 'link', unit: 'ms', ours: times.ours } as const
    return [
      { ...row, what: '20 files, 12 steps at 50 ms, beside one hand-written ssh', theirs: times.hand, limit: 1 },
      { ...row, what: '20 files, 12 steps at 50 ms, beside scp and ssh', theirs: times.copy, limit: 0.15 },
      // the best there is: no limit below this can be kept
      { ...row, what: 'the hand-written ssh itself, beside scp and ssh', ours: times.hand, theirs: times.copy },
      ...stepTimes('link', 'deploy', deploys),
    ]
  } finally {
    await wire.close()
  }
}
