/** The client's side alone, against a server that says exactly what a test wants. */
import { describe, expect, test } from '@jest/globals'
import { DeployError } from '../../src/errors.ts'
import type { Observed } from '../../src/plan/observed.ts'
import { Secret } from '../../src/ports.ts'
import type { JournalEvent } from '../../src/transaction/journal.ts'
import { type Decision, operate } from '../../src/transaction/operate.ts'
import type { Remote, RemoteProgram } from '../../src/transaction/remote.ts'
import type { Patience } from '../../src/transaction/silence.ts'
import { ports } from '../entry/fakes.ts'

const NONCE = 'f00dfeedf00dfeed'
const GO: Decision = { kind: 'go', program: 'the program', credentials: 'c2VjcmV0' }
const fact = (name: string, value: string): string => `${NONCE} fact ${name} ${Buffer.from(value).toString('base64')}`
const ours = (words: string): string => `${NONCE} ${words}`

/** What the server says, in turn; a function acts or waits, null means that the connection goes. */
type Script = readonly (string | null | ((server: FakeServer) => unknown))[]

interface FakeServer {
  readonly written: string[]
  /** Resolves when the client has written this. */
  heard(text: string): Promise<void>
  readonly closed: Promise<void>
}

const fakeRemote = (script: Script): { remote: Remote; commands: string[]; written: string[]; closed: Promise<void> } => {
  const commands: string[] = []
  const written: string[] = []
  const watchers = new Set<() => void>()
  let close = (): void => {}
  const closed = new Promise<void>((resolve) => {
    close = resolve
  })
  const server: FakeServer = {
    written,
    closed,
    heard: (text) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (written.join('').includes(text)) resolve()
        }
        watchers.add(look)
        look()
      }),
  }
  const say = async function* (): AsyncGenerator<string> {
    for (const line of script) {
      if (line === null) return
      if (typeof line === 'string') yield line
      // a closed connection ends the lines, whatever the server would still do
      else if ((await Promise.race([Promise.resolve(line(server)), closed.then(() => CLOSED)])) === CLOSED) return
    }
  }
  const program: RemoteProgram = {
    write: (text) => {
      written.push(text)
      for (const watcher of watchers) watcher()
    },
    end: () => void written.push('<end>'),
    lines: say(),
    stderr: () => 'bash: sh: command not found\n',
    ended: Promise.resolve(script.includes(null) ? { kind: 'lost', reason: 'the connection was reset' } : { kind: 'exit', code: 127 }),
  }
  return {
    commands,
    written,
    closed,
    remote: {
      start: async (command) => {
        commands.push(command)
        return program
      },
      close,
    },
  }
}
const CLOSED = Symbol('closed')

const run = async (
  scripts: readonly (Script | 'unreachable')[],
  options: { decision?: Decision; decide?: (observed: Observed) => Promise<Decision>; abort?: AbortController; patience?: Patience } = {},
) => {
  const said: string[] = []
  const note = (line: string): void => void said.push(line)
  const events: JournalEvent[] = []
  const remotes: ReturnType<typeof fakeRemote>[] = []
  const pauses: number[] = []
  let observed: Observed | undefined
  const outcome = await operate(
    {
      connect: async () => {
        const script = scripts[remotes.length] ?? 'unreachable'
        const made = fakeRemote(script === 'unreachable' ? [] : script)
        remotes.push(made)
        if (script === 'unreachable') throw new DeployError('CONNECT', 'nobody there')
        return made.remote
      },
      target: { host: 'web-1', port: 22, user: 'deploy', key: new Secret(''), pins: { keys: [], fingerprints: [] } },
      front: {
        verb: 'operate',
        nonce: NONCE,
        directory: '/opt/stacks/shop',
        project: 'shop',
        operation: 'op-1',
        environmentFile: '.env',
        waitSeconds: 60,
        holder: 'me',
        target: '',
        repository: '-',
      },
      files: { a: 'b' },
      decide: async (seen) => {
        observed = seen
        return options.decide?.(seen) ?? options.decision ?? GO
      },
      onEvent: (event) => events.push(event),
      stepName: (step) => `named ${step}`,
    },
    ports({
      log: {
        group: (_, work) => work(),
        info: note,
        debug: note,
        warning: note,
        error: note,
        foreign: (line) => note(`foreign: ${line}`),
        mask: () => {},
      },
      clock: { now: () => new Date(0), elapsed: () => 0, sleep: async (ms) => void pauses.push(ms) },
      ...(options.abort === undefined ? {} : { cancellation: { signal: options.abort.signal } }),
    }),
    options.patience,
  ).catch((error: unknown) => {
    if (error instanceof DeployError) return error
    throw error
  })
  return {
    outcome,
    message: outcome instanceof DeployError ? outcome.message : '',
    said,
    events: events.map(({ kind, ...rest }) => ('step' in rest ? `${kind} ${rest.step}` : 'end' in rest ? `${kind} ${rest.end}` : kind)),
    remotes,
    pauses,
    observed,
  }
}

