import type { Observed } from '../plan/observed.ts'
import { currentRelease, runs } from '../plan/reconcile.ts'
import type { Command } from './context.ts'
import { frontArguments } from './server.ts'
import { noteServing } from './stack.ts'
import { transact } from './transact.ts'

/** What runs, since when, from which commit, and where it is not what the record says. Writes nothing. */
export const run: Command = async (context) => {
  let seen: Observed | null = null
  await transact(context, {
    front: frontArguments(context, 'observe', 'current'),
    files: {},
    decide: async (observed) => {
      seen = observed
      noteServing(context, observed)
      return null
    },
  })
  return verdict(context, seen)
}

const verdict = (context: Parameters<Command>[0], observed: Observed | null): Awaited<ReturnType<Command>> => {
  const current = observed === null ? null : currentRelease(observed)
  if (observed === null || current === null)
    return { outcome: 'succeeded', message: `nothing was deployed in ${context.environment().config.path} yet` }
  context.facts.images = current.images
  const drift = driftOf(observed)
  const { log } = context.ports
  for (const line of drift) log.warning(line)
  for (const operation of observed.unfinished) log.warning(`operation ${operation} is unfinished: the next deploy settles it first`)
  const since = `release ${current.id} from ${current.repository ?? 'commit'} ${current.commit.slice(0, 7)}, since ${current.committed}${current.actor === null ? '' : ` by ${current.actor}`}`
  const state = observed.unfinished.length > 0 ? `; unfinished: ${observed.unfinished.join(', ')}` : ''
  return { outcome: 'succeeded', message: `${since}${drift.length === 0 ? ', as recorded' : `; drift: ${drift.join('; ')}`}${state}` }
}

/** Where what runs is not what the record says. */
export const driftOf = (observed: Observed): readonly string[] =>
  Object.entries(currentRelease(observed)?.services ?? {}).flatMap(([service, { digest }]) => {
    const running = observed.containers.filter(
      (container) => container.service === service && !container.oneOff && container.state === 'running',
    )
    if (running.length === 0) return [`${service} does not run`]
    return running.filter((container) => !runs(container, digest, observed)).map(({ image }) => `${service} runs ${image}, not ${digest}`)
  })
