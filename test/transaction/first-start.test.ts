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
