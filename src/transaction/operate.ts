import { DeployError } from '../errors.ts'
import type { Observed } from '../plan/observed.ts'
import type { Ports } from '../ports.ts'
import { type FrontArguments, frontCommand } from './front.ts'
import { type JournalEvent, journalEvent } from './journal.ts'
import { observation } from './observation.ts'
import { Progress } from './progress.ts'
import type { ConnectRemote, Remote, RemoteProgram, RemoteTarget } from './remote.ts'
import type { Word } from './rendezvous.ts'
import { PATIENCE, type Patience, Silence } from './silence.ts'
import { goText, requestText } from './wire.ts'

/** After a look: what is to run on the server, or nothing. */
export type Decision = { readonly kind: 'go'; readonly program: string; readonly credentials: string } | { readonly kind: 'leave' }

export interface Operation {
  readonly connect: ConnectRemote
  readonly target: RemoteTarget
  readonly front: FrontArguments
  readonly files: Readonly<Record<string, string | Uint8Array>>
  /** Called once, under the lock where the verb is `operate`. */
  decide(observed: Observed): Promise<Decision>
  /** Called for every journal event, once each, also after the connection was lost and found again. */
  onEvent(event: JournalEvent): void
  /** How people know a step of the program. */
  stepName?(step: number): string
  /** One of several servers: how words reach its program; null when the connection is gone. */
  readonly attend?: (say: ((word: Word) => void) | null) => void
}

/** How it ended: `left` where the decision was to leave. */
export type Ended = { readonly kind: 'left' } | { readonly kind: 'ended' }

/** The program asks for a sign of life before the switch; 40 s without one count as gone. */
const BEAT_MS = 5_000
/** The server finishes alone: it is asked again this often before we say that we do not know. */
const REATTACH_PAUSES_MS = [500, 2_000, 5_000, 10_000] as const
/** A cancelled run has about seven seconds before the runner kills it. */
const CANCEL_PATIENCE_MS = 5_500
/** A server that never stops telling does not fill our memory, nor the log. */
const MAX_FACT_CHARACTERS = 32 * 1024 * 1024
const MAX_NOISE_CHARACTERS = 64 * 1024
const MAX_JOURNAL_LINES = 20_000

/** One connection, one exec: look, decide, and let the server do it while we watch. */
export const operate = async (operation: Operation, ports: Ports, patience: Patience = PATIENCE): Promise<Ended> => {
  const remote = await operation.connect(operation.target)
  const session = new Session(operation, ports, patience)
  try {
    return await session.first(remote)
  } finally {
    remote.close()
  }
}

class Session {
  readonly #operation: Operation
  readonly #ports: Ports
  readonly #facts: Record<string, string> = Object.create(null)
  /** Base64 of facts whose end is still to come. */
  readonly #chunks: Record<string, string> = Object.create(null)
  /** Lines of the journal that were seen: where to go on after a lost connection. */
  #seen = 0
  #ended = false
  #incomplete: string | null = null
  #isFull = false
  readonly #patience: Patience
  #silence: Silence | null = null
  #told = 0
  #noise = 0
  #died = false
  readonly #progress = new Progress()

  constructor(operation: Operation, ports: Ports, patience: Patience) {
    this.#operation = operation
    this.#ports = ports
    this.#patience = patience
  }

  async first(remote: Remote): Promise<Ended> {
    const { front, files } = this.#operation
    const { signal } = this.#ports.cancellation
    const leave = (): void => remote.close()
    signal.addEventListener('abort', leave)
    this.#silence = new Silence(this.#patience, front.waitSeconds * 1000, leave)
    const program = readOn(await remote.start(frontCommand(front)))
    program.write(requestText(files))
    const decision = await this.#untilReady(program).finally(() => this.#silence?.over())
    signal.removeEventListener('abort', leave)
    if (decision.kind === 'leave' || signal.aborted) {
      program.end()
      if (signal.aborted) throw nothingTouched()
      return { kind: 'left' }
    }
    program.write(goText(decision.program, decision.credentials))
    await this.#watch(program, remote)
    if (!this.#ended) await this.#reattach()
    return { kind: 'ended' }
  }

  async #untilReady(program: RemoteProgram): Promise<Decision> {
    for await (const line of program.lines) {
      const word = this.#ours(line)
      if (word === null) continue
      if (word === 'ready') {
        this.#silence?.over()
        return this.#operation.decide(observation(this.#facts))
      }
      if (word.startsWith('bye')) break
    }
    return this.#refused(program)
  }

