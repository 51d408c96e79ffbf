import type { Masks } from './masks.ts'
import { KNOWN_COMMANDS, parseCommand, type WorkflowCommand } from './workflow-commands.ts'

/** What people see of a step, and what its lines made the runner do. */
export class JobLog {
  readonly lines: string[] = []
  readonly commands: WorkflowCommand[] = []
  readonly annotations: WorkflowCommand[] = []
  /** The runner refused something, which fails the step. */
  failed = false
  #stopWord: string | undefined
  readonly #known = new Set<string>(KNOWN_COMMANDS)
  readonly #masks: Masks

  constructor(masks: Masks) {
    this.#masks = masks
  }

  line(text: string): void {
    const command = parseCommand(text, this.#known)
    if (command === null || (this.#stopWord !== undefined && command.name !== this.#stopWord)) this.#print(text)
    else if (command.name === this.#stopWord) this.#resume(text)
    else if (command.name === 'stop-commands') this.#stop(command.data, text)
    else this.#obey(command)
  }

  #print(text: string): void {
    this.lines.push(this.#masks.apply(text))
  }

  #resume(text: string): void {
    this.#known.delete(this.#stopWord ?? '')
    this.#stopWord = undefined
    this.#print(text)
  }

  #stop(word: string, text: string): void {
    if (word === '' || this.#known.has(word.toLowerCase()) || word === 'pause-logging') {
      this.failed = true
      return
    }
    this.#stopWord = word.toLowerCase()
    this.#known.add(this.#stopWord)
    if (word.length > 6) this.#masks.addWord(word)
    this.#print(text)
  }

  #obey(command: WorkflowCommand): void {
    this.commands.push(command)
    if (command.name === 'add-mask') this.#masks.add(command.data)
    // switched off since 2020: a step that uses them fails
    if (command.name === 'set-env' || command.name === 'add-path') this.failed = true
    if (['error', 'warning', 'notice'].includes(command.name)) this.annotations.push({ ...command, data: this.#masks.apply(command.data) })
    if (command.name === 'group') this.#print(`▸ ${command.data}`)
  }
}
