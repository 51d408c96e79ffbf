/**
 * A second way to a server, with a constant round-trip time: one interface here, one in the server's network
 * namespace, and a cable with a delay between them. Needs root and a C compiler; leaves nothing behind.
 */
import { type ChildProcessWithoutNullStreams, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface DelayedLink {
  /** The server's address on this link. */
  readonly host: string
  /** Our own. */
  readonly near: string
  close(): Promise<void>
}

export interface LinkOptions {
  /** File of the server's network namespace: /proc/PID/ns/net. */
  readonly namespace: string
  readonly roundTripMs: number
}

/** Why no link can be made on this machine; null where it can. */
export const whyNoLink = (): string | null => {
  if (process.getuid?.() !== 0) return 'a delayed link needs root for its network interfaces'
  for (const program of ['gcc', 'ip', 'nsenter']) if (!isThere(program)) return `a delayed link needs ${program}`
  return isUsable('/dev/net/tun') ? null : 'a delayed link needs /dev/net/tun'
}

/** @throws where `whyNoLink` has a reason, or every address is taken */
export const delayedLink = async (options: LinkOptions): Promise<DelayedLink> => {
  const reason = whyNoLink()
  if (reason) throw new Error(reason)
  const folder = await mkdtemp(join(tmpdir(), 'delayed-link-'))
  try {
    const cable = await layCable(compile(folder), options)
    return {
      host: cable.far,
      near: cable.near,
      close: async () => {
        await stop(cable.process)
        await rm(folder, { recursive: true, force: true })
      },
    }
  } catch (error) {
    await rm(folder, { recursive: true, force: true })
    throw error
  }
}

const compile = (folder: string): string => {
  const program = join(folder, 'tun-delay')
  execFileSync('gcc', ['-O2', '-Wall', '-Wextra', '-Werror', '-o', program, join(import.meta.dirname, 'tun-delay.c')])
  return program
}

interface Cable {
  readonly process: ChildProcessWithoutNullStreams
  readonly near: string
  readonly far: string
}

/** Takes the first number whose interface names are free: several links may be there at the same time. */
const layCable = async (program: string, { namespace, roundTripMs }: LinkOptions): Promise<Cable> => {
  let complaint = ''
  for (let number = 0; number < 64; number += 1) {
    const names = [`delay${number}n`, `delay${number}f`] as const
    const cable = spawn(program, [namespace, ...names, String((roundTripMs * 1000) / 2)])
    cable.stderr.on('data', (chunk) => (complaint = String(chunk)))
    if (!(await isUp(cable))) continue
    const [near, far] = [`10.214.${number}.1`, `10.214.${number}.2`] as const
    try {
      plug('/proc/self/ns/net', names[0], near, far)
      plug(namespace, names[1], far, near)
    } catch (error) {
      await stop(cable)
      throw error
    }
    return { process: cable, near, far }
  }
  throw new Error(`no delayed link: ${complaint}`)
}

const isUp = (cable: ChildProcessWithoutNullStreams): Promise<boolean> =>
  Promise.race([once(cable.stdout, 'data').then(() => true), once(cable, 'exit').then(() => false)])

const plug = (namespace: string, name: string, own: string, other: string): void => {
  const inside = (...command: string[]) => execFileSync('nsenter', [`--net=${namespace}`, 'ip', ...command])
  inside('address', 'add', own, 'peer', other, 'dev', name)
  inside('link', 'set', name, 'up')
}

/** The interfaces are gone when the process is. */
const stop = async (cable: ChildProcessWithoutNullStreams): Promise<void> => {
  if (cable.exitCode !== null || cable.signalCode !== null) return
  const exited = once(cable, 'exit')
  cable.kill('SIGKILL')
  await exited
}

const isUsable = (file: string): boolean => {
  try {
    accessSync(file, constants.R_OK | constants.W_OK)
    return true
  } catch {
    return false
  }
}

const isThere = (program: string): boolean => {
  try {
    execFileSync('sh', ['-c', `command -v ${program}`], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
