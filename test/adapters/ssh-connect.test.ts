import { once } from 'node:events'
import net, { type AddressInfo } from 'node:net'
import { afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { connectRemote } from '../../src/adapters/ssh.ts'
import { SSH_LIMITS } from '../../src/adapters/ssh-limits.ts'
import { newKey, pinFingerprints, pinKeys, type TestKey } from '../ssh/keys.ts'
import { impatientClock, notedLog } from '../ssh/ports.ts'
import { type SshServer, type SshServerOptions, startSshServer } from '../ssh/server.ts'
import { connectTo, failureOf, SHORT, targetAt } from '../ssh/target.ts'

let host: TestKey
let me: TestKey
const closers: (() => unknown)[] = []
beforeAll(() => {
  host = newKey()
  me = newKey()
})
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

const serve = async (options: Partial<SshServerOptions> = {}): Promise<SshServer> => {
  const server = await startSshServer({ hostKeys: [host], allow: me, ...options })
  closers.push(() => server.close())
  return server
}

/** A server that is no SSH server. */
const listen = async (serveSocket: (socket: net.Socket) => void, address = '127.0.0.1') => {
  const sockets = new Set<net.Socket>()
  const server = net.createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    serveSocket(socket)
  })
  server.listen(0, address)
  await once(server, 'listening')
  closers.push(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { host: address, port: (server.address() as AddressInfo).port, connections: () => sockets.size }
}

describe('the host key', () => {
  test('a pinned key is accepted', async () => {
    const server = await serve()
    const remote = await connectTo(targetAt(server, me, pinKeys(newKey(), host)))
    remote.close()
    expect(server.seen.connections).toBe(1)
  })

  test('another key is refused with its type and fingerprint, and our key is never shown to it', async () => {
    const server = await serve()
    const pinned = newKey()
    const error = await failureOf(connectTo(targetAt(server, me, pinKeys(pinned))))
    expect(error.code).toBe('HOSTKEY')
    expect(error.message).toContain(`ssh-ed25519 ${host.fingerprint}`)
    expect(error.details.evidence).toContain(`pinned: ssh-ed25519 ${pinned.fingerprint}`)
    expect(error.details.hint).toContain('ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub')
    expect(server.seen.authentications).toEqual([])
  })

  test('without any pin no server is accepted', async () => {
    const server = await serve()
    const error = await failureOf(connectTo(targetAt(server, me, { keys: [], fingerprints: [] })))
    expect(error.code).toBe('HOSTKEY')
    expect(server.seen.authentications).toEqual([])
  })

  test('a server with several key types is asked for the pinned one', async () => {
    for (const kind of ['ed25519', 'ecdsa', 'rsa'] as const) {
      const keys = { ed25519: newKey('ed25519'), ecdsa: newKey('ecdsa'), rsa: newKey('rsa') }
      const server = await serve({ hostKeys: Object.values(keys) })
      const remote = await connectTo(targetAt(server, me, pinKeys(keys[kind])))
      remote.close()
      expect(server.seen.connections).toBe(1)
    }
  })

  test('a fingerprint may be that of any of the keys of the server', async () => {
    const keys = [newKey('ed25519'), newKey('ecdsa'), newKey('rsa')]
    const server = await serve({ hostKeys: keys })
    for (const key of keys) (await connectTo(targetAt(server, me, pinFingerprints(key)))).close()
    expect(server.seen.authentications.length).toBeGreaterThan(0)
  })

  test('a fingerprint that no key of the server has is refused, and every key it offered is shown', async () => {
    const keys = [newKey('ed25519'), newKey('rsa')]
    const server = await serve({ hostKeys: keys })
    const error = await failureOf(connectTo(targetAt(server, me, pinFingerprints(newKey()))))
    expect(error.code).toBe('HOSTKEY')
    for (const key of keys) expect(error.details.evidence?.join('\n')).toContain(key.fingerprint)
    expect(server.seen.authentications).toEqual([])
  })

  test('a key of another type than the pinned one is refused and shown', async () => {
    const server = await serve({ hostKeys: [host] })
    const pinned = newKey('rsa')
    const error = await failureOf(connectTo(targetAt(server, me, pinKeys(pinned))))
    expect(error.code).toBe('HOSTKEY')
    expect(error.message).toContain(`ssh-ed25519 ${host.fingerprint}`)
    expect(error.details.evidence).toContain(`pinned: ssh-rsa ${pinned.fingerprint}`)
    expect(server.seen.authentications).toEqual([])
  })
})

describe('our key', () => {
  test('a key the server does not know is refused once, with its fingerprint and what the server accepts', async () => {
    const server = await serve({ methods: ['publickey', 'password'] })
    const stranger = newKey()
    const error = await failureOf(connectTo(targetAt(server, stranger, pinKeys(host))))
    expect(error.code).toBe('AUTH')
    expect(error.message).toContain(`deploy@127.0.0.1:${server.port} refuses our key ssh-ed25519 ${stranger.fingerprint}`)
    expect(error.details.evidence).toContain('the server accepts: publickey, password')
    expect(error.details.hint).toContain(`${stranger.type} ${stranger.blob}`)
    expect(server.seen).toMatchObject({ connections: 1, authentications: ['publickey'] })
  })

  test('a server without public keys is told apart', async () => {
    const server = await serve({ methods: ['password'] })
    const error = await failureOf(connectTo(targetAt(server, me, pinKeys(host))))
    expect(error.code).toBe('AUTH')
    expect(error.details.evidence).toContain('the server accepts: password')
    expect(error.details.hint).toContain('PubkeyAuthentication')
  })

  test('RSA and ECDSA keys are let in too', async () => {
    for (const kind of ['rsa', 'ecdsa'] as const) {
      const key = newKey(kind)
      const server = await serve({ allow: key })
      const remote = await connectTo(targetAt(server, key, pinKeys(host)))
      remote.close()
      expect(server.seen.authentications.every((method) => method === 'publickey')).toBe(true)
    }
  })

  test('something that is no private key is a matter of the configuration, and does not appear in the error', async () => {
    const server = await serve()
    const target = targetAt(server, { ...me, privateText: 'top secret nonsense' }, pinKeys(host))
    const error = await failureOf(connectTo(target))
    expect(error.code).toBe('CONFIG')
    expect(`${error.message}${error.details.hint}`).not.toContain('nonsense')
  })
})