const READY = [fact('engine', '28.5.2 linux/amd64 28.5.2'), ours('ready')]
const WORK = ['100 start 1 ;', '101 step 1 ;', '102 done 1 ;', '103 switch ;']
const END = ['104 end committed ;', ours('bye 0')]

describe('a run without trouble', () => {
  test('looks, decides, lets the server do it and watches, on one connection with one command', async () => {
    const { outcome, events, remotes, observed } = await run([[...READY, ours('follow'), ...WORK, ...END]])
    expect(outcome).toEqual({ kind: 'ended' })
    expect(events).toEqual(['start', 'step 1', 'done 1', 'switch', 'end committed'])
    expect(remotes.map(({ commands }) => commands.length)).toEqual([1])
    expect(observed?.engine).toEqual({ version: '28.5.2', platform: 'linux/amd64' })
    const text = remotes[0]?.written.join('') ?? ''
    expect(text).toMatch(/^[0-9a-f]{64}\n[\s\S]+\n\.\ngo [0-9a-f]{64}\n[\s\S]+\n\.\nc2VjcmV0\n<end>/)
  })

  test('where there is nothing to do, the server is left without a word', async () => {
    const { outcome, remotes } = await run([[...READY]], { decision: { kind: 'leave' } })
    expect(outcome).toEqual({ kind: 'left' })
    expect(remotes[0]?.written.join('')).not.toContain('go ')
  })

  test('what others write is shown as theirs, and is never a fact of ours', async () => {
    const noise = [
      'Welcome to Debian',
      'fact engine eA==',
      'ready',
      `${NONCE}x ready`,
      ` ${NONCE} ready`,
      '104 end committed',
      '::set-output name=a::b',
      '',
    ]
    const { events, said, observed } = await run([[...noise, ...READY, ours('follow'), ...WORK, 'a stray line', ...END]])
    expect(said).toEqual(expect.arrayContaining([...noise, 'a stray line'].map((line) => `foreign: ${line}`)))
    expect(observed?.engine).toEqual({ version: '28.5.2', platform: 'linux/amd64' })
    expect(events).toEqual(['start', 'step 1', 'done 1', 'switch', 'end committed'])
  })

  test('a fact in several lines is one fact', async () => {
    const text = Buffer.from('28.5.2 linux/amd64 é').toString('base64')
    const chunks = [text.slice(0, 8), text.slice(8, 16), text.slice(16)]
    const { observed } = await run(
      [[...chunks.slice(0, 2).map((chunk) => ours(`more engine ${chunk}`)), ours(`fact engine ${chunks[2]}`), ours('ready')]],
      { decision: { kind: 'leave' } },
    )
    expect(observed?.engine).toEqual({ version: '28.5.2', platform: 'linux/amd64' })
  })

  test('a fact without end does not fill the memory', async () => {
    const megabyte = 'A'.repeat(1024 * 1024)
    const { message } = await run([Array.from({ length: 40 }, () => ours(`more engine ${megabyte}`))])
    expect(message).toBe('CONNECT: what web-1 tells, at last of engine, has no end; nothing was touched')
  })

  test('facts named like parts of JavaScript are only facts', async () => {
    const { observed } = await run([[fact('__proto__', 'x'), fact('constructor', 'x'), ...READY]], { decision: { kind: 'leave' } })
    expect(observed?.missingTools).toEqual([])
    expect(({} as Record<string, unknown>).x).toBe(undefined)
  })
})

