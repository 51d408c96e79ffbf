/** The only place where shell text is made of values: whatever goes in comes out, under every shell a server may have. */
import { execFileSync } from 'node:child_process'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { commandLine, quote } from '../../src/commands/quote.ts'
import { SHELLS } from '../transaction/support/server.ts'

const RUNS = 40
/** Command lines of each run: a shell takes longer to start than to read them. */
const LINES = 10

/** Arguments as people and attackers write them, and any character but NUL. */
const argument = fc
  .oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: fc.constantFrom(...`'"\\$\`!*?[]{}()<>|&;~# \t\n\r=%+:,./-@^äπ🚀az09_`) }),
    fc.constantFrom(
      '',
      '-n',
      '--',
      "'",
      "''",
      '\\',
      '$(touch pwned)',
      '`id`',
      '${IFS}',
      '!!',
      '~',
      '~root',
      '\n',
      'a\n',
      '\u202e',
      '=x',
      'a=b',
      '*',
    ),
  )
  .filter((text) => !text.includes('\0') && text.isWellFormed())

/** The arguments of all lines as the programs that the shell started got them; a NUL ends each, which none can hold. */
const seenBy = (shell: readonly string[], lines: readonly (readonly string[])[]): string[] => {
  const [program = '', ...before] = shell
  const script = lines.map((argv) => commandLine(['/usr/bin/printf', '%s\\0', ...argv])).join('\n')
  const output = execFileSync(program, [...before, '-c', script], { encoding: 'utf8' })
  return output.split('\0').slice(0, -1)
}

describe('a quoted command line', () => {
  const shells = {
    sh: ['/bin/sh'],
    dash: SHELLS.dash && [SHELLS.dash],
    bash: SHELLS.bash && [SHELLS.bash, '--posix'],
    busybox: SHELLS.busybox && [SHELLS.busybox, 'sh'],
  }
  for (const [name, shell] of Object.entries(shells)) {
    ;(shell ? test : test.skip)(
      `carries random arguments literally through ${name}`,
      () => {
        fc.assert(
          fc.property(fc.array(fc.array(argument, { minLength: 1, maxLength: 8 }), { minLength: LINES, maxLength: LINES }), (lines) => {
            expect(seenBy(shell || [], lines)).toEqual(lines.flat())
          }),
          { numRuns: RUNS },
        )
      },
      120_000,
    )
  }

  test('quotes nothing that needs no quotes', () => {
    expect(commandLine(['docker', 'compose', '--file', '/opt/stacks/x/docker-compose.yml', 'a@sha256:00', 'x=1,y+2%'])).toBe(
      'docker compose --file /opt/stacks/x/docker-compose.yml a@sha256:00 x=1,y+2%',
    )
  })

  test('an empty argument stays an argument', () => {
    expect(quote('')).toBe("''")
  })

  test('a NUL is refused: no argument can carry it', () => {
    expect(() => quote('a\0b')).toThrow(new RangeError('an argument cannot hold a NUL character'))
    expect(() => commandLine(['echo', '\0'])).toThrow(RangeError)
  })
})
