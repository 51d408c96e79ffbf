import type { Clock, Log } from '../../src/ports.ts'

/** Real time; pauses are noted and pass at once. */
export const impatientClock = (): Clock & { readonly pauses: number[] } => {
  const pauses: number[] = []
  return {
    pauses,
    now: () => new Date(),
    elapsed: () => performance.now(),
    sleep: async (ms) => {
      pauses.push(ms)
    },
  }
}

/** Keeps what was said. */
export const notedLog = (): Log & { readonly lines: string[] } => {
  const lines: string[] = []
  const note = (line: string) => {
    lines.push(line)
  }
  return {
    lines,
    group: (_sentence, work) => work(),
    info: note,
    debug: note,
    warning: note,
    error: note,
    foreign: note,
    mask: () => {},
  }
}
