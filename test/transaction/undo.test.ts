/** Pieces of going back, one function at a time, in a shell: what a whole deploy meets only when an engine dies. */
import { describe, expect, test } from '@jest/globals'
import { shell } from './support/rooms.ts'

describe('new containers that are to go', () => {
  const engine = (removals: number): string => `
echo old > "$operation/old-api"
printf 'old\\nnew\\n' > "$directory/there"
docker() {
  case $1 in
    version) echo 28 ;;
    ps) cat "$directory/there" ;;
    rm)
      echo "$*" >> "$directory/asked"
      [ "$(wc -l < "$directory/asked")" -ge ${removals} ] || return 1
      echo old > "$directory/there"
      ;;
  esac
}
engine_answers() { :; }
remove_created api; echo "result $?"; echo "\${sentence:-}"; cat "$directory/asked"`

  test('are asked to again where the engine was not done with it when it came back', () => {
    expect(shell(engine(3))).toEqual(['sleeps 1', 'sleeps 2', 'result 0', ...Array(3).fill('rm --force new')])
  })
  test('and are said to be there still, in bounded time', () => {
    expect(shell(engine(99)).slice(0, 6)).toEqual([
      'sleeps 1',
      'sleeps 2',
      'sleeps 4',
      'sleeps 8',
      'result 1',
      'the new containers of api could not be removed',
    ])
  })
  test('are not taken for gone where the engine does not say what is there', () => {
    expect(
      shell(`echo old > "$operation/old-api"; docker() { return 1; }; engine_answers() { :; }; remove_created api; echo "result $?"`),
    ).toEqual(['result 1'])
  })
})

describe('a rollback that fails after its data was exchanged', () => {
  const failing = (kind: string, switched: string, more = ''): string => `
database_kind=${kind} database_name=/data/shop.db switched=${switched}
client_is_gone() { return 1; }
${more}
: > "$directory/.deploy/backups/b1.dump"
find_database() { :; }
database() { :; }
step 1 swap_database b1 r1
switched=${switched}
sick() { fail HEALTH 'api was not healthy'; }
step 2 sick
said fail`

  test('says where the data of before is: in the database that was set aside, and in the backup with its command', () => {
    const backup = ': > "$directory/.deploy/backups/20261121T100000Z-abcdef.json"'
    expect(shell(failing('postgres', 'yes', backup)).at(-1)).toBe(
      '2 HEALTH api was not healthy; the data of before is kept as the database deploy_action_before of db, and the backup 20261121T100000Z-abcdef (deploy-action restore 20261121T100000Z-abcdef)',
    )
    expect(shell(failing('mysql', 'yes', backup)).at(-1)).toBe(
      '2 HEALTH api was not healthy; the data of before is kept as the backup 20261121T100000Z-abcdef (deploy-action restore 20261121T100000Z-abcdef)',
    )
    expect(shell(failing('sqlite', 'yes')).at(-1)).toBe(
      '2 HEALTH api was not healthy; the data of before is kept as /data/shop.db.deploy-before beside the real file in db',
    )
    expect(shell(failing('command', 'yes')).at(-1)).toContain('where the data of before is, is not known')
  })
  test('says nothing of it before the switch: it is put back', () => {
    expect(shell(failing('postgres', 'no')).at(-1)).toBe('2 HEALTH api was not healthy')
  })
})

describe('a schema that goes back with its release', () => {
  /** Which of what was registered is undone, in which order, and what happens meanwhile. */
  const undone = (facts: string, way = 'echo "down to $1 by $composed" >> "$directory/did"'): string[] =>
    shell(`
docker() { case $1 in stop) echo "docker $*" >> "$directory/did" ;; esac; }
engine_mark() { :; }; restarted_since() { return 1; }; patiently() { "$@"; }
restore_files() { echo 'files are back' >> "$directory/did"; }
bring_back() { echo 'the old ones start' >> "$directory/did"; }
way_back_4() { ${way}; }
echo 'new1 new2' > "$operation/new-api"
: > "$operation/journal"
pending='' asked_schema=''
undo_with restore_files
${facts}
prepare_way_back way_back_4
undo_with bring_back
undo_all; echo "all undone $undone"
cat "$directory/did"; cat "$directory/.deploy/schema" 2> /dev/null; true`)

  test('does so once the new containers are stopped and the files are back, and before an old one starts', () => {
    expect(undone('asked_schema=0002 pending=yes')).toEqual([
      'all undone yes',
      'files are back',
      'docker stop new1 new2',
      'down to 0002 by compose_stage',
      'the old ones start',
      '2-abc unknown',
      '2-abc 0002',
    ])
  })

  test('is where it was noted, where no tool of ours was asked before', () => {
    expect(undone("note schema before '0002 '")).toContain('down to 0002 by compose_stage')
  })

  test.each([
    ['nothing is new', 'asked_schema=0002 pending=no'],
    ['there was nothing before', 'asked_schema=base pending=yes'],
    ['nobody knows where it was', ''],
    ['it was not one revision', 'asked_schema=0002,0003 pending=yes'],
  ])('does not where %s', (_, facts) => {
    expect(undone(facts)).toEqual(['all undone yes', 'files are back', 'the old ones start'])
  })

  test('that cannot go back is BROKEN, and nobody knows where it is', () => {
    expect(undone('asked_schema=0002 pending=yes', 'return 3')).toEqual([
      'all undone no',
      'files are back',
      'docker stop new1 new2',
      'the old ones start',
      '2-abc unknown',
    ])
  })
})
