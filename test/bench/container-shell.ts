import { spawn } from 'node:child_process'
import type { ServerChannel } from 'ssh2'
import { containerOf } from '../sandbox/ssh/servers.ts'
import { exitWith } from '../ssh/server.ts'
import type { Server } from './server.ts'

/** Runs what an SSH server in this process is asked to run on a real server, as its user and by its shell. */
export const runInContainer =
  (server: Server) =>
  (command: string, channel: ServerChannel): void => {
    const child = spawn('docker', ['exec', '--interactive', '--user', server.user, containerOf(server.name), 'sh', '-c', command])
    channel.pipe(child.stdin)
    child.stdout.on('data', (chunk) => channel.write(chunk))
    child.stderr.on('data', (chunk) => channel.stderr.write(chunk))
    child.stdin.on('error', () => {})
    child.on('close', (code) => exitWith(channel, code ?? 255))
  }
