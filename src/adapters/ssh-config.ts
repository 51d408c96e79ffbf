/** What a person's own ~/.ssh/config says of a server's name, as OpenSSH itself reads it. */
import { homedir } from 'node:os'
import { DeployError } from '../errors.ts'
import type { Ports } from '../ports.ts'

export interface NamedPlace {
  /** Name or address that is connected. */
  readonly address: string
  readonly port: number
  /** Socket of the agent that holds the keys for it; null where there is none. */
  readonly agent: string | null
  /** What the host key is looked up under besides its names: HostKeyAlias. */
  readonly alias: string | null
  /** Files in which OpenSSH itself would look the host key up; not all of them need to be there. */
  readonly knownHostsFiles: readonly string[]
}

/**
 * Asked of `ssh -G`, which connects nothing (ssh(1)): it knows `Host`, `Match`, `Include` and patterns.
 * @returns null where this machine has no ssh
 * @throws DeployError CONFIG where the file cannot be read, or leads through another machine
 */
export const placeNamed = async (host: string, { programs, env }: Pick<Ports, 'env' | 'programs'>): Promise<NamedPlace | null> => {
  const result = await programs.run(['ssh', '-G', '--', host], { timeoutMs: 10_000 }).catch(() => null)
  if (result === null) return null
  if (result.code !== 0)
    throw new DeployError('CONFIG', `ssh cannot say where ${host} is`, {
      hint: `by hand: mend ~/.ssh/config, until this prints something: ssh -G ${host}`,
      evidence: result.stderr.trim().split('\n').slice(-5),
    })
  return placeOf(host, said(result.stdout), env)
}

const said = (text: string): ReadonlyMap<string, string> =>
  new Map(
    text
      .trim()
      .split('\n')
      .map((line) => [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)]),
  )

const placeOf = (host: string, options: ReadonlyMap<string, string>, env: Ports['env']): NamedPlace => {
  for (const name of ['proxyjump', 'proxycommand'])
    if ((options.get(name) ?? 'none') !== 'none')
      throw new DeployError('CONFIG', `~/.ssh/config reaches ${host} through another machine (${name} ${options.get(name)})`, {
        hint: 'by hand: run it where the server is reached directly, on that machine for instance, or let GitHub deploy',
      })
  const agent = options.get('identityagent') ?? 'SSH_AUTH_SOCK'
  return {
    address: options.get('hostname') ?? host,
    port: Number(options.get('port') ?? 22),
    agent: agentAt(agent, env),
    alias: options.get('hostkeyalias') ?? null,
    knownHostsFiles: ['userknownhostsfile', 'globalknownhostsfile']
      .flatMap((name) => (options.get(name) ?? '').split(' '))
      .filter((file) => file !== '' && file !== 'none')
      .map(atHome),
  }
}

const atHome = (path: string): string => path.replace(/^~(?=\/)/, homedir())

/** As ssh_config(5) has it: "none", the name of a variable, "$" and such a name, or a path. */
const agentAt = (value: string, env: Ports['env']): string | null => {
  if (value === 'none') return null
  if (value === 'SSH_AUTH_SOCK' || value.startsWith('$')) return env[value.replace(/^\$\{?|\}$/g, '')] || null
  return atHome(value)
}
