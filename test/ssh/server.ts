/** An SSH server inside the test: what OpenSSH would never do can be done here on purpose. */
import { once } from 'node:events'
import net, { type AddressInfo } from 'node:net'
import ssh2, { type Connection, type ServerChannel, type ServerConfig } from 'ssh2'
import type { TestKey } from './keys.ts'

export interface SshServerOptions {
  readonly hostKeys: readonly TestKey[]
  /** Whose public key is let in. */
  readonly allow: TestKey
  /** What the server says it would accept, when it refuses. */
  readonly methods?: readonly string[]
  /** Runs a command; absent: exits 0 at once. */
  readonly run?: (command: string, channel: ServerChannel, connection: Connection) => void
  /** Answers requests to run a command with "no". */
  readonly refuseCommands?: boolean
  readonly host?: string
}

export interface SshServer {
  readonly host: string
  readonly port: number
  /** Connections that came as far as TCP, authentication requests, commands and subsystem requests. */
  readonly seen: { connections: number; authentications: string[]; commands: string[]; subsystems: string[] }
  close(): Promise<void>
}

export const startSshServer = async (options: SshServerOptions): Promise<SshServer> => {
  const seen: SshServer['seen'] = { connections: 0, authentications: [], commands: [], subsystems: [] }
  const open = new Set<Connection>()
  const config: ServerConfig = { hostKeys: options.hostKeys.map((key) => key.privateText) }
  const ssh = new ssh2.Server(config, (connection) => {
    seen.connections += 1
    open.add(connection)
    connection.on('error', () => {})
    connection.on('close', () => open.delete(connection))
    authenticate(connection, options, seen)
    connection.on('session', (accept) => serveSession(accept(), connection, options, seen))
  })
  // Its own listener would leave Nagle's algorithm on: 40 ms for each answer.
  const server = net.createServer({ noDelay: true }, (socket) => ssh.injectSocket(socket))
  server.listen(0, options.host ?? '127.0.0.1')
  await once(server, 'listening')
  const { address, port } = server.address() as AddressInfo
  return {
    host: address,
    port,
    seen,
    close: async () => {
      for (const connection of open) connection.end()
      server.close()
    },
  }
}

const authenticate = (connection: Connection, { allow, methods = ['publickey'] }: SshServerOptions, seen: SshServer['seen']) =>
  connection.on('authentication', (context) => {
    seen.authentications.push(context.method)
    const isOurs = context.method === 'publickey' && context.key.data.equals(Buffer.from(allow.blob, 'base64'))
    if (isOurs && methods.includes('publickey')) context.accept()
    else context.reject([...methods] as Parameters<typeof context.reject>[0] & [])
  })

const serveSession = (session: ssh2.Session, connection: Connection, options: SshServerOptions, seen: SshServer['seen']) => {
  session.on('sftp', (_accept, reject) => {
    seen.subsystems.push('sftp')
    reject()
  })
  session.on('exec', (accept, reject, { command }) => {
    seen.commands.push(command)
    if (options.refuseCommands) return reject()
    const channel = accept()
    channel.on('error', () => {})
    if (options.run) options.run(command, channel, connection)
    else exitWith(channel, 0)
  })
}

export const exitWith = (channel: ServerChannel, code: number): void => {
  channel.exit(code)
  channel.end()
}
