import { createHash } from 'node:crypto'
import type { SeedConfig } from '../config/schema.ts'
import type { Observed } from './observed.ts'
import type { Finding } from './preflight.ts'
import type { Step } from './steps.ts'

/** Path as the config names it → hash of the file, or of all that is in the folder. */
export type Contents = Readonly<Record<string, string>>

/** The seeds that have to run, by their policy and by what the server's ledger says. */
export const pendingSeeds = (seeds: readonly SeedConfig[], contents: Contents, observed: Observed): Step[] =>
  seeds.flatMap((seed) => {
    const hash = contentHash(seed, contents)
    const cause = causeOf(seed, hash, observed)
    return cause === null ? [] : [seedStep(seed, hash, cause)]
  })

/** What a seed is made of, besides its command or request. */
export const seedFiles = ({ files, http }: SeedConfig): readonly string[] => [...files, ...(http?.file === undefined ? [] : [http.file])]

const seedStep = ({ name, timeout, service, entrypoint, run, http }: SeedConfig, hash: string, cause: string): Step =>
  http === undefined
    ? { kind: 'seed', name, cause, hash, timeout, run: oneOffArguments(service, entrypoint, run ?? []) }
    : { kind: 'http-seed', name, cause, hash, timeout, service, request: http }

const causeOf = (seed: SeedConfig, hash: string, observed: Observed): string | null => {
  const runs = observed.seeds.filter(({ name, started }) => name === seed.name && started !== true)
  const cutOff = interruptedIn(seed, observed)
  if (cutOff !== null) return `was cut off in release ${cutOff}`
  if (seed.policy === 'always') return 'runs at every deploy'
  if (runs.length === 0) return 'has not run here yet'
  return seed.policy === 'on-change' && runs.at(-1)?.hash !== hash ? 'its content changed' : null
}

/** The release in which it began and did not end well. */
const interruptedIn = ({ name }: SeedConfig, observed: Observed): string | null => {
  const last = observed.seeds.filter((run) => run.name === name).at(-1)
  return last?.started === true ? last.release : null
}

/** Seeds that may have left half of their data, and that are not to be run over it. */
export const refusedSeeds = (seeds: readonly SeedConfig[], observed: Observed): readonly Finding[] =>
  seeds.flatMap((seed) => {
    const release = seed.interrupted === 'refuse' ? interruptedIn(seed, observed) : null
    return release === null
      ? []
      : [
          {
            sentence: `seed ${seed.name} was cut off or failed in release ${release}, and may have left half of its data`,
            hint: `by hand: look at the data, then on the server: sed -i '/^${seed.name} .* started$/d' .deploy/seeds to run it again, or sed -i 's/^\\(${seed.name} .*\\) started$/\\1/' .deploy/seeds where it is whole`,
          },
        ]
  })

const contentHash = (seed: SeedConfig, contents: Contents): string =>
  createHash('sha256')
    .update(
      JSON.stringify([seed.service, seed.entrypoint ?? null, seed.run ?? seed.http, seedFiles(seed).map((file) => contents[file] ?? null)]),
    )
    .digest('hex')
    .slice(0, 16)

/** Arguments of `docker compose run` for a command in a service: after the image's entrypoint, or instead of it. */
export const oneOffArguments = (
  service: string,
  entrypoint: readonly string[] | undefined,
  command: readonly string[],
): readonly string[] =>
  entrypoint === undefined ? [service, ...command] : ['--entrypoint', entrypoint[0] ?? '', service, ...entrypoint.slice(1), ...command]
