import { type ListeningCancellation, listenForCancellation } from '../adapters/cancellation.ts'
import { type Redaction, redaction } from '../adapters/redaction.ts'
import { DeployError } from '../errors.ts'
import type { Log, Ports } from '../ports.ts'
import type { Facts } from '../report/document.ts'
import { type Ending, exitCode, resultDocument } from '../report/result.ts'
import { inLightOf } from './cancelled.ts'
import { COMMAND_FILES, EARLY_FILES, isEarly } from './commands.ts'
import type { CommandName, Following, Request } from './context.ts'
import { createContext } from './create-context.ts'
import { childSafeEnvironment } from './environment.ts'
import { refuseEvent } from './job-event.ts'
import { located } from './located.ts'
import type { Notifier } from './notify.ts'
import type { Asked } from './options.ts'
import { requestOf } from './request.ts'
import { asStage } from './stages.ts'
import { noFacts } from './steps.ts'
import { systemPorts } from './system-ports.ts'
import { type Front, tell } from './tell.ts'

/** A cancelled command has this long to tidy up: on a runner the second signal comes after 7.5 s, the kill after 10. */
const TIDY_UP_MS = 7000

/** Commands whose work is on this machine; `all` looks after its own. */
const LOCAL: readonly CommandName[] = [
  'check',
  'build',
  'scan',
  'publish',
  'plan',
  'status',
  'logs',
  'history',
  'prune',
  'init',
  'doctor',
  'exec',
]

/** Does what was asked and reports it. The only place that catches; yields the exit code. */
export const run = async (asked: Asked, front: Front): Promise<number> => {
  // whoever read our output may stop reading, as `head` does: no reason to fail
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})
  const cancellation = listenForCancellation()
  const hidden = redaction()
  const log = await front.log(hidden)
  const env = childSafeEnvironment(process.env)
  const ports = systemPorts(log, cancellation, env)
  const facts = noFacts()
  const followed: Followed = { front, hidden, following: null, notifier: null }
  const { request, ending } = await attempt(asked, ports, facts, cancellation, followed)
  const document = resultDocument(request?.command ?? asked.command ?? '', facts, ending, null)
  await followed.notifier?.ended(document)
  const told = await tell({
    document,
    ending,
    json: request?.json ?? asked.values.has('json'),
    // a first look at a project leaves nothing behind that was not asked for
    reports: request?.command === 'init' || request?.command === 'exec' ? null : (request?.reports ?? null),
    front,
    following: followed.following,
    isHasty: cancellation.signal.aborted,
    log,
    hidden,
  })
  return front.kind === 'runner' ? Math.min(1, exitCode(told)) : exitCode(told)
}

/** Who shows elsewhere how far the run is, once it is known what is asked. */
interface Followed {
  readonly front: Front
  readonly hidden: Redaction
  following: Following | null
  /** Who tells chats of it, once the config is read. */
  notifier: Notifier | null
}

interface Attempt {
  /** Absent where it could not even be understood. */
  readonly request?: Request
  readonly ending: Ending
}

const attempt = async (
  asked: Asked,
  ports: Ports,
  facts: Facts,
  cancellation: ListeningCancellation,
  followed: Followed,
): Promise<Attempt> => {
  let request: Request | undefined
  try {
    maskSecrets(ports.env, ports.log)
    request = requestOf(asked, ports.env)
    // it may come from a file; the password only from where it was seen already
    if (request.sshKey !== undefined) ports.log.mask(request.sshKey.reveal())
    return { request, ending: await Promise.race([work(request, ports, facts, followed), crash(), patience(cancellation)]) }
  } catch (thrown) {
    const isLocal = request === undefined || LOCAL.includes(request.command)
    const error = asDeployError(isLocal ? inLightOf(cancellation, thrown) : thrown, followed.hidden)
    return { ...(request === undefined ? {} : { request }), ending: { kind: 'error', error } }
  }
}

const work = async (request: Request, ports: Ports, facts: Facts, followed: Followed): Promise<Ending> => {
  const { command: name } = request
  if (isEarly(name)) return { kind: 'verdict', verdict: await (await EARLY_FILES[name]()).run({ request, ports, facts }) }
  // read from the disk while git tells of the commit
  const loading = COMMAND_FILES[name]()
  refuseEvent(request, ports.env)
  const [context, following] = await Promise.all([
    createContext(request, ports, facts),
    followed.front.follow?.(request, ports, followed.hidden) ?? null,
  ])
  followed.following = following
  const { run: command } = await loading
  followed.notifier = context.config.notify.length === 0 ? null : (await import('./notify.ts')).notifierOf(context, followed.hidden)
  followed.notifier?.started()
  const whole = name === 'all' ? command : asStage(name, command)
  try {
    return { kind: 'verdict', verdict: await whole(following === null ? context : { ...context, following }) }
  } catch (error) {
    throw located(error, request.configPath)
  }
}

/** Inputs that are secret whatever the command makes of them. */
const maskSecrets = (env: Ports['env'], log: Log): void => {
  for (const name of [
    'INPUT_SSH-KEY',
    'INPUT_REGISTRY-PASSWORD',
    'INPUT_GITHUB-TOKEN',
    'DEPLOY_SSH_KEY',
    'DEPLOY_REGISTRY_PASSWORD',
    'GITHUB_TOKEN',
  ])
    log.mask(env[name] ?? '')
}

/** What escapes every promise is a bug like any other. */
const crash = (): Promise<never> =>
  new Promise((_, reject) => {
    process.on('uncaughtException', reject)
    process.on('unhandledRejection', reject)
  })

/** Rejects when a cancelled command has not come back in time, or the one who cancelled it asks again. */
const patience = ({ signal, impatience }: ListeningCancellation): Promise<never> =>
  new Promise((_, reject) => {
    const giveUp = (how: string) => (): void =>
      reject(
        new DeployError('CANCELLED', `the run was cancelled by ${String(signal.reason)}, and ${how}`, { hint: 'deploy-action status' }),
      )
    signal.addEventListener('abort', () => setTimeout(giveUp(`the command had not ended ${TIDY_UP_MS / 1000} s later`), TIDY_UP_MS))
    impatience.addEventListener('abort', giveUp('again before the command had ended'))
  })

const asDeployError = (thrown: unknown, hidden: Redaction): DeployError => {
  if (thrown instanceof DeployError) return thrown
  const stack = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)
  return new DeployError('BUG', `our mistake: ${thrown instanceof Error ? thrown.message : String(thrown)}`, {
    cause: thrown,
    evidence: hidden.apply(stack).split('\n').slice(0, 30),
    hint: 'by hand: report it with these lines; nothing of what they name is your fault',
  })
}
