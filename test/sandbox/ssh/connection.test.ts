import { execFileSync } from 'node:child_process'
import net from 'node:net'
import { afterEach, describe, expect, test } from '@jest/globals'
import { NodeSSH } from 'node-ssh'
import type { SshLimits } from '../../../src/adapters/ssh-limits.ts'
import type { Remote, RemoteTarget } from '../../../src/transaction/remote.ts'
import { delayedLink, whyNoLink } from '../../link/link.ts'
import { newKey, pinFingerprints, pinKeys } from '../../ssh/keys.ts'
import { startFaultProxy } from '../../ssh/proxy.ts'
import { countRoundTrips } from '../../ssh/round-trips.ts'
import { allLines, connectTo, failureOf, SHORT, targetAt } from '../../ssh/target.ts'
import { namespaceOf, serverTarget } from './servers.ts'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

const open = async (target: RemoteTarget = serverTarget(), limits: Partial<SshLimits> = {}): Promise<Remote> => {
  const remote = await connectTo(target, limits)
  closers.push(() => remote.close())
  return remote
}

/** What a command says, and how it ends. */
const outcomeOf = async (remote: Remote, command: string, input?: string) => {
  const program = await remote.start(command)
  if (input !== undefined) program.write(input)
  program.end()
  const lines = await allLines(program)
  return { lines, ended: await program.ended, stderr: program.stderr() }
}

describe('OpenSSH lets us in', () => {
  test('with each of its pinned keys alone, and with the fingerprint of each', async () => {
    const target = serverTarget()
    expect(target.pins.keys.map((key) => key.type).sort()).toEqual(['ecdsa-sha2-nistp256', 'ssh-ed25519', 'ssh-rsa'])
    for (const key of target.pins.keys) {
      const fingerprint =
        execFileSync('ssh-keygen', ['-lf', '-'], { input: `${key.type} ${key.blob}\n`, encoding: 'utf8' }).split(' ')[1] ?? ''
      for (const pins of [
        { keys: [key], fingerprints: [] },
        { keys: [], fingerprints: [fingerprint] },
      ])
        expect((await outcomeOf(await open({ ...target, pins }), 'id -un')).lines).toEqual(['deploy'])
    }
  })

  test('and is refused with another pin, showing what ssh-keygen shows at its console', async () => {
    const target = serverTarget()
    const error = await failureOf(connectTo({ ...target, pins: pinKeys(newKey()) }))
    expect(error.code).toBe('HOSTKEY')
    const ed25519 = target.pins.keys.find((key) => key.type === 'ssh-ed25519')
    const shown = execFileSync('ssh-keygen', ['-lf', '-'], { input: `ssh-ed25519 ${ed25519?.blob}\n`, encoding: 'utf8' }).split(' ')[1]
    expect(error.message).toContain(`ssh-ed25519 ${shown}`)
    expect((await failureOf(connectTo({ ...target, pins: pinFingerprints(newKey()) }))).code).toBe('HOSTKEY')
  })

  test('with our key only: another one is refused with what the server accepts', async () => {
    const target = serverTarget()
    const error = await failureOf(connectTo(targetAt(target, newKey(), target.pins)))
    expect(error.code).toBe('AUTH')
    expect(error.details.evidence?.[0]).toMatch(/^the server accepts: .*publickey/)
  })
})

