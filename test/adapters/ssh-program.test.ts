import { afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import type { ServerChannel } from 'ssh2'
import type { SshLimits } from '../../src/adapters/ssh-limits.ts'
import type { Remote } from '../../src/transaction/remote.ts'
import { newKey, pinKeys, type TestKey } from '../ssh/keys.ts'
import { startFaultProxy } from '../ssh/proxy.ts'
import { exitWith, type SshServer, type SshServerOptions, startSshServer } from '../ssh/server.ts'
import { allLines, connectTo, failureOf, type Place, SHORT, targetAt } from '../ssh/target.ts'

let host: TestKey
let me: TestKey
const closers: (() => unknown)[] = []
beforeAll(() => {
  host = newKey()
  me = newKey()
})
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

type Run = NonNullable<SshServerOptions['run']>

const serve = async (run?: Run, options: Partial<SshServerOptions> = {}): Promise<SshServer> => {
  const server = await startSshServer({ hostKeys: [host], allow: me, ...(run ? { run } : {}), ...options })
  closers.push(() => server.close())
  return server
}

const open = async (place: Place, limits: Partial<SshLimits> = {}): Promise<Remote> => {
  const remote = await connectTo(targetAt(place, me, pinKeys(host)), limits)
  closers.push(() => remote.close())
  return remote
}

const proxied = async (server: SshServer) => {
  const proxy = await startFaultProxy(server)
  closers.push(() => proxy.close())
  return proxy
}

/** Sends a chunk so many times, as fast as the client lets it. */
const flood = (channel: ServerChannel, chunk: Buffer, times: number, done: () => void): void => {
  let left = times
  const send = () => {
    while (left > 0) {
      left -= 1
      if (!channel.write(chunk)) return void channel.once('drain', send)
    }
    done()
  }
  send()
}

describe('a command', () => {
  test('its lines come in order, without newline, and its exit code is told', async () => {
    const server = await serve((_command, channel) => {
      channel.write('one\ntw')
      channel.write('o\n\nwithout end')
      exitWith(channel, 3)
    })
    const program = await (await open(server)).start('anything')
    expect(await allLines(program)).toEqual(['one', 'two', '', 'without end'])
    expect(await program.ended).toEqual({ kind: 'exit', code: 3 })
  })

  test('what is written reaches it as it is, and the end of it too', async () => {
    const chunks: Buffer[] = []
    const server = await serve((_command, channel) => {
      channel.on('data', (chunk: Buffer) => chunks.push(chunk))
      channel.on('end', () => exitWith(channel, 0))
    })
    const program = await (await open(server)).start('cat')
    const text = `${'ä€😀 \u0000\r\n'.repeat(50_000)}end`
    program.write(text)
    program.end()
    expect(await program.ended).toEqual({ kind: 'exit', code: 0 })
    expect(Buffer.concat(chunks).toString()).toBe(text)
  })

  test('what is written after its end harms nobody', async () => {
    const server = await serve()
    const program = await (await open(server)).start('true')
    await program.ended
    program.write('too late')
    program.end()
    expect(await program.ended).toEqual({ kind: 'exit', code: 0 })
  })

  test('a command as long as every SSH server must accept arrives whole in one request', async () => {
    const server = await serve()
    const command = `: '${'x'.repeat(34_000)}'`
    const program = await (await open(server)).start(command)
    expect(await program.ended).toEqual({ kind: 'exit', code: 0 })
    expect(server.seen).toMatchObject({ connections: 1, commands: [command], subsystems: [] })
  })

  test('ended by a signal is told as that signal', async () => {
    const server = await serve((_command, channel) => {
      channel.exit('KILL' as unknown as number)
      channel.end()
    })
    const program = await (await open(server)).start('sleep')
    expect(await program.ended).toEqual({ kind: 'signal', signal: 'SIGKILL' })
  })

  test('exit code 255 is an exit and not a lost connection', async () => {
    const server = await serve((_command, channel) => exitWith(channel, 255))
    const program = await (await open(server)).start('exit 255')
    expect(await program.ended).toEqual({ kind: 'exit', code: 255 })
  })

  test('a channel that closes without an exit status is lost, not successful', async () => {
    const server = await serve((_command, channel) => channel.end())
    const program = await (await open(server)).start('true')
    expect(await program.ended).toMatchObject({ kind: 'lost' })
  })

  test('a server that refuses to run commands is told as such and not asked again', async () => {
    const server = await serve(undefined, { refuseCommands: true })
    const error = await failureOf((await open(server)).start('true'))
    expect(error.code).toBe('CONNECT')
    expect(error.message).toContain('refuses to run a command')
    expect(server.seen.commands).toHaveLength(1)
  })

  test('its end is told also where nobody reads its lines', async () => {
    const server = await serve((_command, channel) => {
      channel.write('not read\n')
      exitWith(channel, 0)
    })
    const program = await (await open(server)).start('echo')
    expect(await program.ended).toEqual({ kind: 'exit', code: 0 })
    expect(await allLines(program)).toEqual(['not read'])
  })

  test('a reader that stops reading does not keep it from ending', async () => {
    const chunk = Buffer.from(`${'y'.repeat(16_383)}\n`)
    const server = await serve((_command, channel) => flood(channel, chunk, 1_000, () => exitWith(channel, 0)))
    const program = await (await open(server)).start('yes')
    for await (const line of program.lines) if (line) break
    expect(await program.ended).toEqual({ kind: 'exit', code: 0 })
  })
})

describe('a connection that goes', () => {
  const endless: Run = (_command, channel) => {
    channel.write('running\n')
  }

  test('reset in the middle: lost with the reason, after the lines that came', async () => {
    const proxy = await proxied(await serve(endless))
    const program = await (await open(proxy)).start('loop')
    const lines: string[] = []
    for await (const line of program.lines) {
      lines.push(line)
      proxy.reset()
    }
    expect(lines).toEqual(['running'])
    expect(await program.ended).toMatchObject({ kind: 'lost', reason: expect.stringContaining('broke') })
  })

  test('a link that falls silent is lost after the keepalives, not after ever', async () => {
    const proxy = await proxied(await serve(endless))
    const remote = await open(proxy, SHORT)
    const program = await remote.start('loop')
    proxy.pause()
    expect(await program.ended).toEqual({ kind: 'lost', reason: `no sign of life from deploy@127.0.0.1:${proxy.port} for 0.3 s` })
    expect(await allLines(program)).toEqual(['running'])
  })

  test('a link that falls silent only for a while goes on', async () => {
    const proxy = await proxied(
      await serve((_command, channel) => {
        channel.on('data', (chunk: Buffer) => channel.write(chunk))
        channel.on('end', () => exitWith(channel, 0))
      }),
    )
    const program = await (await open(proxy)).start('cat')
    proxy.pause()
    program.write('after the pause\n')
    program.end()
    proxy.resume()
    expect(await allLines(program)).toEqual(['after the pause'])
    expect(await program.ended).toEqual({ kind: 'exit', code: 0 })
  })

  test('a server that goes away is lost, told as closed', async () => {
    const server = await serve((_command, _channel, connection) => connection.end())
    const program = await (await open(server)).start('reboot')
    expect(await program.ended).toMatchObject({ kind: 'lost', reason: expect.stringContaining('closed the connection') })
  })

  test('a server that falls silent before it starts the command: lost, and not tried again', async () => {
    const server = await serve()
    const proxy = await proxied(server)
    const remote = await open(proxy, SHORT)
    proxy.pause()
    const program = await remote.start('true')
    expect(await program.ended).toMatchObject({ kind: 'lost' })
    expect(server.seen.commands).toEqual([])
  })

  test('nothing can be started on a connection that is gone', async () => {
    const proxy = await proxied(await serve(endless))
    const remote = await open(proxy)
    const first = await remote.start('loop')
    proxy.reset()
    await first.ended
    expect(await (await remote.start('again')).ended).toMatchObject({ kind: 'lost' })
  })

  test('closed by ourselves, a running command is lost to us', async () => {
    const remote = await open(await serve(endless))
    const program = await remote.start('loop')
    remote.close()
    expect(await program.ended).toEqual({ kind: 'lost', reason: 'we closed the connection' })
  })
})

describe('a server that floods', () => {
  const megabyte = Buffer.alloc(1024 * 1024, 'x')

  /** The most that was held above the start, sampled while the work runs. */
  const growthDuring = async (work: () => Promise<unknown>): Promise<number> => {
    const held = () => process.memoryUsage.rss()
    const before = held()
    let most = before
    const sampler = setInterval(() => {
      most = Math.max(most, held())
    }, 20)
    await work()
    clearInterval(sampler)
    return (most - before) / (1024 * 1024)
  }

  /** Resolves when the number has stopped growing. */
  const standstill = async (number: () => number): Promise<void> => {
    for (let before = -1; before !== number(); ) {
      before = number()
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
  }

  test('1 GB without a newline becomes one marked line, and memory stays bounded', async () => {
    const server = await serve((_command, channel) => flood(channel, megabyte, 1024, () => exitWith(channel, 0)))
    const program = await (await open(server)).start('cat /dev/zero')
    let lines: string[] = []
    const growth = await growthDuring(async () => {
      lines = await allLines(program)
    })
    expect(lines.map((line) => line.length)).toEqual([64 * 1024 + 1])
    expect(lines[0]?.endsWith('…')).toBe(true)
    expect(growth).toBeLessThan(200)
  }, 60_000)

  test('a slow reader makes the server wait', async () => {
    const LINES = 2_000
    let sent = 0
    const line = Buffer.from(`${'z'.repeat(16_383)}\n`)
    const server = await serve((_command, channel) => {
      const send = () => {
        while (sent < LINES) {
          sent += 1
          if (!channel.write(line)) return void channel.once('drain', send)
        }
        exitWith(channel, 0)
      }
      send()
    })
    const program = await (await open(server)).start('yes')
    const reader = program.lines[Symbol.asyncIterator]()
    await reader.next()
    await standstill(() => sent)
    // 10 MiB: queue 1, ssh2's buffer and window 2 each, the server's own buffer 2
    expect(sent).toBeLessThan(640)
    let read = 1
    while (!(await reader.next()).done) read += 1
    expect(read).toBe(LINES)
    expect(await program.ended).toEqual({ kind: 'exit', code: 0 })
  }, 30_000)

  test('standard error keeps its end, cut between characters', async () => {
    const server = await serve((_command, channel) => {
      for (let count = 0; count < 500; count += 1) channel.stderr.write('€'.repeat(400))
      channel.stderr.write('the last words\n')
      exitWith(channel, 1)
    })
    const program = await (await open(server)).start('complain')
    await program.ended
    const text = program.stderr()
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(64 * 1024)
    expect(text.endsWith('the last words\n')).toBe(true)
    expect(text).not.toContain('\uFFFD')
  })

  test('standard error, which opens the shared window again, does not let a slow reader be flooded', async () => {
    const ROUNDS = 200
    let sent = 0
    const server = await serve((_command, channel) => {
      const send = () => {
        if (sent === ROUNDS) return exitWith(channel, 0)
        sent += 1
        channel.write(megabyte, () => channel.stderr.write('more\n', () => setImmediate(send)))
      }
      channel.write('one\ntwo\n')
      send()
    })
    const program = await (await open(server, { maxQueuedBytes: 1 })).start('both')
    const reader = program.lines[Symbol.asyncIterator]()
    await reader.next()
    await standstill(() => sent)
    expect(sent).toBeLessThan(ROUNDS / 4)
    while (!(await reader.next()).done);
    expect(sent).toBe(ROUNDS)
    expect(await program.ended).toEqual({ kind: 'exit', code: 0 })
  }, 30_000)
})
