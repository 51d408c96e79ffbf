import type { Gate } from '../plan/steps.ts'
import type { ProgramEnd } from './journal.ts'

/** What the client may say to the program of one of several servers. */
export type Word = Gate | 'back'

/** How far a server is, as far as it was heard; `gone`: contact was lost for good, or it never began. */
export type Standing = 'preparing' | 'prepared' | 'switching' | 'switched' | 'committing' | 'ended' | 'gone'

interface Member {
  standing: Standing
  end: ProgramEnd | null
  word: Word | null
  say: ((word: Word) => void) | null
}

/**
 * Several servers act as one: which of them may go on, from what each has reached. The switch goes group by group, the
 * next when all of the one before are healthy; all commit together; a failure anywhere sends the others back.
 */
export class Rendezvous {
  readonly #groups: readonly (readonly string[])[]
  readonly #members: ReadonlyMap<string, Member>
  /** A rollback is never rolled back: what was switched stays. */
  readonly #goesBack: boolean
  /** The first server that could not go on. */
  culprit: string | null = null

  constructor(groups: readonly (readonly string[])[], goesBack: boolean) {
    this.#groups = groups
    this.#goesBack = goesBack
    this.#members = new Map(groups.flat().map((host) => [host, { standing: 'preparing', end: null, word: null, say: null }]))
  }

  standing(host: string): Standing {
    return this.#member(host).standing
  }

  /** How words reach its program; null while the connection is lost. */
  attend(host: string, say: ((word: Word) => void) | null): void {
    const member = this.#member(host)
    member.say = say
    if (say !== null && member.word !== null) say(member.word)
    // it aborts by itself before its switch, whether it is found again or not
    if (say === null && (member.standing === 'preparing' || member.standing === 'prepared')) this.#blame(host)
    this.#turn()
  }

  reached(host: string, gate: Gate): void {
    this.#member(host).standing = gate === 'switch' ? 'prepared' : 'switched'
    this.#turn()
  }

  ended(host: string, end: ProgramEnd): void {
    const member = this.#member(host)
    member.standing = 'ended'
    member.end = end
    if (end !== 'committed') this.#blame(host)
    this.#turn()
  }

  gone(host: string): void {
    const member = this.#member(host)
    if (member.standing !== 'ended') member.standing = 'gone'
    if (member.end !== 'committed') this.#blame(host)
    this.#turn()
  }

  #member(host: string): Member {
    const member = this.#members.get(host)
    if (member === undefined) throw new Error(`${host} is none of these servers`)
    return member
  }

  #blame(host: string): void {
    this.culprit ??= host
  }

  #turn(): void {
    if (this.culprit !== null) this.#sendBack()
    else if (this.#all(['switched'])) this.#commitTogether()
    else if (!this.#all(['prepared', 'switching', 'switched', 'ended'])) return
    else this.#switchNextGroup()
  }

  /** Not while one of them would not hear it: it goes back by itself when it is not found in time. */
  #commitTogether(): void {
    const members = [...this.#members.values()]
    if (members.some(({ say }) => say === null)) return
    for (const member of members) this.#say(member, 'commit', 'committing')
  }

  #sendBack(): void {
    for (const member of this.#members.values()) {
      const isPrepared = member.standing === 'preparing' || member.standing === 'prepared'
      const isSwitched = member.standing === 'switching' || member.standing === 'switched'
      if (isPrepared || (isSwitched && this.#goesBack)) this.#say(member, 'back', member.standing)
    }
  }

  #switchNextGroup(): void {
    const next = this.#groups.find((group) => group.some((host) => !['switched', 'ended'].includes(this.standing(host)))) ?? []
    for (const host of next) {
      const member = this.#member(host)
      if (member.standing === 'prepared') this.#say(member, 'switch', 'switching')
    }
  }

  #say(member: Member, word: Word, standing: Standing): void {
    member.standing = standing
    if (member.word === word) return
    member.word = word
    member.say?.(word)
  }

  #all(standings: readonly Standing[]): boolean {
    return [...this.#members.values()].every(({ standing }) => standings.includes(standing))
  }
}
