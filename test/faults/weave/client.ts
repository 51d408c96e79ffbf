/** Failpoints of the client, woven into a test bundle only: the same protocol as failpoints.sh, in a folder of the client's machine. */
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const folder = process.env.DEPLOY_ACTION_TEST_FAILPOINTS
const passed = new Map<string, number>()

/** Holds the whole process, as a kill would find it: no timer, no sign of life goes out meanwhile. */
export const failpoint = (name: string): void => {
  if (folder === undefined) return
  const full = `client: ${name}`
  const count = (passed.get(full) ?? 0) + 1
  passed.set(full, count)
  appendFileSync(join(folder, 'trace'), `${full}\n`)
  if (textOf(join(folder, 'armed')).trim() !== `${count} ${full}`) return
  mkdirSync(join(folder, 'reached'))
  const clock = new Int32Array(new SharedArrayBuffer(4))
  while (!existsSync(join(folder, 'go'))) Atomics.wait(clock, 0, 0, 20)
}

const textOf = (path: string): string => (existsSync(path) ? readFileSync(path, 'utf8') : '')
