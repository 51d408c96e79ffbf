import type { Argv } from '../ports.ts'

/** Characters that no POSIX shell treats specially, wherever they stand. */
const PLAIN = /^[\w@%+=:,./-]+$/

/**
 * One argument as text for a POSIX shell: the only place where shell text is made of values.
 * @throws RangeError on a NUL, which no argument can carry
 */
export const quote = (argument: string): string => {
  if (argument.includes('\0')) throw new RangeError('an argument cannot hold a NUL character')
  return PLAIN.test(argument) ? argument : `'${argument.replaceAll("'", `'\\''`)}'`
}

/** A whole command as text for a POSIX shell. */
export const commandLine = (argv: Argv | readonly string[]): string => argv.map(quote).join(' ')