  /** The words of a line of ours; null for the noise of others, which is shown as such. */
  #ours(line: string): string | null {
    const { nonce } = this.#operation.front
    if (!line.startsWith(`${nonce} `)) {
      this.#shownNoise(line)
      return null
    }
    const word = line.slice(nonce.length + 1)
    this.#silence?.heard(word)
    const [, kind, name = '', chunk = ''] = /^(fact|more) (\S+) (\S*)$/.exec(word) ?? []
    if (kind !== undefined) this.#collect(name, chunk, kind === 'fact')
    if (word.startsWith('lacks ')) this.#facts['missing-tools'] = word.slice(6)
    if (word.startsWith('settling')) this.#ports.log.info(`An earlier operation was left unfinished: ${word.slice(9)}; settling it first`)
    if (word.startsWith('incomplete')) this.#incomplete = word.slice(11)
    if (word === 'full') this.#isFull = true
    if (word === 'died') this.#died = true
    return word
  }

  /** A banner is worth seeing, a flood is not. */
  #shownNoise(line: string): void {
    const before = this.#noise
    this.#noise += line.length + 1
    if (this.#noise <= MAX_NOISE_CHARACTERS) this.#ports.log.foreign(line)
    else if (before <= MAX_NOISE_CHARACTERS)
      this.#ports.log.warning(`${this.#operation.target.host} prints more than is shown: its login shell should be silent`)
  }

  /** A fact may come in several lines, none longer than a line may be. */
  #collect(name: string, chunk: string, isLast: boolean): void {
    const text = (this.#chunks[name] ?? '') + chunk
    this.#told += chunk.length + name.length
    if (this.#told > MAX_FACT_CHARACTERS)
      throw new DeployError(
        'CONNECT',
        `what ${this.#operation.target.host} tells, at last of ${name.slice(0, 40)}, has no end; nothing was touched`,
        {
          hint: `look at the server: ssh ${this.#operation.target.user}@${this.#operation.target.host} 'ls -l ${this.#operation.front.directory}/.deploy'`,
        },
      )
    if (isLast) this.#learn(name, Buffer.from(text, 'base64').toString())
    this.#chunks[name] = isLast ? '' : text
  }

  #learn(name: string, value: string): void {
    if (name === 'look') return void Object.assign(this.#facts, factsOf(value, this.#operation.front.nonce))
    this.#facts[name] = value
    if (name === 'waiting') this.#ports.log.info(`Waiting for the lock, held by ${oneLine(value)}`)
    if (name === 'settled') this.#ports.log.warning(`An earlier operation was settled: ${settledSentence(value)}`)
  }

  /** The server ended before it was ready: why, from what it told. */
  async #refused(program: RemoteProgram): Promise<Decision> {
    const { target, front } = this.#operation
    if (this.#ports.cancellation.signal.aborted) throw nothingTouched()
    if (this.#silence?.broken) throw this.#silent(this.#silence.broken, program)
    if (this.#facts.locked !== undefined) {
      throw new DeployError(
        'LOCK',
        `another operation holds the stack in ${front.directory} on ${target.host}: ${oneLine(this.#facts.locked)}`,
        {
          hint: 'wait for it, or look: deploy-action status; the lock frees itself when its holder ends',
        },
      )
    }
    if (this.#incomplete !== null) throw this.#notWhole(this.#incomplete)
    // what it lacks is the decider's to say, with everything else that stands in the way
    if (this.#facts['missing-tools'] || this.#facts.directory !== undefined) return this.#operation.decide(observation(this.#facts))
    const ended = await program.ended
    const how =
      ended.kind === 'lost'
        ? ended.reason
        : ended.kind === 'exit'
          ? `it ended with exit code ${ended.code}`
          : `it was ended by ${ended.signal}`
    throw new DeployError('CONNECT', `${target.host} did not answer as a shell does: ${how}; nothing was touched`, {
      evidence: program.stderr().split('\n').filter(Boolean).slice(-10),
      hint: `ssh -p ${target.port} ${target.user}@${target.host} 'sh -c "echo works"'`,
    })
  }

  /** Connected, alive by its keepalives, and yet without an answer: an engine that hangs, a full process table, somebody else's server. */
  #silent(how: string, program: RemoteProgram): DeployError {
    const { target, front } = this.#operation
    return new DeployError('CONNECT', `${target.host} runs our command and ${how}; nothing of this run was begun`, {
      evidence: program.stderr().split('\n').filter(Boolean).slice(-10),
      hint: `on the server: timeout 10 docker ps; ps aux | grep deploy-action; tail -n 3 ${front.directory}/.deploy/operations/*/journal`,
    })
  }

  #notWhole(what: string): DeployError {
    const { target, front } = this.#operation
    return this.#isFull
      ? new DeployError('CONFIG', `${target.host} has no room left for the ${what} in ${front.directory}; nothing was touched`, {
          hint: `make room on the server: df -h ${front.directory}`,
        })
      : new DeployError('CONNECT', `the ${what} did not arrive whole on ${target.host}; nothing was touched`, { hint: 'run it again' })
  }

  #killed(): DeployError {
    const { target, front, stepName } = this.#operation
    return this.#progress.killed({ host: target.host, ...front }, stepName ?? ((step) => `number ${step}`))
  }

  /** Journal lines until its end, with signs of life to the server meanwhile. */
  async #watch(program: RemoteProgram, remote: Remote): Promise<void> {
    const beat = setInterval(() => program.write('alive\n'), BEAT_MS)
    this.#operation.attend?.((word) => program.write(`${word}\n`))
    let patience: NodeJS.Timeout | undefined
    const cancel = (): void => {
      program.write('cancel\n')
      patience = setTimeout(() => this.#giveUp(remote), CANCEL_PATIENCE_MS)
    }
    const { signal } = this.#ports.cancellation
    if (signal.aborted) cancel()
    else signal.addEventListener('abort', cancel, { once: true })
    try {
      let following = false
      for await (const line of program.lines) {
        if (following) this.#take(line)
        else {
          const word = this.#ours(line)
          following = word === 'follow'
          if (word?.startsWith('bye')) this.#incomplete ??= 'word to go'
        }
        if (this.#ended) break
      }
    } finally {
      clearInterval(beat)
      clearTimeout(patience)
      signal.removeEventListener('abort', cancel)
      if (!this.#ended) this.#operation.attend?.(null)
      program.end()
    }
    if (this.#incomplete !== null) throw this.#notWhole(this.#incomplete)
    if (this.#abandoned) throw this.#unfinished('CANCELLED', 'the run was cancelled while the server works')
  }

  #abandoned = false
  /** The lines end with the connection; the server goes on without us. */
  #giveUp(remote: Remote): void {
    this.#abandoned = true
    remote.close()
  }

  #take(line: string): void {
    if (!/^\d+ [a-z]/.test(line)) return void this.#ours(line)
    // each ends with a mark, or was too long; one that the loss of the connection cut will come again and is not counted
    if (!line.endsWith(' ;') && !line.endsWith('…')) return
    this.#seen += 1
    if (this.#seen > MAX_JOURNAL_LINES)
      throw this.#unfinished('UNKNOWN', `the journal which ${this.#operation.target.host} tells has no end`)
    const event = journalEvent(line.replace(/ ;$/, ''))
    if (event === null) return
    this.#progress.take(event, line)
    this.#operation.onEvent(event)
    if (event.kind === 'end') this.#ended = true
  }

  /** The connection went while the server worked: it goes on alone, and we look for it again. */
  async #reattach(): Promise<void> {
    const { target } = this.#operation
    const died = this.#died
    for (const pause of died ? [0, ...REATTACH_PAUSES_MS] : REATTACH_PAUSES_MS) {
      this.#ports.log.warning(
        died
          ? `The program on ${target.host} was killed; what it left is settled…`
          : `The connection to ${target.host} was lost; the server goes on alone. Trying again…`,
      )
      if (pause > 0) await this.#ports.clock.sleep(pause)
      if (this.#ports.cancellation.signal.aborted) throw this.#unfinished('CANCELLED', 'the run was cancelled while contact was lost')
      this.#died = false
      await this.#follow()
      if (this.#ended) return
      if (this.#died) throw this.#killed()
    }
    throw died ? this.#killed() : this.#unfinished('UNKNOWN', `contact with ${target.host} was lost and not regained`)
  }

  /** From the line after the last one; before it tells on, the server settles a program that was killed. */
  async #follow(): Promise<void> {
    const { target, connect, front } = this.#operation
    const remote = await connect(target).catch(() => null)
    if (remote === null) return
    try {
      const program = await remote.start(frontCommand({ ...front, verb: 'follow', target: String(this.#seen + 1) }))
      await this.#watch(readOn(program), remote)
    } finally {
      remote.close()
    }
  }

  #unfinished(code: 'UNKNOWN' | 'CANCELLED', sentence: string): DeployError {
    const { front } = this.#operation
    return new DeployError(code, `${sentence}; operation ${front.operation} finishes or rolls back there alone`, {
      hint: `ask later: deploy-action status, or on the server: tail ${front.directory}/.deploy/operations/${front.operation}/journal`,
    })
  }
}

/** The same program, whose lines may be read by one loop after another: leaving a loop does not end them. */
const readOn = (program: RemoteProgram): RemoteProgram => {
  const iterator = program.lines[Symbol.asyncIterator]()
  return { ...program, lines: { [Symbol.asyncIterator]: () => ({ next: () => iterator.next() }) } }
}

const nothingTouched = (): DeployError =>
  new DeployError('CANCELLED', 'the run was cancelled before anything was touched', { hint: 'run it again' })

/** Facts one behind the other, each after a line of the nonce and its name. */
const factsOf = (text: string, nonce: string): Record<string, string> =>
  Object.fromEntries(
    `\n${text}`
      .split(`\n${nonce} `)
      .slice(1)
      .map((fact) => [fact.slice(0, fact.indexOf('\n')), `${fact.slice(fact.indexOf('\n') + 1).trimEnd()}\n`] as const),
  )

const oneLine = (text: string): string => text.trim().split('\n').join(', ')

const settledSentence = (text: string): string => {
  const lines = text.trim().split('\n')
  const end = lines
    .toReversed()
    .map(journalEvent)
    .find((event) => event?.kind === 'end')
  return `${lines[0] ?? 'unknown'} ${end?.kind === 'end' ? `ended as ${end.end}` : 'could not be settled'}`
}