describe('the way to the server', () => {
  test('a name that does not resolve is told apart, with its name', async () => {
    const error = await failureOf(connectTo(targetAt({ host: 'no-such-host.invalid', port: 22 }, me, pinKeys(host))))
    expect(error.code).toBe('CONNECT')
    expect(error.message).toContain('the name no-such-host.invalid does not resolve')
    expect(error.details.hint).toContain('getent hosts no-such-host.invalid')
  })

  test('a refused connection is tried three times with growing pauses, then told with host and port', async () => {
    const { port } = await listen(() => {})
    for (const close of closers.splice(0)) await close()
    const clock = impatientClock()
    const error = await failureOf(connectRemote(notedLog(), clock)(targetAt({ host: '127.0.0.1', port }, me, pinKeys(host))))
    expect(error.code).toBe('CONNECT')
    expect(error.message).toContain(`127.0.0.1:${port} refuses the connection`)
    expect(error.details.evidence).toHaveLength(3)
    expect(clock.pauses).toEqual([500, 2_000])
  })

  test('a server that comes up between two attempts is reached', async () => {
    const reserved = await listen(() => {})
    for (const close of closers.splice(0)) await close()
    const clock = impatientClock()
    const log = notedLog()
    const relays: net.Server[] = []
    const late = {
      ...clock,
      sleep: async () => {
        const server = await serve()
        const relay = net
          .createServer((socket) => socket.pipe(net.connect(server.port, server.host)).pipe(socket))
          .listen(reserved.port, '127.0.0.1')
        relays.push(relay)
        await once(relay, 'listening')
      },
    }
    const remote = await connectRemote(log, late)(targetAt(reserved, me, pinKeys(host)))
    remote.close()
    for (const relay of relays) relay.close()
    expect(log.lines.some((line) => line.includes('refuses the connection'))).toBe(true)
  })

  test('a server that accepts and then says nothing is given up within its time', async () => {
    const silent = await listen(() => {})
    const error = await failureOf(connectTo(targetAt(silent, me, pinKeys(host)), SHORT))
    expect(error.code).toBe('CONNECT')
    expect(error.message).toContain(`127.0.0.1:${silent.port} accepts the connection, then says nothing`)
    expect(silent.connections()).toBe(SSH_LIMITS.backoffMs.length + 1)
  })

  test('a server that accepts and closes is told apart', async () => {
    const closing = await listen((socket) => socket.end())
    const error = await failureOf(connectTo(targetAt(closing, me, pinKeys(host)), SHORT))
    expect(error.message).toContain('accepts the connection and closes it without a word')
  })

  test('a server that falls silent in the key exchange is told apart', async () => {
    const half = await listen((socket) => socket.write('SSH-2.0-OpenSSH_9.2p1\r\n'))
    const error = await failureOf(connectTo(targetAt(half, me, pinKeys(host)), SHORT))
    expect(error.message).toContain(`the key exchange with 127.0.0.1:${half.port} does not come to its end`)
  })

  test('something else than SSH on the port is told as such', async () => {
    const web = await listen((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
    const error = await failureOf(connectTo(targetAt(web, me, pinKeys(host)), SHORT))
    expect(error.code).toBe('CONNECT')
    expect(error.details.hint).toContain(`-p ${web.port}`)
  })

  test('a server that only knows deprecated algorithms is not spoken to', async () => {
    const ssh2 = (await import('ssh2')).default
    const old = new ssh2.Server(
      { hostKeys: [host.privateText], algorithms: { hmac: ['hmac-sha1'], cipher: ['aes128-ctr'] } },
      (connection) => {
        connection.on('error', () => {})
      },
    )
    old.listen(0, '127.0.0.1')
    await once(old, 'listening')
    closers.push(() => old.close())
    const { port } = old.address() as AddressInfo
    const error = await failureOf(connectTo(targetAt({ host: '127.0.0.1', port }, me, pinKeys(host))))
    expect(error.code).toBe('CONNECT')
    expect(error.message).toContain('key exchange')
    expect(error.details.evidence).toHaveLength(1)
  })

  test('IPv6 addresses are reached, in brackets or without', async () => {
    const server = await serve({ host: '::1' })
    for (const address of ['::1', '[::1]']) (await connectTo(targetAt({ host: address, port: server.port }, me, pinKeys(host)))).close()
    expect(server.seen.connections).toBe(2)
    const error = await failureOf(connectTo(targetAt({ host: '::1', port: server.port }, me, pinKeys(newKey()))))
    expect(error.message).toContain(`[::1]:${server.port}`)
  })

  test('a failed connection leaves no socket open', async () => {
    const server = await serve()
    await failureOf(connectTo(targetAt(server, newKey(), pinKeys(host))))
    await failureOf(connectTo(targetAt(server, me, pinKeys(newKey()))))
    const open = () => process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length
    while (open() > 0) await new Promise((resolve) => setImmediate(resolve))
    expect(open()).toBe(0)
  })
})
