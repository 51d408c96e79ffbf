/** docs/faults.md, from the rows of the matrix and the ledger of the last sweep. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DEFECTS } from './defects.ts'
import { Ledger, TRIES } from './ledger/ledger.ts'
import { ROWS, type Row } from './rows.ts'
import { everything, namesOf } from './sweep/schedule.ts'
import { rowsOf, summaryOf, tableOf } from './sweep/table.ts'

const row = ({ number, fault, ending, tests, missing }: Row): string => {
  const made = tests.map(([file, name]) => `\`${file}\`: ${name}`).join('<br>')
  return `| ${number} | ${fault} | ${ending} | ${[made, missing === undefined ? '' : `*not made:* ${missing}`].filter(Boolean).join('<br>')} |`
}

const matrix = (): string => ['| # | fault | ending | tests |', '|---|---|---|---|', ...ROWS.map(row)].join('\n')

/** How much of the whole was done, and that it is a part where it is one. */
const extent = (ledger: Ledger): string => {
  const passed = ledger.passed ?? {}
  const all = everything(passed)
  const left = ledger.left(all).length
  const kills = ledger.tried.filter(({ struck }) => struck).length
  const missed = new Set(ledger.tried.filter(({ struck }) => !struck).map(({ visit }) => visit.name))
  const time = `${kills} kills in ${Math.round(ledger.seconds / 60)} minutes, several servers side by side; key \`${ledger.key}\``
  return [
    left === 0
      ? `**The whole of it**: ${namesOf(passed).length} failpoints, each with each victim three times, ${all.length} faults; ${time}.`
      : `**A part**: ${all.length - left} of ${all.length} faults (${namesOf(passed).length} failpoints, each with each victim three times), drawn by lot; ${time}. ${left} are left.`,
    ...ledger.carried.map(
      ({ from, tries, dropped, because }) =>
        `\n\n${tries} of them are of key \`${from}\`, the same sources with another judge, and count all the same: ${because}. ${dropped.length === 0 ? 'None of those' : `Tried again, because that judge called it broken: ${dropped.join('; ')}. None of the others`} broke an invariant.`,
    ),
    missed.size === 0 ? '' : `\nNot reached each time, because what precedes it depends on time: ${[...missed].toSorted().join('; ')}.`,
  ].join('')
}

export const page = (ledger: Ledger): string => {
  const { tried } = ledger
  const broken = tried.filter(({ violations }) => violations.length > 0).length
  return `# Faults

What goes wrong on the way, what serves then, and which test makes it so.

\`script/test faults\` kills somebody at a sample of the failpoints (the seed is printed; DEPLOY_ACTION_FAULTS_SEED chooses
another), \`script/test faults --all\` at each of them, three times each victim, \`script/test faults --defects\` plants
mistakes into the product and wants the checker to see each. A failpoint stands after everything the program writes into its
journal and around every effect of program, front and client. They are woven into a bundle for the test; the released one
holds none, which is a test, too (\`test/faults/weave\`).

Whoever judges does not ask the product: two services are asked for their version every 50 ms, the engine is asked for its
containers, the kernel for the lock, \`current\` is read as a link. See \`test/faults/sweep/checker.ts\`.

## How a sweep is run

The whole of it takes hours, so it may be broken off and goes on where it was, on whichever machine: every try is one line
in a ledger, \`test/faults/ledger/tries/KEY.jsonl\`, which is committed; it is on the disk before the next one begins.
DEPLOY_ACTION_FAULTS_SECONDS bounds a sitting, DEPLOY_ACTION_FAULTS_MACHINES says on how many of the sandbox's servers (all);
SIGTERM ends it with the tries under way. A sitting without the rest of the lane:

\`\`\`sh
eval "$(script/sandbox env)"
export DEPLOY_ACTION_FAULTS_SECONDS=3000
script/node24 test/faults/sitting.ts   # and writes this page
\`\`\`

The key is a digest of what a try depends on:

- the programs that come of the swept \`deploy.yml\`, for all that a look may find in the course of a try
  (\`test/faults/ledger/planned.ts\`): whatever changes in config or plan and changes no program does not count
- the front, the client, its connection and how it ended (\`src/entry/transact.ts\`, \`src/entry/verdict.ts\`), with all that they
  import of \`src/transaction\`, \`src/commands\` and the SSH adapter, as it is bundled: without comments, types and formatting
- the failpoints, and whoever makes and judges a try

Not in it: what collects the files, refuses beforehand or reports. With another key the sweep begins anew; with the same
one a broken invariant stays in the ledger, with its evidence, and is not tried again. The order is drawn by lot, so that a
part is a fair sample.

What is swept: a good version, a bad one that goes back, a rollback, a good one over what a killed program left, and, where
no other comes by, a bad one with a backup and \`migrate.undo: down\`. Each deploy migrates, seeds by a command and over HTTP.

## The last sweep

${extent(ledger)}

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

export const writePage = (ledger: Ledger): void => writeFileSync(join(import.meta.dirname, '../../docs/faults.md'), page(ledger))

if (import.meta.filename === process.argv[1]) writePage(Ledger.only(TRIES))
