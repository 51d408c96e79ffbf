/** A database that is started for the first time. */
import { expect, test } from '@jest/globals'
import { shell } from './support/rooms.ts'

const started = (restarts: number): string[] =>
  shell(`
await_running() { service=$1; echo "waited for $*"; }
of_service() { echo id1; }
know_containers() { :; }; hide() { cat; }; evidence() { :; }
docker() {
  case "$*" in
    *RestartCount*) echo ${restarts} ;;
    *Mounts*) echo 'shop_data ' ;;
    *Name*) echo /shop-db-1 ;;
    logs*) echo 'psql: syntax error' ;;
  esac
}
await_first_start db ready_2 0; echo "result $? \${sentence:-}"`)

test('that came up at once is ready', () => {
  expect(started(0)).toEqual(['waited for db ready_2 0', 'result 0 '])
})

test('that answers only since it was restarted may be set up by half: it is not ready, and what to remove is named', () => {
  expect(started(1)).toEqual([
    'waited for db ready_2 0',
    'result 1 db answers, but its first start failed (1 restarts), so it may be set up by half; once that is mended, and where no data is in it yet, on the server: docker rm --force shop-db-1 && docker volume rm shop_data',
  ])
})

const HEAD = '  sl  local_address rem_address   st tx_queue rx_queue'
const NAMES = '   0: 0B00007F:A1B2 00000000:0000 0A 00000000:00000000'
const OPEN = '   1: 00000000:1538 00000000:0000 0A 00000000:00000000'
const TALKS = '   2: 0200000A:1538 0300000A:C350 01 00000000:00000000'

test.each([
  ['nobody does, beside the name service of the engine', [HEAD, NAMES], 1],
  ['somebody talks, and nobody listens', [HEAD, TALKS], 1],
  ['somebody does', [HEAD, NAMES, OPEN], 0],
  ['an image without `cat` does not tell', [], 0],
])('whether somebody listens in a container: %s', (_, table, code) => {
  const told = shell(`timeout() { shift 3; "$@"; }; docker() { printf '%s' '${table.join('\n')}'; }; is_listening id1; echo $?`)
  expect(told).toEqual([String(code)])
})

test.each([
  ['until somebody listens', 3, 0, 3],
  ['not once it was started again: its first start failed', 9, 1, 1],
  ['no longer than there is time for', 99, 0, 5],
])('who sets itself up is waited for %s', (_, listensAt, restarts, questions) => {
  const told = shell(`
of_service() { echo id1; }
now() { ticks=$((\${ticks:-0} + 10)); }
sleep() { :; }
questions=0
is_listening() { questions=$((questions + 1)); [ "$questions" -ge ${listensAt} ]; }
docker() { echo '${restarts} true'; }
await_listener db 500; echo "$? $questions"`)
  expect(told).toEqual([`0 ${questions}`])
})
