/** Every single redaction of the sources, as a change that takes it out. Made from the sources: a new one is in the list at once. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Mutation {
  readonly file: string
  /** Counted from 1. */
  readonly line: number
  readonly before: string
  readonly after: string
  /** What can see that it is missing. */
  readonly seenBy: 'client' | 'program' | 'hide' | 'run' | 'logs'
}

type Change = readonly [wanted: RegExp, replacement: string]

const changed = (root: string, file: string, seenBy: Mutation['seenBy'], changes: readonly Change[]): readonly Mutation[] =>
  readFileSync(join(root, file), 'utf8')
    .split('\n')
    .flatMap((before, index) =>
      changes.flatMap(([wanted, replacement]) =>
        wanted.test(before) ? [{ file, line: index + 1, before, after: before.replace(wanted, replacement), seenBy }] : [],
      ),
    )

/** Where text of others goes into our files and answers. */
const CALLS: readonly Change[] = [
  [/ \| hide\b/, ''],
  [/^( *)hide </, '$1cat <'],
  [/\bknow_(once|containers)$/, ':'],
  [/\bknow_once; answer/, 'answer'],
  [/^( *rm -rf .*) "\$operation"\/answer\*$/, '$1'],
  [/^ *rm -f "\$operation"\/pull-\*$/, ':'],
  [/^ *rm -f "\$operation\/exchange\$apart"$/, ':'],
  [/without_hidden < "\$work\/\$fact"/, 'cat "$work/$fact"'],
]
/** What the server makes of a value before it looks for it. */
const HIDING: readonly Change[] = [
  [/^ {2,}(form|markup|url|hidden)\(.*\)$/, ''],
  [/^ {2}gsub\(.*, line\)$/, ''],
  [/if \(substr\(line, at, 8\) in pieces\)/, 'if (0)'],
  [/^ {4}for \(from = 1; \(at = index\(substr\(line, from\), text\)\) > 0; .*$/, '    at = 0'],
]
/** What the client makes of one. */
const FORMS: readonly Change[] = [
  [/^ {4}(plain|bytes|form|small)\b.*,$/, ''],
  [/^ {2}text\.replaceAll.*,$/, ''],
  [/^ {4}\.\.\.\[0, 1, 2\].*$/, ''],
  [/^ {4}\.\.\.inUrl\(text\),$/, ''],
  [/^ {4}\[\.\.\.text\]\.reverse.*$/, ''],
  [/\[core\.toString\('base64'\), core\.toString\('base64url'\)\]/, "[core.toString('base64')]"],
  [/\[core\.toString\('base64'\), core\.toString\('base64url'\)\]/, "[core.toString('base64url')]"],
  [/\[loose, strict,/, '[strict,'],
  [/\[loose, strict,/, '[loose,'],
  [/, strict\.replaceAll\('%2F', '\/'\)\]/, ']'],
  [/\.\.\.inJson\(text\), /, ''],
  [/\.\.\.inMarkup\(text\), /, ''],
  [/\.\.\.inShell\(text\), /, ''],
  [/, text\.replaceAll\('\$', '\$\$\$\$'\)\]/, ']'],
  [/return \[plain, go, /, 'return [plain, '],
  [/return \[plain, go, /, 'return [go, '],
  [/, text\.replaceAll\('"', '\\\\"'\)\]/, ']'],
]
const SINKS: readonly Change[] = [
  [/this\.#hidden\.apply\((\w+)\)/, '$1'],
  [/, undefined, this\.#hidden\.apply\)/, ')'],
  [/\bhide\(unseen\((.*)\)\)$/, 'unseen(hide($1))'],
  [/withoutSecrets\(telling\.document, hidden\)/, 'telling.document'],
  [/redactedEnding\(telling\.ending, redacted\.message, hidden\)/, 'telling.ending'],
  [/withoutSecrets\(shown, hidden\)/, 'shown'],
  [/withoutSecrets\(ending\.verdict, hidden\)/, 'ending.verdict'],
  [/\.map\(hidden\.apply\)/, ''],
  [/\bhide\(message\)/, 'message'],
  [/\bhide\((await readFile\(path, 'utf8'\))\)/, '$1'],
  [/, \.\.\.fragments\.spans\(text\)\]/, ']'],
  [/\[\.\.\.wholes\(text, hidden\), /, '['],
]

/** Where a secret is made known before anything else sees it. */
const REGISTRATIONS: readonly Change[] = [
  [/^ {4}'(INPUT_|DEPLOY_|GITHUB_)[A-Z_-]+',$/, ''],
  [/ports\.log\.mask\(request\.sshKey\.reveal\(\)\)/, 'undefined'],
  [/\[\.\.\.secrets, config\.registry\.password \?\? ''\]/, 'secrets'],
  [/\[\.\.\.secrets, config\.registry\.password \?\? ''\]/, "[config.registry.password ?? '']"],
  [/this\.secrets\.push\(.*\)$/, ''],
  [/for \(const secret of notifySecrets\(config\)\) ports\.log\.mask\(secret\)$/, ''],
]

export const mutationsOf = (root: string): readonly Mutation[] => {
  const rooms = readdirSync(join(root, 'src/transaction/program')).filter((name) => name !== 'secrets.sh')
  return [
    ...rooms.flatMap((room) => changed(root, `src/transaction/program/${room}`, 'program', CALLS)),
    ...changed(root, 'src/transaction/program/secrets.sh', 'program', [[/\[ -z "\$of_others" \] \|\| know_once/, ':']]),
    ...changed(root, 'src/transaction/asked/logs.sh', 'logs', CALLS),
    ...changed(root, 'src/transaction/program/secrets.sh', 'hide', HIDING),
    ...changed(root, 'src/adapters/secret-forms.ts', 'client', FORMS),
    ...[
      'adapters/redaction',
      'adapters/terminal-log',
      'adapters/runner-log',
      'adapters/plain-text',
      'entry/tell',
      'entry/github/follow',
    ].flatMap((file) => changed(root, `src/${file}.ts`, 'client', SINKS)),
    ...['entry/run', 'entry/create-context', 'config/variables'].flatMap((file) => changed(root, `src/${file}.ts`, 'run', REGISTRATIONS)),
  ]
}
