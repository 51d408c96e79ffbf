/** What a deploy leaves with its release for a key that is only for going back; the gate before that key compares with it. */
import { createHash } from 'node:crypto'
import { TAKES_CONNECTIONS } from '../config/database-servers.ts'
import type { Config } from '../config/schema.ts'
import { knownSteps } from '../plan/data.ts'
import type { Ask } from '../plan/observed.ts'
import { configured, httpAsk, readinessOf } from '../plan/readiness.ts'
import type { Step } from '../plan/steps.ts'
import { asking, call, compile } from '../transaction/compile.ts'
import { FRONT } from '../transaction/front.ts'
import { LOOK, lookAtData } from '../transaction/looked.ts'
import { ROOMS } from '../transaction/rooms.ts'
import { requestText } from '../transaction/wire.ts'

/** The file of that name in each release. */
export const ROLLBACK_KEY = 'rollback-key'

/**
 * "front SUM REQUEST": the command of this version, and what it is sent instead of the client's files; "rooms SUM": the
 * fixed part of a rollback's program; "keep N"; "text SUM": what a program may ask services, and the database.
 */
export const rollbackKeyFile = (config: Config): string => {
  const request = Buffer.from(requestText({ [LOOK]: lookAtData(config.backup, false) })).toString('base64')
  return [
    `front ${sum(FRONT)} ${request}`,
    `rooms ${sum(fixedPart(config))}`,
    `keep ${config.keep}`,
    ...[...new Set([...questions(config).map(asking), ...calls(config)])].map((text) => `text ${sum(text)}`),
    '',
  ].join('\n')
}

const sum = (text: string): string => createHash('sha256').update(text).digest('hex')

/** Of any rollback of this config: from the first room to the line that says what was there before. */
const fixedPart = (config: Config): string => {
  const program = compile(
    { kind: 'rollback', release: '1-0000000', previous: null, fallback: null, steps: [] },
    {
      directory: '/',
      project: '',
      operation: '',
      environmentFile: '',
      compose: '. "$operation/stage/compose.sh"',
      schema: '',
      database: config.backup,
      record: { stack: {} } as never,
    },
  )
  return program.slice(program.indexOf(ROOMS[0] ?? ''), program.indexOf('\n# nothing was deployed here before\n'))
}

const questions = (config: Config): readonly Ask[] => [
  { kind: 'auto' },
  ...Object.keys(config.services).map((service) => readinessOf(configured(config, service), undefined).ask),
  ...Object.values(TAKES_CONNECTIONS).map((argv): Ask => ({ kind: 'exec', argv })),
  ...config.smoke.map(({ http, run }): Ask => (http === undefined ? { kind: 'exec', argv: run ?? [] } : httpAsk(http))),
]

const calls = (config: Config): readonly string[] => [
  ...(config.migrate === undefined ? [] : knownSteps(config.migrate).first.map((step) => call(step, 1))),
  ...config.smoke.map(({ name, service, retries, timeout }) =>
    call({ kind: 'smoke', cause: '', name, service, ask: { kind: 'auto' }, retries, timeout } satisfies Step, 1).replace(/ ready_1$/, ''),
  ),
]
