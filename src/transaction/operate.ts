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
import { Told } from './told.ts'
import { cancelledBefore, locked, noShell, notForThisKey, notWhole, type Place, silent } from './unready.ts'
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
/** A server that never stops telling does not fill the log. */
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
  /** Lines of the journal that were seen: where to go on after a lost connection. */
  #seen = 0
  #ended = false
  readonly #patience: Patience
  #silence: Silence | null = null
  readonly #told: Told
  readonly #progress = new Progress()

  constructor(operation: Operation, ports: Ports, patience: Patience) {
    this.#operation = operation
    this.#ports = ports
    this.#patience = patience
    const { target, front } = operation
    this.#told = new Told({ nonce: front.nonce, host: target.host, user: target.user, directory: front.directory }, ports.log)
  }

  get #place(): Place {
    return { target: this.#operation.target, directory: this.#operation.front.directory }
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
      if (signal.aborted) throw cancelledBefore()
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
        return this.#operation.decide(observation(this.#told.facts))
      }
      if (word.startsWith('bye')) break
    }
    return this.#refused(program)
  }

  /** The words of a line of ours, each a sign of life. */
  #ours(line: string): string | null {
    const word = this.#told.take(line)
    if (word !== null) this.#silence?.heard(word)
    return word
  }

  /** The server ended before it was ready: why, from what it told. */
  async #refused(program: RemoteProgram): Promise<Decision> {
    const { facts, incomplete } = this.#told
    if (this.#ports.cancellation.signal.aborted) throw cancelledBefore()
    if (this.#silence?.broken) throw silent(this.#silence.broken, this.#place, program)
    if (facts.gate !== undefined) throw notForThisKey(facts.gate, this.#place)
    if (facts.locked !== undefined) throw locked(facts.locked, this.#place)
    if (incomplete !== null) throw notWhole(incomplete, this.#told, this.#place)
    // what it lacks is the decider's to say, with everything else that stands in the way
    if (facts['missing-tools'] || facts.directory !== undefined) return this.#operation.decide(observation(facts))
    throw await noShell(this.#place, program)
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
          if (word?.startsWith('bye')) this.#told.incomplete ??= 'word to go'
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
    const { gate } = this.#told.facts
    if (gate !== undefined) throw notForThisKey(gate, this.#place)
    if (this.#told.incomplete !== null) throw notWhole(this.#told.incomplete, this.#told, this.#place)
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
    const died = this.#told.died
    for (const pause of died ? [0, ...REATTACH_PAUSES_MS] : REATTACH_PAUSES_MS) {
      this.#ports.log.warning(
        died
          ? `The program on ${target.host} was killed; what it left is settled…`
          : `The connection to ${target.host} was lost; the server goes on alone. Trying again…`,
      )
      if (pause > 0) await this.#ports.clock.sleep(pause)
      if (this.#ports.cancellation.signal.aborted) throw this.#unfinished('CANCELLED', 'the run was cancelled while contact was lost')
      this.#told.died = false
      await this.#follow()
      if (this.#ended) return
      if (this.#told.died) throw this.#killed()
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
      hint: `by hand: wait a minute, then ask\ndeploy-action status\non the server: tail ${front.directory}/.deploy/operations/${front.operation}/journal`,
    })
  }
}

/** The same program, whose lines may be read by one loop after another: leaving a loop does not end them. */
const readOn = (program: RemoteProgram): RemoteProgram => {
  const iterator = program.lines[Symbol.asyncIterator]()
  return { ...program, lines: { [Symbol.asyncIterator]: () => ({ next: () => iterator.next() }) } }
}
