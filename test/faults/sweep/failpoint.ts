/** The harness's side of the failpoints: arms one, sees that it was reached, lets it go. See weave/failpoints.sh. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** One passing of a failpoint: its name, and the how-manieth time in a run. */
export interface Visit {
  readonly name: string
  readonly count: number
}

/** Where a failpoint writes and waits: one folder on the server, one for the client. */
export class Failpoints {
  readonly #of: () => readonly string[]

  /** @param folders asked each time: a server that was started again is somewhere else */
  constructor(folders: () => readonly string[]) {
    this.#of = folders
  }

  get #folders(): readonly string[] {
    return this.#of()
  }

  /** From here on visits are counted, and the armed one waits. */
  arm(visit: Visit | null): void {
    for (const folder of this.#folders) {
      for (const name of ['reached', 'go']) rmSync(join(folder, name), { recursive: true, force: true })
      writeFileSync(join(folder, 'armed'), visit === null ? '' : `${visit.count} ${visit.name}\n`)
      writeFileSync(join(folder, 'trace'), '')
    }
  }

  isReached(): boolean {
    return this.#folders.some((folder) => existsSync(join(folder, 'reached')))
  }

  /** Whoever waits goes on, and nobody waits any more. */
  release(): void {
    for (const folder of this.#folders) {
      writeFileSync(join(folder, 'armed'), '')
      writeFileSync(join(folder, 'go'), '')
    }
  }

  /** Every passing since it was armed, in order. */
  passed(): readonly Visit[] {
    return this.#folders.flatMap((folder) => {
      const counts = new Map<string, number>()
      return readFileSync(join(folder, 'trace'), 'utf8')
        .split('\n')
        .filter(Boolean)
        .map((name) => {
          const count = (counts.get(name) ?? 0) + 1
          counts.set(name, count)
          return { name, count }
        })
    })
  }
}
