/** Where do secrets come out of a tree of sources? Asked of the real one, and of one in which a single redaction is missing. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CANARIES, DENSE_CANARIES, SHORT, WORDS } from '../adapters/canaries.ts'
import { canaryForms, formsFound, variants } from '../adapters/canary-forms.ts'

const ALL = [...CANARIES, ...DENSE_CANARIES]

const printed = (secret: string): string =>
  [
    'first line',
    ...[...canaryForms(secret), ...variants(secret)].map(({ text }) => text),
    `\u001b[31m${[...secret].join('\u001b[0m')}\u001b[0m`,
    [...secret].join('\u0001'),
    'last line\n',
  ].join('\n')

/** Texts of others stand in a journal as base64. */
const decoded = (text: string): string =>
  `${text}\n${[...text.matchAll(/[A-Za-z0-9+/]{16,}={0,2}/g)].map(([word]) => Buffer.from(word, 'base64').toString('latin1')).join('\n')}`

const filesBelow = (folder: string): readonly string[] =>
  readdirSync(folder, { withFileTypes: true, recursive: true }).flatMap((entry) => {
    const path = join(entry.parentPath, entry.name)
    return entry.isFile() && existsSync(path) ? [path] : []
  })

/** The rooms of the server's program, with a value of the environment file and one that only containers have. */
export const serverLeaks = (root: string, secrets: readonly string[] = CANARIES.slice(0, 1)): readonly string[] =>
  secrets.flatMap((secret) => [...programLeaks(root, secret, 'environment file'), ...programLeaks(root, secret, 'container')])

