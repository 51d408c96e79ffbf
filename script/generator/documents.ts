import { COMMANDS } from '../../src/entry/context.ts'
import { COMMAND_SENTENCES } from '../../src/entry/help.ts'
import { OPTIONS, type Option, variableOf } from '../../src/entry/options.ts'
import { FAILURES } from '../../src/errors.ts'
import { inputTable, outputTable } from './actions.ts'

const TABLES: Readonly<Record<string, () => readonly string[]>> = {
  commands: () => ['| command | does |', '| --- | --- |', ...COMMANDS.map((name) => `| \`${name}\` | ${COMMAND_SENTENCES[name]} |`)],
  inputs: () => inputTable(),
  outputs: () => outputTable(),
  failures: () => [
    '| code | exit | when |',
    '| --- | --- | --- |',
    ...Object.entries(FAILURES).map(([code, { exit, meaning }]) => `| \`${code}\` | ${exit} | ${meaning} |`),
  ],
  options: () => ['| option | variable | what | of |', '| --- | --- | --- | --- |', ...OPTIONS.map(optionRow)],
}

const optionRow = (option: Option): string => {
  const flag = option.onCommandLine === 'never' ? '' : `\`--${option.name}${option.kind === 'flag' ? '' : ` ${option.value ?? 'TEXT'}`}\``
  const fallback = option.default === undefined ? '' : ` (default \`${option.default}\`)`
  return `| ${flag} | \`${variableOf(option.name)}\` | ${option.description}${fallback} | ${option.commands?.join(', ') ?? 'all commands'} |`
}

/** Fills the tables between `<!-- generated: NAME -->` and `<!-- end -->`. @throws where a document names no table of ours */
export const withTables = (text: string): string =>
  text.replace(/<!-- generated: (\S+) -->[\s\S]*?<!-- end -->/g, (_, name: string) => {
    const table = TABLES[name]
    if (table === undefined) throw new Error(`no table ${name}; there are ${Object.keys(TABLES).join(', ')}`)
    return [`<!-- generated: ${name} -->`, ...table(), '<!-- end -->'].join('\n')
  })
