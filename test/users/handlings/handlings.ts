/**
 * What is done about each trap, as the change that takes it out of the product, and the test that must go red then.
 * Those that only a whole deploy could show are not here: docs/first-users.md names their tests.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Patch, patched } from '../../faults/weave/patch.ts'

export interface Handling {
  readonly name: string
  readonly patch: Patch
  /** A test that needs no server: a file, and words of its name. */
  readonly shownBy: { readonly file: string; readonly test: string }
  /** Its test asks docker, which needs the sandbox. */
  readonly asksDocker?: true
}

const handling = (name: string, file: string, find: Patch['find'], put: string, shown: string, test: string): Handling => ({
  name,
  patch: { file, find, put },
  shownBy: { file: shown, test },
  ...(shown.startsWith('test/sandbox/') ? { asksDocker: true as const } : {}),
})

const PROGRAM = 'src/transaction/program'
const MOUNTS = 'test/plan/source-mounts.test.ts'
const UNDO = 'test/transaction/undo.test.ts'
const PREFLIGHT = 'test/plan/preflight.test.ts'
const VALUES = 'test/sandbox/compose/values.test.ts'
const ORDERS = 'test/plan/orders.test.ts'
const HTTP_SEED = 'test/transaction/http-seed.test.ts'
const ROLLING = 'test/transaction/rolling.test.ts'
const BUILDER = 'test/pipeline/own-builder.test.ts'

