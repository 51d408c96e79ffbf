import type { Measurement } from '../measurement.ts'
import type { Product } from '../product.ts'
import type { Sample } from '../sample.ts'
import type { Server } from '../server.ts'

/** What a figure is measured with. The sandbox is up once one of its parts is asked for. */
export interface Bench {
  readonly turns: number
  readonly product: Product
  server(): Server
  sample(): Promise<Sample>
  /** What happens meanwhile, for the one who waits. */
  say(sentence: string): void
}

export type Figure = (bench: Bench) => Promise<readonly Measurement[]>
