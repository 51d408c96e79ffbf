/** The arguments of every process, looked at again and again while something runs: on this machine and on a server. */
import { readdirSync, readFileSync } from 'node:fs'
import type { Server } from './server.ts'

const textOf = (path: string): string => {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return ''
  }
}

/** Of this process's children and all that they start: on a machine that others use, too. */
export const watchOwnChildren = (): { readonly stop: () => readonly string[] } => {
  const seen = new Set<string>()
  const look = (): void => {
    const parents = new Map<number, number>()
    for (const name of readdirSync('/proc')) {
      if (!/^\d+$/.test(name)) continue
      const [, parent] = /^\d+ \(.*\) \S (\d+)/s.exec(textOf(`/proc/${name}/stat`)) ?? []
      parents.set(Number(name), Number(parent ?? 0))
    }
    for (const pid of parents.keys()) {
      let above = parents.get(pid) ?? 0
      while (above > 1 && above !== process.pid) above = parents.get(above) ?? 0
      if (above === process.pid) seen.add(textOf(`/proc/${pid}/cmdline`).replaceAll('\0', '\n'))
    }
  }
  const timer = setInterval(look, 20)
  return {
    stop: () => {
      clearInterval(timer)
      return [...seen]
    },
  }
}

const FOLDER = '/root/watched-arguments'

/** Of all processes of a server, those in containers included. */
export const watchServer = async (server: Server): Promise<{ readonly stop: () => Promise<string> }> => {
  // double quotes: all of it stands between single ones
  const look = `cat /proc/[0-9]*/cmdline 2> /dev/null | tr "\\0" "\\n" | sort -u >> ${FOLDER}/seen`
  const loop = `while [ -e ${FOLDER}/on ]; do ${look}; sleep 0.02; [ $(stat -c %s ${FOLDER}/seen) -lt 3000000 ] || { sort -u ${FOLDER}/seen > ${FOLDER}/less; mv ${FOLDER}/less ${FOLDER}/seen; }; done; touch ${FOLDER}/ended`
  await server.run(
    `rm -rf ${FOLDER}; mkdir -m 700 ${FOLDER}; touch ${FOLDER}/on; setsid sh -c '${loop}' > /dev/null 2>&1 < /dev/null &`,
    'root',
  )
  return {
    stop: () =>
      server.run(`rm -f ${FOLDER}/on; until [ -e ${FOLDER}/ended ]; do sleep 0.05; done; sort -u ${FOLDER}/seen; rm -rf ${FOLDER}`, 'root'),
  }
}
