import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'

/** Layouts of runs that were killed: they may be large, and nobody would ever miss them. */
export const removeLeftovers = async (folder: string): Promise<void> => {
  for (const entry of await readdir(folder)) {
    const pid = Number(/^\..+-(\d+)(\.tar|\.written)?$/.exec(entry)?.[1] ?? Number.NaN)
    if (!Number.isNaN(pid) && !isAlive(pid)) await rm(join(folder, entry), { recursive: true, force: true })
  }
}

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