export const HANDLINGS: readonly Handling[] = [
  // code of the server over the code of the images
  handling('mounts are taken out', 'src/plan/pins.ts', 'else if (kept !== undefined)', 'else if (false)', MOUNTS, 'keeps its others'),
  handling(
    'code over an image is refused',
    'src/plan/source-mounts.ts',
    '      if (!hidesCode(',
    '      if (true || !hidesCode(',
    MOUNTS,
    'is refused by the name',
  ),
  handling(
    'a mount that stayed is refused',
    'src/plan/source-mounts.ts',
    'if (question.dropped.some(',
    'if (false && question.dropped.some(',
    MOUNTS,
    'that is still there',
  ),
  handling(
    'nothing builds on the server',
    'src/plan/pins.ts',
    "if (own?.hasBuild) lines.push('    build: !reset null')",
    '',
    'test/plan/pins.test.ts',
    'says which bytes run',
  ),
  handling(
    'names are given back at the end',
    'src/plan/pins.ts',
    "lines.push('    container_name: !reset null')",
    'lines.push()',
    'test/plan/pins.test.ts',
    'says which bytes run',
  ),
  // images that migrate when they start
  handling(
    'the schema goes back first',
    `${PROGRAM}/steps.sh`,
    `grep '^schema_back ' "$operation/undo"; `,
    '',
    UNDO,
    'before an old one starts',
  ),
  handling(
    'new containers are stopped before',
    `${PROGRAM}/one-off.sh`,
    'patiently docker stop $(cat "$service") > /dev/null 2>&1',
    ':',
    UNDO,
    'once the new containers are stopped',
  ),
  handling(
    'the way back is prepared',
    'src/plan/migration.ts',
    "migrate.undo !== 'down' || current === null",
    'true',
    'test/plan/migration.test.ts',
    'is prepared before the migration',
  ),
  handling(
    'a schema that cannot go back is broken',
    `${PROGRAM}/one-off.sh`,
    'fail BROKEN "the schema could not be taken back',
    ': "the schema could not be taken back',
    UNDO,
    'that cannot go back is BROKEN',
  ),
  handling(
    'the backup before an image migrates',
    'src/plan/migration.ts',
    'if (migrate.onStart) return backup.length === 0 ? [] : [...ask, ...backup, ...wayBack]',
    'if (migrate.onStart) return []',
    'test/plan/migration.test.ts',
    'the backup is made before it does',
  ),
  handling(
    'a schema ahead is asked about',
    'src/plan/schema-question.ts',
    'const live = migrate.onStart ? null : liveRevision',
    'const live = liveRevision',
    'test/plan/schema-question.test.ts',
    'records say nothing',
  ),
  handling(
    'an entrypoint of its own',
    'src/plan/seeds.ts',
    "['--entrypoint', entrypoint[0] ?? '', service,",
    '[service,',
    'test/plan/migration.test.ts',
    'a preset whose command',
  ),
  // success that is none
  handling(
    'digests are compared',
    `${PROGRAM}/checks.sh`,
    `[ "$image" = "\${pair#*=}" ] && continue`,
    'continue',
    'test/transaction/verified.test.ts',
    'is no success',
  ),
  handling(
    'other bytes are refused',
    'src/entry/stack.ts',
    '  if (wrong.length === 0) return\n  throw new DeployError(',
    '  if (wrong.length >= 0) return\n  throw new DeployError(',
    'test/entry/other-bytes.test.ts',
    'something else than the wanted bytes',
  ),
  handling(
    'a variable that compose ignores',
    'src/plan/pins.ts',
    "if (config.compose.pin === 'env') problems.push",
    'if (false) problems.push',
    'test/plan/pins.test.ts',
    'a hard-coded image is refused',
  ),
  handling(
    'silence has to last',
    'src/plan/readiness.ts',
    'const SILENT_STABLE_MS = 10_000',
    'const SILENT_STABLE_MS = 0',
    'test/plan/readiness.test.ts',
    'has to stay up',
  ),
  handling(
    'no restart in the window',
    `${PROGRAM}/readiness.sh`,
    '    same_life "$service" || return\n',
    '',
    'test/transaction/verified.test.ts',
    'was restarted within its window',
  ),
  handling(
    'a first start that failed',
    `${PROGRAM}/readiness.sh`,
    `[ "\${restarts:-0}" -gt 0 ] || return 0`,
    'return 0',
    'test/transaction/first-start.test.ts',
    'may be set up by half',
  ),
  handling(
    'the first start is asked about',
    'src/transaction/compile.ts',
    "step.first === true ? 'await_set_up' : 'await_running'",
    "'await_running'",
    'test/transaction/compile.test.ts',
    'first start',
  ),
  // the environment file
  handling('a comment is no value', `${PROGRAM}/observe.sh`, '/comment \\2/p"', '/\\2/p"', VALUES, 'a comment behind nothing'),
  handling(
    'a comment is refused',
    'src/plan/preflight.ts',
    'observed.environmentComments.includes(name)',
    'false',
    PREFLIGHT,
    'behind which there is only a comment',
  ),
  handling('values are compared', `${PROGRAM}/observe.sh`, 'grep -qE -e "$wanted" ;;', 'grep -q . ;;', VALUES, 'as compose reads them'),
  handling(
    'the example is found again',
    `${PROGRAM}/observe.sh`,
    `[ "$value" != "$(value_of "$shown" "$name")" ] || [ -z "$value" ] ;;`,
    '[ -n "$value" ] || [ -z "$value" ] ;;',
    VALUES,
    'what the example says',
  ),
  handling(
    'what does not match is refused',
    'src/plan/preflight.ts',
    "...(observed.environmentFile === null || 'error' in observed.model ? [] : compared(observed, question)),",
    '',
    PREFLIGHT,
    'a value that',
  ),
  handling(
    'a condition makes a variable necessary',
    'src/plan/preflight.ts',
    'observed.environmentNeeded.includes(name) && isMissing(name)',
    'false',
    PREFLIGHT,
    'what stands in the way',
  ),
  handling(
    'hooks find the files of the release',
    'src/plan/reconcile.ts',
    /(\.\.\.hooks\('beforeDeploy'\),\n)/,
    '',
    'test/plan/reconcile.test.ts',
    'hooks of the server stand at their points',
  ),
  // what must not be in an image
  handling(
    'no root in an image',
    'src/pipeline/scan/image-policy.ts',
    'policy.nonRoot && isRoot(report.user)',
    'false',
    'test/pipeline/scan.test.ts',
    'one that runs as root',
  ),
  handling(
    'no packages of the tests in an image',
    'src/pipeline/scan/image-policy.ts',
    '.filter((name) => report.packageNames.some(',
    ".filter((name) => name === '' && report.packageNames.some(",
    'test/pipeline/scan.test.ts',
    'a package of the tests',
  ),
  // one and only one; names and owners
  handling(
    'never two of one',
    'src/config/cross-checks.ts',
    "if (service.exactly === 1 && service.order === 'start-first') {",
    'if (false) {',
    'test/config/read.test.ts',
    'start-first with exactly 1',
  ),
  handling(
    'a port forbids start-first',
    'src/plan/orders.ts',
    "order === 'start-first' && published !== undefined",
    'false',
    ORDERS,
    'start-first with a published port',
  ),
  handling(
    'a name forbids start-first',
    'src/plan/orders.ts',
    "order === 'start-first' && containerName !== null",
    'false',
    ORDERS,
    'start-first with a name of its own',
  ),
  handling(
    'one that may exist once has no replicas',
    'src/plan/orders.ts',
    'exactly === 1 && compose.replicas > 1',
    'false',
    ORDERS,
    'once, with replicas',
  ),
  handling(
    'owners are lowercased',
    'src/config/images.ts',
    ".join('/').toLowerCase()",
    ".join('/')",
    'test/plan/pins.test.ts',
    'each service that names our repository',
  ),
  // one image in several roles, with replicas
  handling(
    'one replica at a time',
    `${PROGRAM}/containers.sh`,
    'some "$parallelism" "$left_new"',
    'some 10000 "$left_new"',
    ROLLING,
    'as many at a time as the config says',
  ),
  handling(
    'the next replica waits for the first to last',
    `${PROGRAM}/containers.sh`,
    'if [ "$6" != 0 ] && [ -z "$exchanged" ]; then',
    'if false; then',
    ROLLING,
    'in the window of the first replica',
  ),
  handling(
    'replicas are looked at again',
    `${PROGRAM}/containers.sh`,
    '[ "$(lives_of $exchanged)" = "$lives" ] ||',
    'true ||',
    ROLLING,
    'a replica that dies while the others are exchanged',
  ),
  handling(
    'replicas are counted',
    `${PROGRAM}/checks.sh`,
    '[ "$running" -ge "$wanted" ] ||',
    'true ||',
    ROLLING,
    'a replica that is gone when the digests',
  ),
  handling(
    'who may overlap serves while it is undone',
    `${PROGRAM}/containers.sh`,
    'if [ "$order" = stop-first ] || [ -z "$old" ]; then leave; fi',
    'leave',
    ROLLING,
    'serves until the old ones do',
  ),
  handling(
    'one name for one container',
    'src/plan/orders.ts',
    'containerName !== null && compose.replicas > 1',
    'false',
    ORDERS,
    'several replicas with one name',
  ),
  // images that no Dockerfile makes
  handling(
    'images of other builders get labels',
    'src/pipeline/build/labelled-layout.ts',
    '...record(runtime.Labels), ...labels',
    '...record(runtime.Labels)',
    BUILDER,
    'is the same digest',
  ),
  handling(
    'only what is wanted is taken',
    'src/pipeline/build/labelled-layout.ts',
    'images.filter((one) => one.platform === platform)',
    'images',
    BUILDER,
    'of one platform only',
  ),
  handling(
    'submodules are looked for',
    'src/pipeline/build/submodules.ts',
    'if ([image.context, dockerfile].some(',
    'if (false && [image.context, dockerfile].some(',
    BUILDER,
    'are refused where they hold',
  ),
  handling(
    'a secret of a build is no argument',
    'src/commands/buildx.ts',
    "['--secret', `id=${id},env=${variable}`]",
    "['--build-arg', `${id}=${variable}`]",
    'test/commands/pipeline-commands.test.ts',
    'builds all platforms into one archive',
  ),
  handling(
    'a database takes connections first',
    'src/plan/readiness.ts',
    /databaseServer\(image\) : null/,
    'null : null',
    'test/plan/readiness.test.ts',
    'has to take connections',
  ),
  // data over HTTP
  handling(
    'a token goes with a request',
    `${PROGRAM}/http-seed.sh`,
    `[ -z "$token" ] || printf 'Authorization`,
    ": printf 'Authorization",
    HTTP_SEED,
    'a file is handed over with a token',
  ),
  handling(
    'a job is asked about',
    'src/transaction/compile.ts',
    "if (poll === undefined) return ''",
    "if (poll === undefined || poll.field !== '') return ''",
    HTTP_SEED,
    'a file is handed over with a token',
  ),
  handling(
    'a job that failed is SEED',
    `${PROGRAM}/http-seed.sh`,
    'answer="$answer: $(said)"; return 1 ;;',
    'answer="$answer: $(said)"; return 0 ;;',
    HTTP_SEED,
    'a job that fails is SEED',
  ),
  handling(
    'an answer stays in the path',
    `${PROGRAM}/http-seed.sh`,
    "case $value in '' | *[!A-Za-z0-9._~-]*)",
    "case $value in '')",
    HTTP_SEED,
    'a key that would leave the path',
  ),
  handling(
    'files are content',
    'src/plan/seeds.ts',
    'seedFiles(seed).map((file) => contents[file] ?? null)',
    'seedFiles(seed)',
    'test/plan/seeds.test.ts',
    'runs when a file changes',
  ),
  handling(
    'what a checkout lacks is refused',
    'src/entry/seed-files.ts',
    'if (places.length === 0) return',
    'if (places.length >= 0) return',
    'test/entry/seed-files.test.ts',
    'what a clean checkout lacks',
  ),
  handling(
    'the token of a seed is required',
    'src/entry/environment-contract.ts',
    'request.noSeed ? [] : config.seed',
    'request.noSeed || config ? [] : config.seed',
    'test/entry/seed-files.test.ts',
    'the variable of a token is required',
  ),
  handling(
    'tests wait for their database',
    'src/pipeline/check/silent-databases.ts',
    'return additions.length === 0 ? null',
    'return additions.length >= 0 ? null',
    'test/pipeline/silent-databases.test.ts',
    'who depends on it waits for it',
  ),
  handling(
    'all tests run on the way to a server',
    'src/pipeline/check/untouched.ts',
    "env.GITHUB_EVENT_NAME !== 'pull_request' || ",
    '',
    'test/pipeline/check.test.ts',
    'on the way to a server',
  ),
  handling(
    'each image has its variable',
    'src/config/cross-checks.ts',
    "config.compose.pin === 'env' && image.variable === undefined",
    'false',
    'test/config/read.test.ts',
    'pin: env without a variable',
  ),
]

/** The text of the file with the handling taken out. @throws where it is not found exactly once */
export const withoutHandling = (root: string, { patch }: Handling): string => patched(readFileSync(join(root, patch.file), 'utf8'), [patch])
