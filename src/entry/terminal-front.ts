import { systemClock } from '../adapters/clock.ts'
import { terminalLog } from '../adapters/terminal-log.ts'
import { askedByArguments } from './arguments.ts'
import { run } from './run.ts'
import type { Front } from './tell.ts'

/** A terminal, or a script: lines on standard error. */
const terminalFront: Front = {
  kind: 'terminal',
  log: async (hidden) =>
    terminalLog(hidden, {
      write: (text) => void process.stderr.write(text),
      colours: process.stderr.isTTY === true && !process.env.NO_COLOR,
      debug: /^(1|true)$/.test(process.env.DEPLOY_DEBUG ?? ''),
      elapsed: systemClock.elapsed,
    }),
  publish: async () => {},
}

export const runInTerminal = async (args: readonly string[]): Promise<number> => {
  const asked = askedByArguments(args)
  if (asked.wants === undefined && args.length > 0) return run(asked, terminalFront)
  if (asked.wants === 'completion') return completion(asked.command)
  const { helpText, versionText } = await import('./help.ts')
  const text = asked.wants === 'version' ? versionText() : helpText(asked.command)
  const wasAsked = args.length > 0
  ;(wasAsked ? process.stdout : process.stderr).write(text)
  return wasAsked ? 0 : 78
}

/** On standard output, for a shell to read. */
const completion = async (shell: string | undefined): Promise<number> => {
  const { completionScript, SHELLS } = await import('./completion.ts')
  const script = completionScript(shell)
  if (script !== null) process.stdout.write(script)
  else
    process.stderr.write(
      `error: CONFIG: completion is for ${SHELLS.join(', ')}, not ${JSON.stringify(shell ?? '')}\nNext: deploy-action completion bash\n`,
    )
  return script === null ? 78 : 0
}
