import { randomBytes } from 'node:crypto'
import { type Machine, machineCommand, machineOf } from '../../doctor/machine.ts'
import type { Remote } from '../../transaction/remote.ts'
import type { Context } from '../context.ts'

/** A server that is asked for a handful of lines has this long. */
const MACHINE_MS = 30_000
const MOST_LINES = 500

/** The server as a plain shell finds it; null where it did not answer to the end in time. */
export const askMachine = async ({ environment, ports }: Context, remote: Remote): Promise<Machine | null> => {
  const { config } = environment()
  const nonce = randomBytes(12).toString('hex')
  const program = await remote.start(machineCommand(nonce, config.path.replace(/\/+$/, ''), config.env.file))
  program.end()
  const read = async (): Promise<readonly string[]> => {
    const lines: string[] = []
    for await (const line of program.lines) {
      lines.push(line)
      if (lines.length >= MOST_LINES || line === `${nonce} end`) break
    }
    return lines
  }
  return machineOf(nonce, await Promise.race([read(), ports.clock.sleep(MACHINE_MS).then(() => [])]))
}