describe('refusals', () => {
  test('LOCK names who holds it and since when', async () => {
    const { message, said } = await run([
      [
        fact('waiting', 'deploy by bob\nsince 10:00\noperation x\n'),
        fact('locked', 'deploy by bob\nsince 10:00\noperation x\nat 5 step 3\n'),
        ours('bye 0'),
      ],
    ])
    expect(message).toBe(
      'LOCK: another operation holds the stack in /opt/stacks/shop on web-1: deploy by bob, since 10:00, operation x, at 5 step 3',
    )
    expect(said[0]).toBe('Waiting for the lock, held by deploy by bob, since 10:00, operation x')
  })

  test('missing tools and a missing directory are for the decision to say', async () => {
    const { observed } = await run([[ours('lacks flock setsid'), ours('bye 0')]], { decision: { kind: 'leave' } })
    expect(observed?.missingTools).toEqual(['flock', 'setsid'])
    expect((await run([[fact('directory', 'unwritable'), ours('bye 0')]], { decision: { kind: 'leave' } })).observed?.directory).toBe(
      'unwritable',
    )
  })

  test('a key that may not do this is refused in the words of the gate before it, whether it looks or has the program already', async () => {
    const no = fact('gate', 'this key may only look at /opt/stacks/shop and roll it back: a hook stands in its plan')
    const sentence =
      'AUTH: deploy@web-1: this key may only look at /opt/stacks/shop and roll it back: a hook stands in its plan; nothing was touched'
    expect((await run([[no]])).message).toBe(sentence)
    expect((await run([[...READY, no, ours('bye 0')]])).message).toBe(sentence)
  })

  test('a request or program that did not arrive whole was not used', async () => {
    expect((await run([[ours('incomplete request'), ours('bye 0')]])).message).toBe(
      'CONNECT: the request did not arrive whole on web-1; nothing was touched',
    )
    expect((await run([[...READY, ours('incomplete program'), ours('bye 0')]])).message).toBe(
      'CONNECT: the program did not arrive whole on web-1; nothing was touched',
    )
  })

  test('where there was no room for it, that is said', async () => {
    const { outcome, message } = await run([[ours('full'), ours('incomplete request'), ours('bye 0')]])
    expect(message).toBe('CONFIG: web-1 has no room left for the request in /opt/stacks/shop; nothing was touched')
    expect(outcome instanceof DeployError && outcome.details.hint).toContain('df -h /opt/stacks/shop')
  })

  test('a server that is no shell is told from its exit, with what it printed', async () => {
    const { outcome, message } = await run([['This account is currently not available.']])
    expect(message).toBe('CONNECT: web-1 did not answer as a shell does: it ended with exit code 127; nothing was touched')
    expect(outcome instanceof DeployError && outcome.details.evidence).toEqual(['bash: sh: command not found'])
  })

  test('lost before anything was decided, nothing was touched', async () => {
    expect((await run([[fact('engine', 'x'), null]])).message).toBe(
      'CONNECT: web-1 did not answer as a shell does: the connection was reset; nothing was touched',
    )
  })

  test('what the decision throws is what the caller gets, and the connection is closed', async () => {
    const { message, remotes } = await run([READY], {
      decide: async () => {
        throw new DeployError('STALE', 'older')
      },
    })
    expect(message).toBe('STALE: older')
    await remotes[0]?.closed
  })
})

