import { nearest } from '../config/nearest.ts'
import { type Asked, inputVariableOf, OPTIONS, type Option, type OptionName } from './options.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** Inputs that are no options: which command, and the token for the registry of the job's own repository. */
export const OTHER_INPUTS = ['command', 'github-token'] as const

/** Reads the action's inputs. The runner says nothing about a misspelt one but a warning: here it is refused. */
export const askedByInputs = (env: Environment): Asked => {
  const options: readonly Option[] = OPTIONS.filter((option: Option) => option.input !== false)
  const names = [...options.map((option) => option.name), ...OTHER_INPUTS]
  const values = new Map<OptionName, { texts: readonly string[]; from: string }>()
  for (const option of options) {
    const text = env[inputVariableOf(option.name)]?.trim() ?? ''
    if (text === '') continue
    const texts =
      option.kind === 'list'
        ? text
            .split('\n')
            .map((line) => line.trim())
            .filter((line) => line !== '')
        : [text]
    values.set(option.name as OptionName, { texts, from: `the input ${option.name}` })
  }
  return { command: env[inputVariableOf('command')]?.trim() || undefined, values, problems: unknownInputs(env, names) }
}

const unknownInputs = (env: Environment, names: readonly string[]): readonly string[] => {
  const known = new Set(names.map(inputVariableOf))
  return Object.keys(env)
    .filter((key) => key.startsWith('INPUT_') && !known.has(key))
    .map((key) => key.slice('INPUT_'.length).toLowerCase())
    .map((name) => {
      const meant = nearest(name, names)
      return `the input ${JSON.stringify(name)} is not known; ${meant === undefined ? `there are ${names.join(', ')}` : `did you mean "${meant}"?`}`
    })
}
