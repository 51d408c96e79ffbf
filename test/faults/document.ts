/** `document.ts RESULT…`: docs/faults.md, from the rows of the matrix and from what sweeps left as JSON; without one the rows alone. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DEFECTS } from './defects.ts'
import { ROWS, type Row } from './rows.ts'
import type { Sweep } from './sweep/sweep.ts'
import { rowsOf, summaryOf, tableOf } from './sweep/table.ts'

const row = ({ number, fault, ending, tests, missing }: Row): string => {
  const made = tests.map(([file, name]) => `\`${file}\`: ${name}`).join('<br>')
  return `| ${number} | ${fault} | ${ending} | ${[made, missing === undefined ? '' : `*not made:* ${missing}`].filter(Boolean).join('<br>')} |`
}

/** The rows alone: what does not depend on a run. */
export const matrix = (): string => ['| # | fault | ending | tests |', '|---|---|---|---|', ...ROWS.map(row)].join('\n')

export const page = (sweeps: readonly Sweep[]): string => {
  const tried = sweeps.flatMap((sweep) => sweep.tried)
  const kills = tried.filter(({ struck }) => struck).length
  const left = sweeps.reduce((sum, sweep) => sum + sweep.left.length, 0)
  const broken = tried.filter(({ violations }) => violations.length > 0).length
  const minutes = Math.round(sweeps.reduce((sum, sweep) => sum + sweep.seconds, 0) / 60)
  return `# Faults

What goes wrong on the way, what serves then, and which test makes it so.

\`script/test faults\` kills somebody at a sample of the failpoints (the seed is printed; DEPLOY_ACTION_FAULTS_SEED chooses
another), \`script/test faults --all\` at each of them, three times each victim, \`script/test faults --defects\` plants
mistakes into the product and wants the checker to see each. A failpoint stands after everything the program writes into its
journal and around every effect of program, front and client. They are woven into a bundle for the test; the released one
holds none, which is a test, too (\`test/faults/weave\`).

Whoever judges does not ask the product: two services are asked for their version every 50 ms, the engine is asked for its
containers, the kernel for the lock, \`current\` is read as a link. See \`test/faults/sweep/checker.ts\`.

## The last sweep

${kills} kills in ${minutes} minutes on two servers side by side${left === 0 ? '' : `; ${left} faults of the whole were left out for want of time`}.

${summaryOf(tried)}

A killed engine takes its containers with it, so its gap is that of the engine's own start. A dockerd that is killed alone,
its containers left alive, stops those with the policy \`unless-stopped\` for good when it is started again (28.5, seen
without any deploy): the next deploy starts them.

${tableOf(rowsOf(tried))}

${broken === 0 ? 'No invariant was broken.' : `${broken} tries broke an invariant: see the verdicts.`}

## Planted defects

Each turns the checker red (\`script/test faults --defects\`).

${DEFECTS.map(({ name, what }) => `- \`${name}\`: ${what}`).join('\n')}

## The fault matrix

${matrix()}
`
}

const DOCUMENT = join(import.meta.dirname, '../../docs/faults.md')
/** The document with the rows of today, and the last sweep as it was. */
export const withMatrix = (document: string): string =>
  document.replace(/(## The fault matrix\n\n)[\s\S]*$/, (_, heading: string) => `${heading}${matrix()}\n`)

if (import.meta.filename === process.argv[1]) {
  const sweeps = process.argv.slice(2).map((file) => JSON.parse(readFileSync(file, 'utf8')) as Sweep)
  writeFileSync(DOCUMENT, sweeps.length === 0 ? withMatrix(readFileSync(DOCUMENT, 'utf8')) : page(sweeps))
}
