/** The front for real: lock, whole bodies only, noise, silence, cancellation, and the follower. */
import { execFileSync, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { afterEach, describe, expect, test } from '@jest/globals'
import { DeployError } from '../../src/errors.ts'
import { frontCommand } from '../../src/transaction/front.ts'
import { journalEvent } from '../../src/transaction/journal.ts'
import { goText, requestText } from '../../src/transaction/wire.ts'
import { localRemote, lockIsFree, newServer, SHELLS, type StandInServer, until } from './support/server.ts'
import { deploy, endOf, failureOf, MODEL, serving } from './support/stack.ts'

const servers: StandInServer[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})
const server = (shell?: string | null): StandInServer => {
  const made = newServer(MODEL, shell ?? undefined)
  servers.push(made)
  return made
}
/** The migration waits until the test says "go". */
const waitingMigration = (on: StandInServer): { began: () => boolean; release: () => void } => {
  on.tell('one-off/migrate', `: > '${on.state}/migrating'; while ! [ -e '${on.state}/go' ]; do sleep 0.05; done`)
  return { began: () => existsSync(`${on.state}/migrating`), release: () => on.tell('go', '') }
}
const journals = (on: StandInServer): string[] =>
  existsSync(`${on.directory}/.deploy/operations`)
    ? execFileSync('find', [`${on.directory}/.deploy/operations`, '-name', 'journal'], { encoding: 'utf8' })
        .split('\n')
        .filter(Boolean)
    : []

describe.each(Object.entries(SHELLS))('the front under %s', (_, shell) => {
  const testThere = shell === null ? test.skip : test
  const raw = async (on: StandInServer, text: string): Promise<string[]> => {
    const command = frontCommand({
      verb: 'operate',
      nonce: 'abcdef',
      directory: on.directory,
      project: 'shop',
      operation: 'op-1',
      environmentFile: '.env',
      waitSeconds: 5,
      holder: 'me',
      target: '',
      repository: '-',
    })
    const program = await localRemote(on).start(command)
    program.write(text)
    program.end()
    const lines: string[] = []
    for await (const line of program.lines) lines.push(line)
    return lines
  }
  const request = requestText({
    'project/a': 'x'.repeat(9000),
    'compose.sh': 'compose_over() { shift 3; docker compose --project-name shop "$@"; }\n',
  })
  // what does not repeat itself: it has to be longer than the places where it is cut
  const go = goText(`: > ran\n# ${randomBytes(1500).toString('base64')}\n`, 'c2VjcmV0')

  testThere(
    'a body that was cut anywhere, or changed, is never run',
    async () => {
      const on = server(shell)
      const texts = [0, 1, 40, 64, 65, 66, 100, request.length - 1, request.length - 3].map((end) => request.slice(0, end))
      // gzip makes of the request what is shorter than one line: the places in the program are found from its end
      for (const end of [1, 3, 66, 67, 68, 200, go.length - 40, go.length - 12, go.length - 10, go.length - 1])
        texts.push(request + go.slice(0, end))
      const at = request.length + 200
      texts.push(`${(request + go).slice(0, at)}${(request + go)[at] === 'A' ? 'B' : 'A'}${(request + go).slice(at + 1)}`)
      texts.push(`${request.slice(0, 90)}${request[90] === 'A' ? 'B' : 'A'}${request.slice(91)}${go}`)
      for (const text of texts) await raw(on, text)
      expect(existsSync(`${on.directory}/ran`)).toBe(false)
      expect(journals(on)).toEqual([])
      expect(lockIsFree(on)).toBe(true)
      // and the same whole one does run
      await raw(on, request + go)
      await until(() => existsSync(`${on.directory}/ran`), 'the program ran')
    },
    60_000,
  )

  testThere(
    'a request of 2 MB arrives, byte for byte',
    async () => {
      const on = server(shell)
      const large = Buffer.from(Array.from({ length: 2_000_000 }, (__, index) => (index * 7919 + (index >> 8) * 31) & 255))
      const done = await deploy(on, { version: 1, files: { 'project/conf/large.bin': large } })
      expect([failureOf(done), endOf(done)]).toEqual(['', 'committed'])
      expect(execFileSync('cat', [`${on.directory}/conf/large.bin`], { maxBuffer: 1e8 }).equals(large)).toBe(true)
    },
    60_000,
  )
})

