interface ComposeCall {
  readonly project: string
  readonly file: string
  readonly command: 'up' | 'run' | 'down'
  readonly options: readonly string[]
  readonly args: readonly string[]
  readonly directory: string
  readonly env: Readonly<Record<string, string>>
  readonly onText: (text: string) => void
}

/**
 * docker compose through the npm package of that name. It buffers whatever it reads unless told otherwise, replaces
 * the environment, and rejects with a plain object where the exit code is not 0; here that is a result.
 */
export const runCompose = async (call: ComposeCall): Promise<{ readonly code: number | null }> => {
  const compose = await import('docker-compose')
  const options = {
    cwd: call.directory,
    config: call.file,
    composeOptions: ['--project-name', call.project, '--ansi', 'never', '--progress', 'plain'],
    commandOptions: [...call.options],
    env: { ...call.env },
    maxOutputLength: 0,
    callback: (chunk: Buffer) => call.onText(chunk.toString()),
  }
  try {
    const result = await start(compose, call, options)
    return { code: result.exitCode }
  } catch (failure) {
    if (typeof failure === 'object' && failure !== null && 'exitCode' in failure) return { code: failure.exitCode as number | null }
    throw failure
  }
}

const start = (compose: typeof import('docker-compose'), call: ComposeCall, options: Parameters<typeof compose.upMany>[1]) => {
  const [service = '', ...command] = call.args
  if (call.command === 'up') return compose.upMany([...call.args], options)
  return call.command === 'run' ? compose.run(service, command, options) : compose.down(options)
}
