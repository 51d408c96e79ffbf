import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ByteReader, lineReader } from './output.ts'

interface ComposeCall {
  readonly project: string
  readonly files: readonly string[]
  readonly command: 'up' | 'run' | 'down'
  readonly options: readonly string[]
  readonly args: readonly string[]
  readonly directory: string
  readonly env: Readonly<Record<string, string>>
  readonly onLine: (line: string) => void
  readonly signal?: AbortSignal
}

type Compose = typeof import('docker-compose')

/** Leaves its process id behind and becomes docker: the package keeps its child to itself. */
const NOTE_PROCESS = 'echo $$ > "$0" && exec docker "$@"'

/**
 * docker compose through the npm package of that name. It buffers whatever it reads unless told otherwise, replaces
 * the environment, and rejects with a plain object where the exit code is not 0; here that is a result.
 */
export const runCompose = async (call: ComposeCall): Promise<{ readonly code: number | null }> => {
  const compose = await import('docker-compose')
  const folder = await mkdtemp(join(tmpdir(), 'deploy-action-compose-'))
  const note = join(folder, 'pid')
  const stop = () => void terminate(note)
  const output = { stdout: lineReader(call.onLine), stderr: lineReader(call.onLine) }
  call.signal?.addEventListener('abort', stop)
  try {
    return { code: (await start(compose, { ...call, note, output })).exitCode }
  } catch (failure) {
    if (typeof failure === 'object' && failure !== null && 'exitCode' in failure) return { code: failure.exitCode as number | null }
    throw failure
  } finally {
    output.stdout.end()
    output.stderr.end()
    call.signal?.removeEventListener('abort', stop)
    await rm(folder, { recursive: true, force: true })
  }
}

const start = (
  compose: Compose,
  call: ComposeCall & { readonly note: string; readonly output: Record<'stdout' | 'stderr', ByteReader> },
) => {
  const options = {
    cwd: call.directory,
    config: [...call.files],
    executable: { executablePath: 'sh', options: ['-c', NOTE_PROCESS, call.note] },
    composeOptions: ['--project-name', call.project, '--ansi', 'never', '--progress', 'plain'],
    commandOptions: [...call.options],
    env: { ...call.env },
    maxOutputLength: 0,
    callback: (chunk: Buffer, stream: 'stdout' | 'stderr' = 'stdout') => call.output[stream].add(chunk),
  }
  const [service = '', ...command] = call.args
  if (call.command === 'up') return compose.upMany([...call.args], options)
  return call.command === 'run' ? compose.run(service, command, options) : compose.down(options)
}

/** docker hands the signal on to its compose plugin. */
const terminate = async (note: string): Promise<void> => {
  const pid = Number(await readFile(note, 'utf8').catch(() => ''))
  if (pid <= 1) return
  try {
    process.kill(pid, 'SIGTERM')
  } catch {
    // it ended by itself
  }
}