describe('the lock', () => {
  test('whoever comes second waits, and is told for whom; or is refused with who holds it and where that stands', async () => {
    const on = server()
    const migration = waitingMigration(on)
    const first = deploy(on, { version: 1 })
    await until(migration.began, 'the migration runs')
    const refused = await deploy(on, { version: 2, waitSeconds: 0 }).catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(DeployError)
    expect((refused as DeployError).message).toMatch(
      /^LOCK: another operation holds the stack in .* on web-1: deploy by a test, since 20\S+Z, operation \S+, at step \d+: migrate alembic \d+$/,
    )
    const second = deploy(on, { version: 2, waitSeconds: 60 })
    // it has said that it waits, so it cannot have begun before the first was done
    migration.release()
    expect([endOf(await first), endOf(await second), serving(on)]).toEqual(['committed', 'committed', 'api 2, bot 2'])
  })

  test('a look takes no lock and writes nothing', async () => {
    const on = server()
    await deploy(on, { version: 1 })
    const migration = waitingMigration(on)
    const first = deploy(on, { version: 2 })
    await until(migration.began, 'the migration runs')
    // made meanwhile, in the background
    const created = () => execFileSync('find', [on.directory, '-name', 'create-status', '-printf', 'x'], { encoding: 'utf8' })
    await until(() => created() === 'xx', 'the containers of both are created')
    const before = execFileSync('find', [on.directory, '-printf', '%p\n'], { encoding: 'utf8' })
    const seen = await deploy(on, { version: 2, verb: 'observe', waitSeconds: 0 })
    expect(seen.observed?.current).toBe('1-1111111')
    expect(seen.observed?.unfinished).toHaveLength(1)
    expect(execFileSync('find', [on.directory, '-printf', '%p\n'], { encoding: 'utf8' })).toBe(before)
    migration.release()
    expect(endOf(await first)).toBe('committed')
  })

  test.each(['fact', 'ready'])('a look leaves nothing in the temporary folder when its client goes at the word "%s"', async (word) => {
    const on = server()
    await deploy(on, { version: 1 })
    const temporary = `${on.state}/temporary`
    mkdirSync(temporary)
    const front = { nonce: 'abcdef', directory: on.directory, project: 'shop', operation: 'op', environmentFile: '.env', waitSeconds: 0 }
    const command = frontCommand({ ...front, verb: 'observe', holder: '', target: '', repository: '-' })
    const child = spawn('/bin/sh', ['-c', command], { env: { PATH: on.path, TMPDIR: temporary }, stdio: ['pipe', 'pipe', 'ignore'] })
    const ended = new Promise((resolve) => child.on('exit', resolve))
    child.stdin.on('error', () => undefined)
    child.stdin.write(
      requestText({ 'project/a': 'x', 'compose.sh': 'compose_over() { shift 3; docker compose --project-name shop "$@"; }\n' }),
    )
    let said = ''
    for await (const chunk of child.stdout) {
      said += chunk
      if (said.includes(`abcdef ${word}`)) break
    }
    await ended
    expect(said).toContain(`abcdef ${word}`)
    expect(readdirSync(temporary)).toEqual([])
  })

  test('a look at a directory that is not there yet creates nothing', async () => {
    const on = server()
    const seen = await deploy(on, { version: 1, verb: 'observe' })
    expect(seen.observed).toMatchObject({ directory: 'there', current: null, releases: [] })
    expect(existsSync(on.directory)).toBe(false)
  })

  test('what a client leaves that never decided is gone after the next run', async () => {
    const on = server()
    await deploy(on, { version: 1, leave: true })
    await deploy(on, { version: 1, leave: true })
    await until(() => readdirSync(`${on.directory}/.deploy/operations`).length === 0, 'nothing of them is left')
  })
})

