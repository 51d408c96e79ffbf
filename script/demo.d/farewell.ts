import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { quote } from '../../src/commands/quote.ts'

/** The demo's environment as a file for a shell, so that everything can be tried by hand. It holds the sandbox's key. */
export const writeEnvironment = (folder: string, root: string, variables: Readonly<Record<string, string>>): void => {
  const file = join(folder, 'environment')
  const lines = [
    `eval "$(${quote(join(root, 'script/sandbox'))} env)"`,
    ...Object.entries(variables).map(([name, value]) => `export ${name}=${quote(value)}`),
    `deploy_action() { ${quote(join(root, 'script/node24'))} ${quote(join(root, 'dist/cli.js'))} "$@"; }`,
    // where the commands are meant to be typed
    `cd ${quote(join(folder, 'bot-and-api'))}`,
    `on_server() { ssh -i "$SANDBOX_SSH_KEY" -p "$SANDBOX_SSH_PORT" -o UserKnownHostsFile="$SANDBOX_KNOWN_HOSTS" -o LogLevel=ERROR "$SANDBOX_SSH_USER@$SSH_HOST" "$@"; }`,
  ]
  rmSync(file, { force: true })
  writeFileSync(file, `${lines.join('\n')}\n`, { mode: 0o600 })
}

interface Told {
  readonly folder: string
  readonly logs: string
  readonly address: string
  readonly port: number
  readonly total: string
}

export const whereToLook = ({ folder, logs, address, port, total }: Told): readonly string[] => [
  `All of it was true, in ${total}. The sandbox stays up; script/sandbox down takes it away. Look around:`,
  `  http://${address}:${port}/health, /users, /bot, /docs`,
  `  . ${join(folder, 'environment')}`,
  '  on_server docker ps                                   what runs on the server',
  '  on_server ls -A /opt/stacks/bot-and-api/.deploy       what is remembered there',
  '  deploy_action status                                  and: plan, deploy, rollback',
  `  ls ${logs}`,
]
