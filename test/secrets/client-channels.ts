/** Sends secrets, in all their forms, through every channel of a tree of sources: client-channels.ts ROOT FOLDER */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const [root = '', folder = ''] = process.argv.slice(2)
const load = <T>(path: string): Promise<T> => import(join(root, 'src', path))
const { redaction } = await load<typeof import('../../src/adapters/redaction.ts')>('adapters/redaction.ts')
const { terminalLog } = await load<typeof import('../../src/adapters/terminal-log.ts')>('adapters/terminal-log.ts')
const { runnerLog } = await load<typeof import('../../src/adapters/runner-log.ts')>('adapters/runner-log.ts')
const { DeployError } = await load<typeof import('../../src/errors.ts')>('errors.ts')
const { tell } = await load<typeof import('../../src/entry/tell.ts')>('entry/tell.ts')
const { outputsOf } = await load<typeof import('../../src/entry/job-report.ts')>('entry/job-report.ts')
const { followOnGitHub } = await load<typeof import('../../src/entry/github/follow.ts')>('entry/github/follow.ts')
const { detailsOf } = await load<typeof import('../../src/report/result.ts')>('report/result.ts')
const { summary } = await load<typeof import('../../src/report/summary.ts')>('report/summary.ts')

type Log = import('../../src/ports.ts').Log
type Context = import('../../src/entry/context.ts').Context

/** Everything that goes to standard output meanwhile. */
const caught = async (work: () => Promise<unknown>): Promise<string> => {
  const write = process.stdout.write.bind(process.stdout)
  let text = ''
  process.stdout.write = ((chunk: string | Uint8Array) => {
    text += String(chunk)
    return true
  }) as typeof process.stdout.write
  try {
    await work()
  } finally {
    process.stdout.write = write
  }
  return text
    .split('\n')
    .filter((line) => !line.startsWith('::add-mask::'))
    .join('\n')
}

const place = { file: 'deploy.yml', line: 1, column: 1 }
const sayAll = async (log: Log, text: string): Promise<void> => {
  log.info(text)
  for (const line of text.split('\n')) {
    log.foreign(line)
    log.debug(line)
    log.warning(line)
    log.error(line, place)
    await log.group(line, async () => {})
  }
}

const throughTerminal = async (secret: string, printed: string): Promise<string> => {
  let text = ''
  const write = (part: string): void => {
    text += part
  }
  const log = terminalLog(redaction(), { write, colours: false, debug: true, elapsed: () => 0 })
  log.mask(secret)
  await sayAll(log, printed)
  return text
}

const throughRunner = (secret: string, printed: string): Promise<string> =>
  caught(async () => {
    const log = runnerLog(redaction())
    log.mask(secret)
    await sayAll(log, printed)
  })

const plainLines = (printed: string): string =>
  printed
    .split('\n')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: those lines are for what is shown to people
    .filter((line) => !/[\u0001\u001b]/.test(line))
    .join('\n')

/** The end of a run: document, report, summary and outputs; invisible characters stay where nobody takes them out. */
const throughReport = async (secret: string, printed: string): Promise<Readonly<Record<string, string>>> => {
  const text = plainLines(printed)
  const hidden = redaction()
  hidden.add(secret)
  const seen = { evidence: text.split('\n'), serving: text }
  const error = new DeployError('HEALTH', text, { ...seen, hint: text, places: [{ ...place, message: text }] })
  const document = {
    command: 'deploy',
    outcome: 'failed',
    failureCode: 'HEALTH',
    message: error.message,
    hint: text,
    places: [{ ...place, message: text }],
    environment: text,
    release: null,
    previousRelease: null,
    serving: [{ host: text, services: { web: { digest: null, image: text, since: null, state: text } } }],
    images: {},
    steps: [{ name: text, cause: text, start: null, duration: null, result: 'failed', detail: text }],
    findings: [
      {
        image: text,
        platforms: [text],
        severity: 'HIGH',
        id: text,
        subject: text,
        installed: text,
        fixed: text,
        acceptedUntil: null,
      },
    ],
    reportPath: null,
    url: text,
  } as const
  const channels: Record<string, string> = {}
  const silent: Log = { group: (_, work) => work(), info() {}, debug() {}, warning() {}, error() {}, foreign() {}, mask() {} }
  const reports = join(folder, 'reports')
  mkdirSync(reports, { recursive: true })
  const endings = [
    { kind: 'error', error },
    { kind: 'verdict', verdict: { outcome: 'rolled-back', failureCode: 'HEALTH', message: text, hint: text, details: seen } },
  ] as const
  for (const ending of endings)
    channels[`json of ${ending.kind}`] = await caught(() =>
      tell({
        document,
        ending,
        json: true,
        reports,
        log: silent,
        hidden,
        following: { begins() {}, ends() {}, finish: async () => text.split('\n') },
        isHasty: false,
        front: {
          kind: 'runner',
          log: async () => silent,
          publish: async (told, shown, notes) => {
            channels[`summary of ${ending.kind}`] = summary(told, detailsOf(shown), notes)
            channels[`outputs of ${ending.kind}`] = Object.values(outputsOf(told)).join('\n')
          },
        },
      }),
    )
  channels.report = readFileSync(join(reports, 'result.json'), 'utf8')
  return channels
}

/** What goes to GitHub while a run is under way, when nothing has told its end yet. */
const throughGitHub = async (secret: string, printed: string): Promise<string> => {
  const hidden = redaction()
  hidden.add(secret)
  const sent: string[] = []
  const keep = async (...given: readonly unknown[]): Promise<never> => {
    sent.push(...given.map((one) => (typeof one === 'object' ? Object.values(one ?? {}).join('\n') : String(one))))
    return [] as never
  }
  const silent: Log = { group: (_, work) => work(), info() {}, debug() {}, warning() {}, error() {}, foreign() {}, mask() {} }
  const sarif = join(folder, 'scan.sarif')
  writeFileSync(sarif, printed)
  const job = { owner: 'a', repo: 'b', apiUrl: '', runId: '1', runUrl: '', sha: '', ref: '', pullRequest: null }
  const following = followOnGitHub({
    job,
    token: { reveal: () => '' } as never,
    post: ['statuses', 'code-scanning'],
    asked: false,
    ports: { log: silent, cancellation: { signal: new AbortController().signal } } as never,
    hide: hidden.apply,
    open: () => new Proxy({}, { get: () => keep }) as never,
  })
  const context = { request: { configPath: 'deploy.yml' }, commit: { sha: '' }, noted: { sarif: [sarif] } } as unknown as Context
  following.begins('scan', context)
  following.ends('scan', context, { failureCode: 'SCAN', message: printed })
  await following.finish({ outcome: 'failed' } as never)
  return sent.join('\n')
}

const channels: Record<string, Record<string, string>> = {}
for (const { secret, printed } of JSON.parse(readFileSync(join(folder, 'printed.json'), 'utf8')) as { secret: string; printed: string }[])
  channels[secret] = {
    terminal: await throughTerminal(secret, printed),
    runner: await throughRunner(secret, printed),
    github: await throughGitHub(secret, plainLines(printed)),
    ...(await throughReport(secret, printed)),
  }
writeFileSync(join(folder, 'channels.json'), JSON.stringify(channels))