describe('a client that goes', () => {
  test('before the switch: nothing that serves is touched', async () => {
    const on = server()
    await deploy(on, { version: 1 })
    const migration = waitingMigration(on)
    const remote = localRemote(on)
    const lost = deploy(on, {
      version: 2,
      remote,
      reconnect: async () => {
        throw new DeployError('CONNECT', 'gone')
      },
    }).catch((error: unknown) => String(error))
    await until(migration.began, 'the migration runs')
    remote.cut()
    expect(await lost).toMatch(/UNKNOWN: /)
    migration.release()
    await until(
      () =>
        journals(on).every(
          (path) =>
            / end aborted$/m.test(execFileSync('cat', [path], { encoding: 'utf8' })) ||
            / end committed$/m.test(execFileSync('cat', [path], { encoding: 'utf8' })),
        ),
      'the program has ended',
    )
    expect(serving(on)).toBe('api 1, bot 1')
    const next = await deploy(on, { version: 2 })
    expect(endOf(next)).toBe('committed')
  })

  test('after the switch: the server finishes alone, and the client that comes again sees everything once', async () => {
    const on = server()
    await deploy(on, { version: 1 })
    const remote = localRemote(on)
    const done = await deploy(on, {
      version: 2,
      remote,
      onEvent: ({ kind }) => {
        if (kind === 'switch') remote.cut()
      },
    })
    expect([endOf(done), serving(on)]).toEqual(['committed', 'api 2, bot 2'])
    const journal = on
      .file(`.deploy/operations/${done.operation}/journal`)
      .split('\n')
      .flatMap((line) => journalEvent(line) ?? [])
    expect(done.events).toEqual(journal)
  })

  test('who falls silent before the switch is taken for gone', async () => {
    const on = server()
    await deploy(on, { version: 1 })
    const migration = waitingMigration(on)
    const silent = deploy(on, { version: 2 })
    await until(migration.began, 'the migration runs')
    const [operation = ''] = readdirSync(`${on.directory}/.deploy/operations`).toSorted().reverse()
    expect(existsSync(`${on.directory}/.deploy/operations/${operation}/alive`)).toBe(true)
    // the last sign of life is long ago
    writeFileSync(`${on.directory}/.deploy/operations/${operation}/alive`, '1.00 1.00\n')
    migration.release()
    const ended = await silent
    expect([failureOf(ended), endOf(ended), serving(on)]).toEqual([
      'CANCELLED: the client fell silent before anything that serves was touched',
      'aborted',
      'api 1, bot 1',
    ])
  })

  test('who cancels before the switch stops it; after the commit it is too late, also where nothing was switched', async () => {
    const on = server()
    await deploy(on, { version: 1 })
    const migration = waitingMigration(on)
    const abort = new AbortController()
    const cancelled = deploy(on, { version: 2, cancellation: { signal: abort.signal } })
    await until(migration.began, 'the migration runs')
    abort.abort()
    await until(
      () => execFileSync('find', [`${on.directory}/.deploy/operations`, '-name', 'cancelled'], { encoding: 'utf8' }) !== '',
      'the server heard it',
    )
    migration.release()
    const ended = await cancelled
    expect([failureOf(ended), endOf(ended), serving(on)]).toEqual([
      'CANCELLED: the run was cancelled before anything that serves was touched',
      'aborted',
      'api 1, bot 1',
    ])
    // only a file differs: no switch, so nothing but the commit makes it too late
    on.program(
      'ln',
      `#!/bin/sh\n/bin/ln "$@" || exit\n: > '${on.directory}'/.deploy/operations/$(ls '${on.directory}/.deploy/operations' | tail -n 1)/cancelled\n`,
    )
    const late = await deploy(on, { version: 1, files: { 'project/unmounted.txt': 'x' } })
    expect([failureOf(late), endOf(late)]).toEqual(['', 'committed'])
    expect(on.file('.deploy/current/release.json')).toContain('"id":"2-')
  })
})

