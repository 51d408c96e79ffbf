import { createHash } from 'node:crypto'
import type { SeedConfig } from '../config/schema.ts'
import type { Observed } from './observed.ts'
import type { Step } from './steps.ts'

/** The seeds that have to run, by their policy and by what the server's ledger says. */
export const pendingSeeds = (seeds: readonly SeedConfig[], observed: Observed): Step[] =>
  seeds.flatMap((seed) => {
    const hash = contentHash(seed, observed)
    const cause = causeOf(seed, hash, observed)
    return cause === null
      ? []
      : [
          {
            kind: 'seed' as const,
            name: seed.name,
            cause,
            hash,
            timeout: seed.timeout,
            run: oneOffArguments(seed.service, seed.entrypoint, seed.run),
          },
        ]
  })

const causeOf = (seed: SeedConfig, hash: string, observed: Observed): string | null => {
  const runs = observed.seeds.filter(({ name }) => name === seed.name)
  if (seed.policy === 'always') return 'runs at every deploy'
  if (runs.length === 0) return 'has not run here yet'
  return seed.policy === 'on-change' && runs.at(-1)?.hash !== hash ? 'its content changed' : null
}

const contentHash = (seed: SeedConfig, observed: Observed): string =>
  createHash('sha256')
    .update(JSON.stringify([seed.service, seed.entrypoint ?? null, seed.run, seed.files.map((file) => observed.brought[file] ?? null)]))
    .digest('hex')
    .slice(0, 16)

/** Arguments of `docker compose run` for a command in a service: after the image's entrypoint, or instead of it. */
export const oneOffArguments = (
  service: string,
  entrypoint: readonly string[] | undefined,
  command: readonly string[],
): readonly string[] =>
  entrypoint === undefined ? [service, ...command] : ['--entrypoint', entrypoint[0] ?? '', service, ...entrypoint.slice(1), ...command]