describe('the connection goes while the server works', () => {
  test('it is found again, from the line after the last, and nothing is told twice', async () => {
    const { outcome, events, remotes, pauses } = await run([
      [...READY, ours('follow'), ...WORK, null],
      'unreachable',
      [ours('follow'), ...END],
    ])
    expect(outcome).toEqual({ kind: 'ended' })
    expect(events).toEqual(['start', 'step 1', 'done 1', 'switch', 'end committed'])
    expect(pauses).toEqual([500, 2000])
    expect(remotes[2]?.commands[0]).toMatch(/ follow f00dfeedf00dfeed .* me 5 -$/)
  })

  test('a line that the loss cut in two comes again whole', async () => {
    const { events, remotes } = await run([
      [...READY, ours('follow'), ...WORK, '104 end comm', null],
      [ours('follow'), ...END],
    ])
    expect(events).toEqual(['start', 'step 1', 'done 1', 'switch', 'end committed'])
    expect(remotes[1]?.commands[0]).toMatch(/ me 5 -$/)
  })

  test('noise between the lines does not move the place to go on from', async () => {
    const { remotes } = await run([
      [...READY, ours('follow'), 'noise', ...WORK, 'noise', ours('bye 0')],
      [ours('follow'), ...END],
    ])
    expect(remotes[1]?.commands[0]).toMatch(/ me 5 -$/)
  })

  test('not found again, nobody knows: it says where to look', async () => {
    const { outcome, message, pauses } = await run([[...READY, ours('follow'), ...WORK, null]])
    expect(message).toBe('UNKNOWN: contact with web-1 was lost and not regained; operation op-1 finishes or rolls back there alone')
    expect(outcome instanceof DeployError && outcome.details.hint).toBe(
      'by hand: wait a minute, then ask\ndeploy-action status\non the server: tail /opt/stacks/shop/.deploy/operations/op-1/journal',
    )
    expect(pauses).toEqual([500, 2000, 5000, 10_000])
  })

  test('lost before the program was there whole, the server knows of no operation: nothing was touched', async () => {
    expect(
      (
        await run([
          [...READY, null],
          [ours('gone'), ours('bye 0')],
        ])
      ).message,
    ).toMatch(/^CONNECT: .* did not arrive whole on web-1; nothing was touched$/)
  })
})

describe('cancelling', () => {
  test('before the decision, the connection is closed and nothing was touched', async () => {
    const abort = new AbortController()
    const { message } = await run([[() => abort.abort(), (server) => server.closed]], { abort })
    expect(message).toBe('CANCELLED: the run was cancelled before anything was touched')
  })

  test('while it is decided, the server is left without a word', async () => {
    const abort = new AbortController()
    const { message, remotes } = await run([READY], {
      abort,
      decide: async () => {
        abort.abort()
        return GO
      },
    })
    expect(message).toBe('CANCELLED: the run was cancelled before anything was touched')
    expect(remotes[0]?.written.join('')).not.toContain('go ')
  })

  test('while the server works, it is told, and its end is awaited', async () => {
    const abort = new AbortController()
    const { outcome, events } = await run(
      [
        [
          ...READY,
          ours('follow'),
          ...WORK.slice(0, 2),
          () => abort.abort(),
          (server) => server.heard('cancel\n'),
          '103 fail 2 CANCELLED eA== ;',
          '104 end aborted ;',
        ],
      ],
      { abort },
    )
    expect(outcome).toEqual({ kind: 'ended' })
    expect(events).toEqual(['start', 'step 1', 'fail 2', 'end aborted'])
  })

  test('a server that does not end is left to itself before the runner loses its patience', async () => {
    const abort = new AbortController()
    const { message } = await run([[...READY, ours('follow'), ...WORK, () => abort.abort(), (server) => server.closed]], { abort })
    expect(message).toBe('CANCELLED: the run was cancelled while the server works; operation op-1 finishes or rolls back there alone')
  }, 20_000)

  test('while contact is lost, nobody tries for long', async () => {
    const abort = new AbortController()
    const { message, remotes } = await run([[...READY, ours('follow'), ...WORK, () => abort.abort(), null]], { abort })
    expect(message).toMatch(/^CANCELLED: /)
    expect(remotes).toHaveLength(1)
  })
})

