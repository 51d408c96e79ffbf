import { nearest } from '../config/nearest.ts'
import { type Asked, OPTIONS, type Option, type OptionName } from './options.ts'

/**
 * Reads the command line: COMMAND [RELEASE] with options anywhere; `--name value` and `--name=value` are the same. Where only
 * names of options were misspelt, what was probably meant is told as a whole.
 */
export const askedByArguments = (args: readonly string[]): Asked => {
  const asked = understood(args)
  const meant = args.map((word) => withoutSlip(word, asked.problems))
  if (meant.every((word, index) => word === args[index]) || understood(meant).problems.length > 0) return asked
  // what follows from a slip, such as the value of an option that is not known, is none
  const slips = args.filter((word, index) => word !== meant[index]).map((word) => unknownOption(nameOf(word)))
  return { ...asked, problems: [...new Set(slips)], meant }
}

const understood = (args: readonly string[]): Asked => {
  const words: string[] = []
  const problems: string[] = []
  const values = new Map<OptionName, { texts: string[]; from: string; isFile: boolean }>()
  const rest = [...args]
  let wants: Asked['wants']

  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === '--help' || word === '-h') wants ??= 'help'
    else if (word === '--version') wants ??= 'version'
    else if (!word.startsWith('-')) words.push(word)
    // whatever it is, it is refused
    else if (words[0] === 'exec') rest.length = 0
    else {
      const given = read(word, rest)
      if (typeof given === 'string') problems.push(given)
      else {
        const before = values.get(given.option.name as OptionName)?.texts ?? []
        if (before.length > 0 && given.option.kind !== 'list') problems.push(`--${given.option.name} is there twice`)
        values.set(given.option.name as OptionName, {
          texts: [...before, given.text],
          from: `--${given.option.name}`,
          isFile: given.option.onCommandLine === 'file',
        })
      }
    }
  }

  const [command, release, ...tooMany] = words
  if (command === 'help') return { command: release, values, problems, wants: 'help' }
  if (command === 'completion') return { command: release, values, problems, wants: 'completion' }
  if (command === 'exec') return { command, values, problems, ...(wants === undefined ? {} : { wants }) }
  const byWord = { rollback: 'release', logs: 'service', restore: 'backup' }[command ?? ''] as OptionName | undefined
  if (release !== undefined && byWord !== undefined && values.has(byWord)) problems.push(`the ${byWord} is there twice`)
  if (release !== undefined && command === 'rollback') values.set('release', { texts: [release], from: 'the release', isFile: false })
  else if (release !== undefined && command === 'logs') values.set('service', { texts: [release], from: 'the service', isFile: false })
  else if (release !== undefined && command === 'restore') values.set('backup', { texts: [release], from: 'the backup', isFile: false })
  else if (release !== undefined) tooMany.unshift(release)
  for (const word of tooMany) problems.push(`${JSON.stringify(word)} is one word too many`)
  return { command, values, problems, ...(wants === undefined ? {} : { wants }) }
}

/** The option and its text, or what is wrong with it. */
const read = (word: string, rest: string[]): { readonly option: Option; readonly text: string } | string => {
  const [, name = '', inline] = /^--?([^=]*)(?:=([\s\S]*))?$/.exec(word) ?? []
  const option: Option | undefined = OPTIONS.find((known) => known.name === name && word.startsWith('--'))
  if (option === undefined) return unknownOption(name)
  if (option.onCommandLine === 'never')
    return `--${name} is no option, because everybody can read command lines; set ${option.secret === true ? 'its variable' : 'it'} in another way (see --help)`
  if (option.kind === 'flag') return inline === undefined ? { option, text: 'true' } : { option, text: inline }
  const text = inline ?? rest.shift()
  return text === undefined ? `--${name} needs ${option.value ?? 'a value'} after it` : { option, text }
}

const nameOf = (word: string): string => /^--?([^=]*)/.exec(word)?.[1] ?? ''

/** The word with the option that was meant, where it is one of the problems. */
const withoutSlip = (word: string, problems: readonly string[]): string => {
  const name = nameOf(word)
  const meant = word.startsWith('--') && problems.includes(unknownOption(name)) ? nearestOption(name) : undefined
  return meant === undefined ? word : `--${meant}${word.slice(name.length + 2)}`
}

const nearestOption = (name: string): string | undefined => {
  const known = OPTIONS.filter((option: Option) => option.onCommandLine !== 'never').map((option) => option.name)
  return nearest(name, [...known, 'help', 'version'])
}

const unknownOption = (name: string): string => {
  const meant = nearestOption(name)
  return `--${name.slice(0, 60)} is not known; ${meant === undefined ? 'see --help' : `did you mean --${meant}?`}`
}