describe('what stands on the server', () => {
  test('a login shell that prints is no trouble, also with lines that look like ours', async () => {
    const on = server()
    const before =
      'echo "Welcome"; echo "fact engine eA=="; echo ready; echo "abcdef fact engine eA=="; printf "no newline "; echo; echo "5 end committed" >&2'
    const done = await deploy(on, { version: 1, remote: localRemote(on, before) })
    expect([failureOf(done), endOf(done)]).toEqual(['', 'committed'])
    expect(done.said).toEqual(expect.arrayContaining(['Welcome', 'fact engine eA==', 'ready']))
  })

  test('tools that are missing are named, also the one that facts are told with', async () => {
    const on = server()
    for (const hidden of ['flock', 'base64']) on.program(hidden, '')
    for (const hidden of ['flock', 'base64']) chmodSync(`${on.path.split(':')[0]}/${hidden}`, 0o644)
    // without the real ones behind
    const bin = on.path.split(':')[0] ?? ''
    const all = execFileSync(
      'sh',
      [
        '-c',
        'for tool in sha256sum tar gzip sync timeout stat df tail tac awk sed grep mktemp realpath setsid mkdir cat; do command -v $tool; done',
      ],
      { encoding: 'utf8' },
    )
      .split('\n')
      .filter(Boolean)
    for (const path of all) execFileSync('ln', ['-sf', path, bin])
    const child = spawn(
      '/bin/sh',
      [
        '-c',
        frontCommand({
          verb: 'observe',
          nonce: 'abcdef',
          directory: on.directory,
          project: 'shop',
          operation: 'op',
          environmentFile: '.env',
          waitSeconds: 0,
          holder: '',
          target: '',
          repository: '-',
        }),
      ],
      { env: { PATH: bin }, stdio: ['ignore', 'pipe', 'inherit'] },
    )
    let output = ''
    for await (const chunk of child.stdout ?? []) output += chunk
    expect(output).toBe('abcdef lacks flock base64\nabcdef bye 0\n')
  })

  test('a folder of ours that somebody else made is told as not writable, not as a broken shell', async () => {
    if (process.getuid?.() === 0) {
      // root may write anywhere: a lock that is a folder is what even root cannot open
      const on = server()
      execFileSync('mkdir', ['-p', `${on.directory}/.deploy/lock`])
      const seen = await deploy(on, { version: 1, leave: true })
      expect(seen.observed?.directory).toBe('foreign')
      return
    }
    const on = server()
    await deploy(on, { version: 1 })
    chmodSync(`${on.directory}/.deploy/lock`, 0o400)
    expect((await deploy(on, { version: 1, leave: true })).observed?.directory).toBe('unwritable')
  })

  test('no value of the environment file is told or written, not even the line that compose cannot read', async () => {
    const on = server()
    on.tell('unresolvable', 'failed to read /opt/.env: line 3: unexpected character "+" in variable name "TOP+SECRET=hunter2"\n')
    const seen = await deploy(on, { version: 1, verb: 'observe' })
    expect(seen.observed?.model).toEqual({
      error: 'failed to read /opt/.env: line 3: unexpected character "+" in variable name (the line is not shown)'.replace(
        'in variable name (',
        'in a variable name (',
      ),
    })
    on.untell('unresolvable')
    on.tell(
      'config',
      `${MODEL.replace(/ {4}healthcheck:\n.*\n$/, '')}    environment:\n      TOKEN: hunter2\n    command:\n      - hunter2\n    labels:\n      a: hunter2\n    deploy:\n      labels:\n        traefik: hunter2\n      replicas: 2\n    healthcheck:\n      test:\n        - hunter2\nconfigs:\n  a:\n    content: hunter2\n`,
    )
    const look = await deploy(on, { version: 1, verb: 'observe' })
    expect(JSON.stringify(look.observed)).not.toContain('hunter2')
    expect(look.observed?.model).toMatchObject({ services: { db: { replicas: 2, healthcheck: true } } })
    await deploy(on, { version: 1, leave: true })
    expect(() => execFileSync('grep', ['-r', 'hunter2', `${on.directory}/.deploy`])).toThrow()
  })

  test('what is ours is for its owner alone', async () => {
    const on = server()
    await deploy(on, { version: 1 })
    expect((statSync(`${on.directory}/.deploy`).mode & 0o777).toString(8)).toBe('700')
  })
})