describe('a command on OpenSSH', () => {
  test('its exit code, its signal and 255 are told apart', async () => {
    const remote = await open()
    expect((await outcomeOf(remote, 'exit 3')).ended).toEqual({ kind: 'exit', code: 3 })
    expect((await outcomeOf(remote, 'exit 255')).ended).toEqual({ kind: 'exit', code: 255 })
    expect((await outcomeOf(remote, 'kill -TERM $$')).ended).toEqual({ kind: 'signal', signal: 'SIGTERM' })
    expect((await outcomeOf(remote, 'no-such-command')).ended).toEqual({ kind: 'exit', code: 127 })
  })

  test('output on standard error is no failure', async () => {
    expect(await outcomeOf(await open(), 'echo out; echo warning >&2')).toEqual({
      lines: ['out'],
      stderr: 'warning\n',
      ended: { kind: 'exit', code: 0 },
    })
  })

  test('a command of 60 kB runs', async () => {
    const command = `: '${'x'.repeat(60_000)}'; echo it ran`
    expect((await outcomeOf(await open(), command)).lines).toEqual(['it ran'])
  })

  test('2 MB on its input arrive whole', async () => {
    const text = 'a line of the program\n'.repeat(100_000)
    const { lines } = await outcomeOf(await open(), 'cksum', text)
    expect(lines).toEqual([execFileSync('cksum', { input: text, encoding: 'utf8' }).trim()])
  })

  test('1 GB without a newline is one marked line', async () => {
    const { lines, ended } = await outcomeOf(await open(), 'head -c 1073741824 /dev/zero')
    expect(lines.map((line) => line.length)).toEqual([64 * 1024 + 1])
    expect(ended).toEqual({ kind: 'exit', code: 0 })
  }, 120_000)

  test('the server keeps it running when the link goes, and we know that we do not know', async () => {
    const target = serverTarget()
    const proxy = await startFaultProxy(target)
    closers.push(() => proxy.close())
    const program = await (await open({ ...target, host: proxy.host, port: proxy.port }, SHORT)).start('echo begun; cat >/dev/null')
    for await (const line of program.lines) {
      expect(line).toBe('begun')
      proxy.pause()
    }
    expect(await program.ended).toMatchObject({ kind: 'lost', reason: expect.stringContaining('no sign of life') })
  })

  test('killed together with its sshd is lost, not ended', async () => {
    const [remote, other] = [await open(), await open()]
    let killing: ReturnType<typeof outcomeOf> | undefined
    const program = await remote.start('echo $PPID; exec sleep 60')
    for await (const line of program.lines) {
      expect(line).toMatch(/^\d+$/)
      killing = outcomeOf(other, `kill -KILL ${line}`)
    }
    expect(await program.ended).toMatchObject({ kind: 'lost' })
    expect((await killing)?.ended).toEqual({ kind: 'exit', code: 0 })
  })
})

describe('speed', () => {
  test('connecting, state, program and end take at most twelve round trips and one connection', async () => {
    const target = serverTarget()
    const counter = await countRoundTrips(target)
    closers.push(() => counter.close())
    const remote = await open({ ...target, host: counter.host, port: counter.port })
    const { lines } = await outcomeOf(
      remote,
      'echo state; read -r body; for step in 1 2 3 4 5 6 7 8 9 10 11 12; do echo "$body $step"; done',
      'step\n',
    )
    expect(lines).toHaveLength(13)
    expect(counter.connections()).toBe(1)
    expect(counter.roundTrips()).toBeLessThanOrEqual(12)
  })

  test('commands do not wait for delayed acknowledgements, as they do without noDelay', async () => {
    const target = serverTarget()
    const usual = await new NodeSSH().connect({
      sock: net.connect({ host: target.host, port: target.port }),
      username: target.user,
      privateKey: target.key.reveal(),
    })
    closers.push(() => usual.dispose())
    const ours = await open()
    const ratios: number[] = []
    for (let turn = 0; turn < 5; turn += 1) {
      const start = performance.now()
      await outcomeOf(ours, 'true')
      const middle = performance.now()
      await usual.execCommand('true')
      ratios.push((middle - start) / (performance.now() - middle))
    }
    ratios.sort((a, b) => a - b)
    expect(ratios[2]).toBeLessThan(0.7)
  })

  const reason = whyNoLink()
  if (reason) console.warn(`the delayed link is skipped: ${reason}`)
  ;(reason ? test.skip : test)('a server is reached over the delayed link', async () => {
    const server = serverTarget()
    const link = await delayedLink({ namespace: namespaceOf(server.host), roundTripMs: 50 })
    closers.push(() => link.close())
    const target = { ...server, host: link.host }
    expect((await outcomeOf(await open(target), 'echo "$SSH_CONNECTION"')).lines[0]).toMatch(new RegExp(`^${link.near} .* ${link.host} `))
  })
})
