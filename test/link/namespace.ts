/** A network namespace of a test's own, empty but for its loopback interface. */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'

export interface Namespace {
  /** Its file, for nsenter and setns. */
  readonly file: string
  close(): Promise<void>
}

export const newNamespace = async (): Promise<Namespace> => {
  const holder = spawn('unshare', ['--net', 'sh', '-c', 'ip link set lo up && echo up && exec cat'])
  await once(holder.stdout, 'data')
  return {
    file: `/proc/${holder.pid}/ns/net`,
    close: async () => {
      const exited = once(holder, 'exit')
      holder.stdin.end()
      await exited
    },
  }
}

/** The names of the interfaces in a namespace. */
export const interfacesIn = (file: string): readonly string[] =>
  execFileSync('nsenter', [`--net=${file}`, 'ip', '-brief', 'link'], { encoding: 'utf8' })
    .split('\n')
    .map((line) => line.split(/\s/)[0] ?? '')
    .filter(Boolean)