/** What `logs` shows of a container that prints a value of the environment file, and one that only containers have. */
export const logsLeaks = (root: string): readonly string[] => {
  const folder = mkdtempSync(join(tmpdir(), 'leaks-'))
  const [ours = '', theirs = ''] = CANARIES
  try {
    mkdirSync(join(folder, 'bin'))
    writeFileSync(join(folder, '.env'), `THING=${ours}\n`)
    writeFileSync(join(folder, 'inspected'), `THING=${theirs}\n`)
    writeFileSync(join(folder, 'printed'), printed(ours) + printed(theirs))
    const docker =
      'case $1 in ps) case $* in *quiet*) echo c1 ;; *) echo c1 shop-api-1 ;; esac ;; inspect) cat "$FOLDER/inspected" ;; logs) cat "$FOLDER/printed" ;; esac'
    writeFileSync(join(folder, 'bin/docker'), `#!/bin/sh\n${docker}\n`, { mode: 0o755 })
    const parts = ['program/docker.sh', 'program/secrets.sh', 'asked/logs.sh'].map((part) =>
      readFileSync(join(root, 'src/transaction', part), 'utf8'),
    )
    const said = execFileSync('sh', ['-c', parts.join('\n'), 'logs', 'n0nce', folder, '.env', 'shop', '', '1000', ''], {
      encoding: 'latin1',
      env: { PATH: `${join(folder, 'bin')}:${process.env.PATH}`, FOLDER: folder, LC_ALL: 'C' },
    })
    if (!said.includes('n0nce line last line') || !said.endsWith('n0nce end\n')) throw new Error(`logs did not come to its end:\n${said}`)
    return [ours, theirs].flatMap((secret) => formsFound(secret, decoded(said)).map((form) => `${form} in logs`))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const programLeaks = (root: string, secret: string, kept: 'environment file' | 'container'): readonly string[] => {
  const folder = mkdtempSync(join(tmpdir(), 'leaks-'))
  try {
    mkdirSync(join(folder, 'stack'))
    const isOurs = kept === 'environment file'
    writeFileSync(join(folder, 'stack/.env'), isOurs ? `MODE=production\nTHING=${secret}\n` : 'MODE=production\n')
    writeFileSync(join(folder, 'container-environment'), isOurs ? 'PATH=/bin\n' : `PATH=/bin\nTHING=${secret}\n`)
    const own = isOurs
      ? printed(secret)
          .split('\n')
          .map((line) => `own:${line}`)
      : []
    writeFileSync(join(folder, 'printed'), [printed(secret), ...own].join('\n'))
    const said = execFileSync('sh', [join(import.meta.dirname, 'leaky-program.sh'), join(root, 'src/transaction/program'), folder], {
      encoding: 'latin1',
      env: { PATH: process.env.PATH, LC_ALL: 'C' },
      // what a failure of it shows is the last of this
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const files = filesBelow(join(folder, 'stack/.deploy')).map((file) => [file.split('/').at(-1), readFileSync(file, 'latin1')] as const)
    const channels = [['answers', said] as const, ...files, ...(isOurs ? [['complaint', plainOnly(folder)] as const] : [])]
    if (!said.includes('answer: ') || files.length < 5) throw new Error(`the program did not come to its end:\n${said}`)
    return channels.flatMap(([where, text]) => formsFound(secret, decoded(text)).map((form) => `${form} in ${where} (${kept})`))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** What compose complains about quotes a value as it is: of the forms only that one, in one line. */
const plainOnly = (folder: string): string =>
  readFileSync(join(folder, 'complaint'), 'latin1').split('first line\n')[1]?.split('\n')[0] ?? 'nothing was told'

/** A program that takes what it is given through every channel of the client: client-channels.ts, of that tree. */
export const clientLeaks = (root: string): readonly string[] => {
  const folder = mkdtempSync(join(tmpdir(), 'leaks-'))
  try {
    const wholes = [...WHOLES].map(([secret, forms]) => ({
      secret,
      printed: forms.map((form) => `it is ${form}, said somebody`).join('\n'),
    }))
    writeFileSync(join(folder, 'printed.json'), JSON.stringify([...ALL.map((secret) => ({ secret, printed: printed(secret) })), ...wholes]))
    execFileSync(process.execPath, ['--no-warnings', join(import.meta.dirname, 'client-channels.ts'), root, folder], {
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    const channels = JSON.parse(readFileSync(join(folder, 'channels.json'), 'utf8')) as Readonly<
      Record<string, Readonly<Record<string, string>>>
    >
    return Object.entries(channels).flatMap(([secret, byName]) =>
      Object.entries(byName).flatMap(([where, text]) => found(secret, text).map((form) => `${form} of ${secret} in ${where}`)),
    )
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const found = (secret: string, text: string): readonly string[] =>
  WHOLES.has(secret) ? (WHOLES.get(secret) ?? []).filter((form) => text.includes(form)) : formsFound(secret, text)
/** Of these every form must be gone as a whole. */
const WHOLES = new Map([
  [WORDS, [WORDS]],
  [SHORT, [SHORT, Buffer.from(SHORT).toString('base64'), Buffer.from(SHORT).toString('hex')]],
])

/** A line of an environment file, and what compose makes of it. */
const WRITTEN: readonly (readonly [line: string, value: string])[] = [
  [`TOKEN="secret \\"quoted\\" phrase" # c`, 'secret "quoted" phrase'],
  ['TOKEN="simple quoted phrase" # c', 'simple quoted phrase'],
  [`export TOKEN='single quoted phrase' # c`, 'single quoted phrase'],
  ['TOKEN=simple phrase without # c', 'simple phrase without'],
  ['  TOKEN =   spaced phrase around  ', 'spaced phrase around'],
  ['TOKEN: phrase of yaml', 'phrase of yaml'],
  ['TOKEN=dollar$$phrase', 'dollar$phrase'],
  [`TOKEN=several plain words<"'$`, `several plain words<"'$`],
  ['URL=postgres://user:simple-phrase@db/x', 'simple-phrase'],
  ['TOKEN=phrase before carriage\r', 'phrase before carriage'],
  ['KEY="first phrase\nsecond phrase"', 'second phrase'],
]

/** Only how the server hides a text, without everything that prints one. */
export const hideLeaks = (root: string): readonly string[] => [
  ...ALL.flatMap((secret) => formsFound(secret, hidden(root, `THING=${secret}`, printed(secret))).map((form) => `${form} of ${secret}`)),
  ...WRITTEN.filter(([line, value]) => {
    const shown = hidden(root, line, `(${value})\nlast line\n`)
    return (value.match(/[a-z]{5,}/g) ?? []).some((word) => shown.includes(word))
  }).map(([line]) => line),
]

/** As people would see it: whoever shows it takes colours and invisible characters out. */
const hidden = (root: string, line: string, text: string): string => {
  const script = 'directory=/nowhere env_file=.env operation=mark of_others=; container_environment=$(cat); . "$1"; hide < "$2"'
  const folder = mkdtempSync(join(tmpdir(), 'leaks-'))
  try {
    writeFileSync(join(folder, 'printed'), text)
    const shown = execFileSync('sh', ['-c', script, 'sh', join(root, 'src/transaction/program/secrets.sh'), join(folder, 'printed')], {
      encoding: 'latin1',
      env: { PATH: process.env.PATH, LC_ALL: 'C' },
      input: line,
    })
    if (!shown.includes('last line')) throw new Error(`hide did not come to its end: ${shown}`)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
    return shown.replaceAll(/\u001b?\[[0-9;]*m|[\u0000-\u0009\u000b-\u001f]/g, '')
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Secrets that reach a run by whatever way: registrations.ts, of that tree. */
export const runLeaks = (root: string): readonly string[] => {
  const folder = mkdtempSync(join(tmpdir(), 'leaks-'))
  try {
    execFileSync(process.execPath, ['--no-warnings', join(import.meta.dirname, 'registrations.ts'), root, folder], { stdio: 'pipe' })
    return JSON.parse(readFileSync(join(folder, 'leaks.json'), 'utf8')) as string[]
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
