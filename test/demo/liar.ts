/**
 * A command line that lies: it does what dist/cli.js does, except in the one chapter that DEMO_LIE names, where it says
 * that all went as promised.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { join } from 'node:path'

const cli = process.env.DEMO_HONEST_CLI ?? join(import.meta.dirname, '../../dist/cli.js')
const asked = process.argv.slice(2)
const version = execFileSync('git', ['tag', '--points-at', 'HEAD'], { encoding: 'utf8' }).trim()
const chapter = asked[0] === 'rollback' ? 'rollback' : version

const honestly = (...args: readonly string[]): number => spawnSync(process.execPath, [cli, ...args], { stdio: 'inherit' }).status ?? 1

const onServer = (command: string): void => {
  const { SANDBOX_SSH_KEY: key = '', SANDBOX_KNOWN_HOSTS: known, SANDBOX_SSH_USER: user, SSH_HOST: host } = process.env
  execFileSync('ssh', [
    '-i',
    key,
    '-o',
    'BatchMode=yes',
    '-o',
    `UserKnownHostsFile=${known}`,
    '-o',
    'LogLevel=ERROR',
    `${user}@${host}`,
    command,
  ])
}

const LIES: Readonly<Record<string, { readonly of: string; readonly tell: () => number }>> = {
  'version 1 without its seed': { of: 'v1', tell: () => honestly(...asked, '--no-seed') },
  'version 2 not deployed': { of: 'v2', tell: () => 0 },
  'version 3 never tried': { of: 'v3', tell: () => 24 },
  'version 3 half undone': {
    of: 'v3',
    tell: () => {
      const code = honestly(...asked)
      onServer('docker stop bot-and-api-bot-1')
      return code
    },
  },
  'nothing rolled back': { of: 'rollback', tell: () => 0 },
}

const lie = LIES[process.env.DEMO_LIE ?? '']
if (lie === undefined) throw new Error(`DEMO_LIE must be one of ${Object.keys(LIES).join(', ')}`)
process.exitCode = lie.of === chapter ? lie.tell() : honestly(...asked)
