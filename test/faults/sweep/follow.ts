/** What runs, told by the engine each time it changes: no moment between two questions is missed, and none is asked ten times a second. */
import type { Sample } from './history.ts'
import type { Machine, Streaming } from './machine.ts'

/** Labels of a container. */
type Labels = Readonly<Record<string, string>>

interface Event {
  readonly Action: string
  readonly Actor: { readonly ID: string; readonly Attributes: Labels }
}

export interface Following {
  readonly machine: Machine
  readonly project: string
  /** What runs now, by its id; null where the engine does not say. */
  readonly list: () => Promise<ReadonlyMap<string, Labels> | null>
}

/** An engine that was killed is away for a second at least. */
const AGAIN_MS = 100

export class Follow {
  readonly samples: Sample[] = []
  readonly #following: Following
  #running: Map<string, Labels> | null = null
  /** Told while the list was still asked for. */
  #early: Event[] = []
  #stream: Streaming | null = null
  #isOver = false

  constructor(following: Following) {
    this.#following = following
    void this.#follow()
  }

  stop(): void {
    this.#isOver = true
    this.#stream?.close()
  }

  async #follow(): Promise<void> {
    const { machine, project } = this.#following
    const filters = JSON.stringify({ type: ['container'], event: ['start', 'die'], label: [`com.docker.compose.project=${project}`] })
    while (!this.#isOver) {
      this.#stream = machine.stream(`/events?filters=${encodeURIComponent(filters)}`, {
        onOpen: () => void this.#begin(),
        onLine: (line) => this.#take(JSON.parse(line) as Event),
      })
      await this.#stream.ended
      // whatever happens meanwhile, it is in the list that comes next
      this.#running = null
      this.#early = []
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS))
    }
  }

  /** First the events, then the list: nothing falls between them. */
  async #begin(): Promise<void> {
    const stream = this.#stream
    const listed = await this.#following.list()
    if (stream !== this.#stream) return
    if (listed === null) return stream?.close()
    this.#running = new Map(listed)
    // what the list knew already ends as it is, and is no moment of its own
    for (const event of this.#early) this.#apply(this.#running, event)
    this.#early = []
    this.#sample(this.#running)
  }

  #take(event: Event): void {
    if (this.#running === null) return void this.#early.push(event)
    this.#apply(this.#running, event)
    this.#sample(this.#running)
  }

  #apply(running: Map<string, Labels>, { Action, Actor }: Event): void {
    if (Action === 'start') running.set(Actor.ID, Actor.Attributes)
    else running.delete(Actor.ID)
  }

  #sample(running: ReadonlyMap<string, Labels>): void {
    const labels = [...running.values()]
    this.samples.push({
      at: performance.now(),
      workers: labels.filter((one) => one['com.docker.compose.service'] === 'worker').length,
      oneOffs: labels.filter((one) => one['com.docker.compose.oneoff'] === 'True').length,
    })
  }
}
