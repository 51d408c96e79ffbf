import { commandLine } from '../commands/quote.ts'
import { type Finding, fail, pass, warn } from './finding.ts'
import program from './machine.sh'

/** The server as a plain shell finds it, with or without Docker. */
export interface Machine {
  /** Seconds since 1970, by its own clock; null where it said none. */
  readonly time: number | null
  readonly synchronised: boolean | null
  readonly user: string
  readonly groups: readonly string[]
  readonly system: string
  readonly lacks: readonly string[]
  readonly directory: 'writable' | 'unwritable' | 'possible' | 'missing' | 'other'
  /** Owner and path of what is there and cannot be written. */
  readonly foreign: readonly { readonly owner: string; readonly path: string }[]
  readonly environment: { readonly mode: string; readonly owner: string; readonly readable: boolean } | null
  readonly freeKib: number | null
}

/** The one command; it holds no secret. */
export const machineCommand = (nonce: string, directory: string, environmentFile: string): string =>
  `exec ${commandLine(['sh', '-c', program, 'deploy-action', nonce, directory, environmentFile])}`

/** What it printed; null where it did not come to its end. Lines of others are not ours. */
export const machineOf = (nonce: string, lines: readonly string[]): Machine | null => {
  const said = (word: string): string[] =>
    lines.flatMap((line) =>
      line === `${nonce} ${word}` || line.startsWith(`${nonce} ${word} `) ? [line.slice(nonce.length + word.length + 2)] : [],
    )
  if (said('end').length === 0) return null
  const [directory = 'missing'] = said('directory')
  const [mode = '', owner = '', readable] = said('environment')[0]?.split(' ') ?? []
  const free = Number(said('free')[0])
  const time = Number(said('time')[0])
  const synchronised = said('synchronised')[0]
  return {
    time: Number.isSafeInteger(time) && time > 0 ? time : null,
    synchronised: synchronised === 'yes' ? true : synchronised === 'no' ? false : null,
    user: said('user')[0] ?? '',
    groups: said('groups')[0]?.split(' ').filter(Boolean) ?? [],
    system: said('system')[0] ?? '',
    lacks: said('lacks'),
    directory: directory as Machine['directory'],
    foreign: said('foreign').map((text) => ({ owner: text.split(' ')[0] ?? '', path: text.slice(text.indexOf(' ') + 1) })),
    environment: mode === '' ? null : { mode, owner, readable: readable === 'readable' },
    freeKib: Number.isSafeInteger(free) && said('free')[0] !== '' ? free : null,
  }
}

export interface MachineQuestion {
  readonly host: string
  readonly user: string
  readonly path: string
  readonly environmentFile: string
}

/** A token of GitHub or of a registry is refused when the clocks are this far apart; certificates are, far later. */
const FAR_S = 60
const VERY_FAR_S = 300
const ENOUGH_KIB = 512 * 1024
const PLENTY_KIB = 2 * 1024 * 1024

/** @param skew seconds that the server's clock is ahead of ours; null where it did not say */
export const machineFindings = (machine: Machine, { host, user, path }: MachineQuestion, skew: number | null): readonly Finding[] => [
  ...tools(machine, host),
  ...directory(machine, { host, user, path }),
  ...disk(machine, host, path),
  ...clock(machine, host, skew),
]

const tools = ({ lacks, system }: Machine, host: string): readonly Finding[] => {
  const others = lacks.filter((tool) => tool !== 'docker')
  return [
    lacks.includes('docker')
      ? fail(
          'engine',
          `Docker is not installed on ${host}${system === '' ? '' : ` (${system})`}`,
          'by hand: deploy-action doctor --prepare prints the commands; run them on the server as root',
        )
      : pass('engine', `docker is there`),
    others.length > 0
      ? fail(
          'tools',
          `${host} lacks ${others.join(', ')}`,
          'on the server: sudo apt-get install --yes bash util-linux coreutils tar gzip gawk grep sed',
        )
      : pass('tools', 'every tool that a deploy uses is there'),
  ]
}

/** Never the data below it, which belongs to whoever writes it. */
const toUser = (foreign: Machine['foreign'], user: string, path: string): string =>
  [
    ...(foreign.some((one) => one.path === path) ? [`sudo chown ${user} ${path}`] : []),
    ...(foreign.some((one) => one.path !== path) ? [`sudo chown -R ${user} ${path}/.deploy`] : []),
  ].join(' && ')

const directory = (machine: Machine, { host, user, path }: Pick<MachineQuestion, 'host' | 'user' | 'path'>): readonly Finding[] => {
  const [first] = machine.foreign
  if (first !== undefined)
    return [
      fail(
        'directory',
        `${user} cannot write ${first.path} on ${host}: it belongs to ${first.owner}`,
        `on the server: ${toUser(machine.foreign, user, path)}`,
      ),
    ]
  if (machine.directory === 'missing')
    return [fail('directory', `${user} cannot create ${path} on ${host}`, `on the server: sudo install -d -o ${user} -g ${user} ${path}`)]
  if (machine.directory === 'other')
    return [
      fail(
        'directory',
        `${path} on ${host} is no directory`,
        `by hand: another environments.*.path, or move it away; look on the server: ls -ld ${path}`,
      ),
    ]
  if (machine.directory === 'unwritable')
    return [fail('directory', `${user} cannot write ${path} on ${host}`, `on the server: sudo chown ${user} ${path}`)]
  return [
    pass(
      'directory',
      machine.directory === 'possible' ? `${path} does not exist yet; the first deploy makes it` : `${user} may write ${path}`,
    ),
  ]
}

const disk = ({ freeKib }: Machine, host: string, path: string): readonly Finding[] => {
  if (freeKib === null)
    return [warn('disk', `${host} does not say how much room there is for ${path}`, `by hand: look on the server: df -h ${path}`)]
  const room = freeKib >= 1024 * 1024 ? `${Math.floor(freeKib / 1024 / 1024)} GiB` : `${Math.floor(freeKib / 1024)} MiB`
  const mend =
    'by hand: make room there; docker system df says what Docker takes, docker image prune --all removes images that no container uses'
  if (freeKib < ENOUGH_KIB) return [fail('disk', `only ${room} are free for ${path} on ${host}; a deploy wants 512 MiB`, mend)]
  return [
    freeKib < PLENTY_KIB
      ? warn('disk', `only ${room} are free for ${path} on ${host}`, mend)
      : pass('disk', `${room} are free for ${path}`),
  ]
}

const clock = ({ synchronised }: Machine, host: string, skew: number | null): readonly Finding[] => {
  if (skew === null) return [warn('clock', `${host} does not say what time it is`, 'by hand: look on the server: date -u')]
  const mend = 'on the server: sudo timedatectl set-ntp true\nby hand: where the clock here is the wrong one, set it'
  const apart = Math.abs(skew)
  const sentence = `the clock of ${host} is ${apart} s ${skew > 0 ? 'ahead of' : 'behind'} the one here; which of them is right is not known`
  if (apart >= VERY_FAR_S) return [fail('clock', sentence, mend)]
  if (apart >= FAR_S) return [warn('clock', sentence, mend)]
  return [
    synchronised === false
      ? warn('clock', `the clock of ${host} is right, but nothing keeps it so`, mend)
      : pass('clock', `within ${Math.max(1, apart)} s of the one here`),
  ]
}