describe('a server that makes us wait', () => {
  const forever = (server: FakeServer): Promise<void> => server.closed
  const short: Patience = { silenceMs: 200, settlingMs: 30_000, allInAllMs: 60_000 }

  test.each([
    ['says nothing at all', []],
    ['prints a banner, and then nothing', ['Welcome to Debian']],
    ['begins, and stops in the middle', [fact('engine', '28.5.2 linux/amd64 28.5.2')]],
  ])('%s: that is said in a bounded time, and nothing was begun', async (_, script) => {
    const { outcome, message, remotes } = await run([[...script, forever]], { patience: short })
    expect(message).toBe('CONNECT: web-1 runs our command and said nothing for 0.2 s before it was ready; nothing of this run was begun')
    expect(outcome instanceof DeployError && outcome.details.hint).toContain('docker ps')
    await remotes[0]?.closed
  })

  test('prints without end what is not ours: no sign of life, and not all of it is shown', async () => {
    const flood = Array.from({ length: 3000 }, () => 'y'.repeat(1000))
    const { message, said } = await run([[...flood, forever]], { patience: short })
    expect(message).toMatch(/^CONNECT: web-1 runs our command and said nothing/)
    expect(said.join('\n').length).toBeLessThan(70_000)
    expect(said.at(-1)).toContain('web-1 prints more than is shown')
  })

  test.each([
    ['waits for the lock', fact('waiting', 'somebody')],
    ['settles what another run left', ours('settling op-0')],
  ])('because it %s is given the time that this takes', async (_, word) => {
    const later = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 600))
    const { outcome } = await run([[word, later, ...READY, ours('follow'), ...WORK, ...END]], { patience: short })
    expect(outcome).toEqual({ kind: 'ended' })
  })

  test('and keeps talking is left all the same, in the end', async () => {
    const words = Array.from({ length: 50 }, () => [fact('waiting', 'x'), () => new Promise((resolve) => setTimeout(resolve, 20))]).flat()
    const { message } = await run([[...words, forever]], { patience: { ...short, allInAllMs: -59_500 } })
    expect(message).toMatch(/^CONNECT: web-1 runs our command and was not ready after 0.5 s/)
  })

  test('by a journal without an end is left', async () => {
    const lines = Array.from({ length: 20_001 }, (_, index) => `${index} undo eA== ;`)
    const { message } = await run([[...READY, ours('follow'), ...lines]])
    expect(message).toMatch(/^UNKNOWN: the journal which web-1 tells has no end/)
  })
})

describe('a program that was killed on the server', () => {
  test.each([
    [['100 start 1 ;'], 'before its first step; nothing that serves was touched'],
    [['100 start 1 ;', '101 step 1 ;'], 'in step 1, named 1; nothing that serves was touched'],
    [
      [...WORK, '104 step 2 ;'],
      'in step 2, named 2; services may be stopped or half switched, and nobody finishes this before the next run',
    ],
    [
      [...WORK, '104 step 2 ;', '105 committed ;'],
      'in step 2, named 2; the new release was committed and serves; what is left is to tidy up',
    ],
  ])('is not called a lost connection: %j', async (lines, sentence) => {
    const { outcome, message } = await run([[...READY, ours('follow'), ...lines, ours('died'), ours('bye 0')]])
    expect(message).toBe(`UNKNOWN: the program on web-1 was killed ${sentence}`)
    const details = outcome instanceof DeployError ? outcome.details : {}
    expect(details.evidence).toEqual(['the end of the journal of op-1:', ...lines])
    expect(details.hint).toContain('deploy-action status')
  })

  test('is settled at once by the client that still asks, and how that ended is what it hears', async () => {
    const { outcome, events, pauses, remotes } = await run([
      [...READY, ours('follow'), ...WORK, ours('died'), ours('bye 0')],
      [ours('follow'), '104 settle ;', '105 end rolled-back ;', ours('bye 0')],
    ])
    expect(outcome).toEqual({ kind: 'ended' })
    expect(events.slice(-2)).toEqual(['settle', 'end rolled-back'])
    expect(pauses).toEqual([])
    expect(remotes[1]?.commands[0]).toMatch(/ follow f00dfeedf00dfeed [^\n]* me 5 -$/)
  })

  test('while contact was lost is told when there is contact again', async () => {
    const { message } = await run([
      [...READY, ours('follow'), ...WORK, null],
      [ours('follow'), ours('died'), ours('bye 0')],
    ])
    expect(message).toMatch(/^UNKNOWN: the program on web-1 was killed in step 1/)
  })
})
