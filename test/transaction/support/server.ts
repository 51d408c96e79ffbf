/** A server in a folder: the real front, program, files and lock, run by a shell of one's choice, with a stand-in for docker. */
import { type ChildProcessWithoutNullStreams, execFileSync, spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface, type Interface } from 'node:readline'
import type { Remote, RemoteProgram } from '../../../src/transaction/remote.ts'

export interface StandInContainer {
  readonly id: string
  readonly service: string
  readonly image: string
  readonly state: string
  readonly name: string
  readonly policy: string
  /** What the file conf/app.conf held as it was started. */
  readonly mounted: string
}

export interface StandInServer {
  readonly directory: string
  /** Folder in which the stand-in keeps its containers and finds what it is told; see docker.sh. */
  readonly state: string
  /** PATH on this server. */
  readonly path: string
  /** Tells the stand-in something. */
  tell(name: string, text: string): void
  untell(name: string): void
  /** Lines of a file that the stand-in wrote, none where there is none. */
  heard(name: string): string[]
  containers(service?: string): StandInContainer[]
  file(path: string): string
  /** Puts a program in front of the real one of that name. */
  program(name: string, text: string): void
  close(): void
}

/** Shells that are on this machine, by the way each is called. */
export const SHELLS: Readonly<Record<string, string | null>> = Object.fromEntries(
  ['dash', 'bash', 'busybox'].map((name) => [
    name,
    [...(process.env.PATH ?? '').split(':'), '/bin', `${process.env.DEPLOY_ACTION_PREFIX ?? '/opt/deploy-action-sandbox'}/bin`]
      .map((folder) => join(folder, name))
      .find(existsSync) ?? null,
  ]),
)

const fakeDocker = join(import.meta.dirname, 'docker.sh')

/** `sh` as that shell; bash and busybox know by the name `sh` that they are to be POSIX shells. */
export const newServer = (config: string, shell: string = SHELLS.dash ?? '/bin/sh'): StandInServer => {
  const root = mkdtempSync(join(tmpdir(), 'stand-in-'))
  const [state, bin, directory] = [join(root, 'docker state'), join(root, 'bin'), join(root, 'stack of @1 + two')]
  for (const folder of [join(state, 'containers'), join(state, 'one-off'), bin]) mkdirSync(folder, { recursive: true })
  writeFileSync(join(state, 'config'), config)
  // as a client that looks for its plugins elsewhere: compose is asked through the stand-in, whatever this machine has
  mkdirSync(join(state, '.docker'))
  writeFileSync(join(state, '.docker/config.json'), '{ "cliPluginsExtraDirs": ["/nowhere"], "currentContext": "rootless" }')
  writeFileSync(join(state, 'present'), 'postgres:16\n')
  symlinkSync(shell, join(bin, 'sh'))
  const program = (name: string, text: string): void => {
    writeFileSync(join(bin, name), text)
    chmodSync(join(bin, name), 0o755)
  }
  // under any shell: /bin/sh is not what is tested here
  program('docker', `#!/bin/sh\nstate='${state}'\n. '${fakeDocker}'\n`)
  return {
    directory,
    state,
    path: `${bin}:${process.env.PATH ?? ''}`,
    tell: (name, text) => writeFileSync(join(state, name), text),
    untell: (name) => rmSync(join(state, name), { force: true }),
    heard: (name) => textOf(join(state, name)).split('\n').filter(Boolean),
    containers: (service) => containersIn(state).filter((container) => service === undefined || container.service === service),
    file: (path) => textOf(join(directory, path)),
    program,
    close: () => rmSync(root, { recursive: true, force: true, maxRetries: 5 }),
  }
}

const textOf = (path: string): string => (existsSync(path) ? readFileSync(path, 'utf8') : '')

const containersIn = (state: string): StandInContainer[] =>
  readdirSync(join(state, 'containers'))
    .map((id) => {
      const of = (key: string): string => textOf(join(state, 'containers', id, key))
      return {
        id,
        service: of('service'),
        image: of('image'),
        state: of('state'),
        name: of('name'),
        policy: of('policy'),
        mounted: of('mounted'),
      }
    })
    .toSorted((one, other) => one.name.localeCompare(other.name))

export interface LocalRemote extends Remote {
  /** Commands that were started. */
  readonly commands: string[]
  /** Cuts the connection: neither side is told more than a closed pipe. */
  cut(): void
}

/** Runs commands as sshd does, by a login shell; `before` is what that shell prints first. */
export const localRemote = (server: StandInServer, before = ''): LocalRemote => {
  const commands: string[] = []
  const cuts: (() => void)[] = []
  const cut = (): void => {
    for (const one of cuts.splice(0)) one()
  }
  return {
    commands,
    cut,
    close: cut,
    start: async (command) => {
      commands.push(command)
      const child = spawn('/bin/sh', ['-c', `${before}\n${command}`], {
        env: { PATH: server.path, HOME: server.state },
        stdio: 'pipe',
        detached: true,
      })
      const { program, lines } = programOf(child)
      cuts.push(() => {
        for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy()
        lines.close()
      })
      return program
    },
  }
}

const programOf = (child: ChildProcessWithoutNullStreams): { program: RemoteProgram; lines: Interface } => {
  let errors = ''
  child.stderr.on('data', (chunk) => {
    errors += chunk
  })
  child.stdin.on('error', () => {})
  const lines = createInterface({ input: child.stdout, crlfDelay: Number.POSITIVE_INFINITY })
  const program: RemoteProgram = {
    write: (text) => void child.stdin.write(text),
    end: () => void child.stdin.end(),
    lines,
    stderr: () => errors,
    ended: new Promise((resolve) => child.on('close', (code) => resolve({ kind: 'exit', code: code ?? 255 }))),
  }
  return { program, lines }
}

/** Waits until something holds: polled, bounded. */
export const until = async (holds: () => boolean, what: string): Promise<void> => {
  for (let attempt = 0; attempt < 600; attempt += 1) {
    if (holds()) return
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
  throw new Error(`this never came true: ${what}`)
}

/** Nobody holds the lock, and whoever did has ended. */
export const lockIsFree = (server: StandInServer): boolean => {
  const lock = join(server.directory, '.deploy/lock')
  if (!existsSync(lock)) return true
  try {
    execFileSync('flock', ['-n', lock, 'true'])
    return true
  } catch {
    return false
  }
}
