import type { Visit } from './sweep/failpoint.ts'
import type { Scenario } from './sweep/try.ts'
import type { Victim } from './sweep/victims.ts'
import type { Patch } from './weave/patch.ts'

/** A mistake planted into the product: a checker that does not see it is worth nothing. */
export interface Defect {
  readonly name: string
  /** What is wrong, as a sentence. */
  readonly what: string
  readonly patches: readonly Patch[]
  /** Where it has to be seen. */
  readonly shownBy: { readonly scenario: Scenario; readonly victim: Victim; readonly visit: Visit }
}

const PROGRAM = 'src/transaction/program'
const at = (scenario: Scenario, victim: Victim, name: string, count = 1): Defect['shownBy'] => ({
  scenario,
  victim,
  visit: { name, count },
})
/** A function that does nothing any more; the rest of it stays under another name. */
const emptied = (file: string, name: string): Patch => ({
  file: `${PROGRAM}/${file}`,
  find: new RegExp(`^${name}\\(\\) \\{`, 'm'),
  put: `${name}() { :; }\nas_it_was_${name}() {`,
})
const without = (file: string, find: string | RegExp, put = ''): Patch => ({ file: `${PROGRAM}/${file}`, find, put })

export const DEFECTS: readonly Defect[] = [
  {
    name: 'no-lock',
    what: 'nobody takes the lock',
    patches: [without('front.sh', '  if ! flock -n 9; then\n', '  if false; then\n')],
    shownBy: at('deploy', 'client', 'migrate_command: before compose run'),
  },
  {
    name: 'early-current',
    what: '`current` names the new release as soon as its files are there',
    patches: [
      without(
        'files.sh',
        '  sync "$dot/releases/$release/manifest"\n',
        '  ln -sfn "releases/$release" "$dot/current.new" && mv -fT "$dot/current.new" "$dot/current"\n',
      ),
    ],
    shownBy: at('deploy', 'client', 'switch_services: after docker stop'),
  },
  {
    name: 'no-settle',
    what: 'nobody settles what an earlier run left',
    patches: [without('front.sh', 'sh "$left/program.sh" settle', 'true')],
    shownBy: at('deploy', 'server program', 'switch_services: after docker stop'),
  },
  {
    name: 'settled-on-paper',
    what: 'settling writes its end and undoes nothing',
    patches: [without('steps.sh', '  elif undo_all; then', '  elif [ "$settling" = yes ] || undo_all; then')],
    shownBy: at('deploy', 'server program', 'switch_services: after docker start'),
  },
  {
    name: 'mixed-digests',
    what: 'the service that may exist once stays what it was, and digests are not compared',
    patches: [
      emptied('checks.sh', 'verify_digests'),
      {
        file: 'src/plan/wanted.ts',
        find: 'if (running.some((container) => !runs(container, digest, observed)))',
        put: "if (service === 'worker') return null\n  if (running.some((container) => !runs(container, digest, observed)))",
      },
    ],
    shownBy: at('deploy', 'connection', 'switch_services: after docker start'),
  },
  {
    name: 'half-undone',
    what: 'going back puts the files back and forgets the services',
    patches: [without('steps.sh', '} > "$operation/undo-order"', '} | head -n 1 > "$operation/undo-order"')],
    shownBy: at('sick', 'client', 'switch_services: after docker start'),
  },
  {
    name: 'rollback-rolled-back',
    what: 'a rollback that fails is rolled back',
    patches: [without('steps.sh', /elif \[ "\$kind" = rollback \] && \[ "\$switched" = yes \]; then/, 'elif false; then')],
    shownBy: at('bad rollback', 'connection', 'switch_services: after docker start'),
  },
  {
    name: 'always-committed',
    what: 'whatever happened, it says that the release serves',
    patches: [without('steps.sh', '  record end "$end"', '  record end committed')],
    shownBy: at('sick', 'connection', 'switch_services: after docker start'),
  },
  {
    name: 'health-not-asked',
    what: 'a container that was started counts as healthy',
    patches: [without('readiness.sh', `    until answer='' && "$ready" "$id"; do`, `    until answer=''; do`)],
    shownBy: at('sick', 'connection', 'switch_services: after docker start'),
  },
  {
    name: 'policy-lost',
    what: 'what comes back does not come back after a reboot',
    patches: [without('containers.sh', '  ! comes_back "$policy" || patiently docker update --restart "$policy" $old > /dev/null 2>&1\n')],
    shownBy: at('sick', 'connection', 'switch_services: after docker update'),
  },
  {
    name: 'old-ones-left',
    what: 'nobody removes the old containers after the commit',
    patches: [without('release.sh', /^ {2}remove_containers .*\n/m)],
    shownBy: at('deploy', 'client', 'commit_release: journal committed'),
  },
  {
    name: 'no-migration',
    what: 'the migration is skipped',
    patches: [emptied('one-off.sh', 'migrate_command')],
    shownBy: at('deploy', 'connection', 'switch_services: after docker start'),
  },
  {
    name: 'no-seed',
    what: 'the seeds are skipped',
    patches: [emptied('one-off.sh', 'run_seed')],
    shownBy: at('deploy', 'connection', 'switch_services: after docker start'),
  },
  {
    name: 'schema-stays',
    what: 'the schema is not taken back',
    patches: [emptied('one-off.sh', 'schema_back')],
    shownBy: at('schema back', 'connection', 'switch_services: after docker start'),
  },
  {
    name: 'two-at-once',
    what: 'something else runs in a container of the project beside the migration',
    patches: [
      without(
        'one-off.sh',
        '  schema_left unknown\n  one_off migrate',
        '  schema_left unknown\n  { compose_program run --rm --no-deps --no-TTY --entrypoint sleep web 9 > /dev/null 2>&1 & }\n  sleep 2\n  one_off migrate',
      ),
    ],
    shownBy: at('deploy', 'connection', 'switch_services: after docker start'),
  },
  {
    name: 'login-left',
    what: 'the registry login stays on the server',
    patches: [
      { file: `${PROGRAM}/images.sh`, find: '  rm -rf "$operation/docker-config"\n', put: '' },
      { file: `${PROGRAM}/steps.sh`, find: /rm -rf "\$operation\/docker-config" "\$operation"\/answer\*\n {2}# data/, put: '# data' },
    ],
    shownBy: at('deploy', 'connection', 'pull_images: after pull'),
  },
]
