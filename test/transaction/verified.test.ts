/** Success is not believed: what runs is compared with what was wanted, and what was ready has to stay up. */
import { describe, expect, test } from '@jest/globals'
import { shell } from './support/rooms.ts'

const RUNNING = '{"service":"web","oneoff":"False","imageId":"sha256:of-the-old-release","state":"running"}'

describe('a service that still runs the image of before', () => {
  const verified = (digests: string): string[] =>
    shell(`
containers() { echo '${RUNNING}'; }
all_live() { :; }; listed=no
docker() { printf '${digests}'; }
verify_digests web=sha256:wanted; echo "result $? \${sentence:-}"`)

  test('is no success, whatever compose or a tag said', () => {
    expect(verified('ghcr.io/acme/web@sha256:other\\n')).toEqual([
      'result 1 web runs sha256:of-the-old-release, not the wanted sha256:wanted',
    ])
  })
  test('is one where the engine knows that image by the wanted digest', () => {
    expect(verified('ghcr.io/acme/web@sha256:wanted\\n')).toEqual(['result 0 '])
  })
})

describe('a service that was ready', () => {
  const later = (life: string): string[] =>
    shell(`
now() { ticks=500; }; ticks=0; ready_at=0
not_ready() { echo "not ready: $2"; return 1; }
echo 'running 0 2026-01-01' > "$directory/life"
docker() { case "$*" in *ExitCode*) echo 'running, 1 restarts, exit code 0' ;; *) cat "$directory/life" ;; esac; }
watch_life bot 'id1' 3000 "$(lives_of id1)"
echo '${life}' > "$directory/life"
stayed_up bot; echo "result $?"`)

  test('and was restarted within its window is not', () => {
    expect(later('running 1 2026-01-02')).toEqual([
      'not ready: bot did not stay up for 3.0 s after it was ready: running, 1 restarts, exit code 0 ',
      'result 1',
    ])
  })
  test('and lives the same life at its end is', () => {
    expect(later('running 0 2026-01-01')).toEqual(['result 0'])
  })
})

describe('a service that was restarted until it runs again', () => {
  const said = (events: string): string[] =>
    shell(`
know_containers() { :; }; hide() { cat; }; evidence() { :; }
docker() {
  case "$*" in
    *RestartCount*) echo 'running 3 0 false' ;;
    events*container=id1*) printf '${events}' ;;
    logs*) echo 'its last words' ;;
  esac
}
service=web
still_runs id1 || not_ready id1 "$service $answer"
echo "$sentence"`)

  test('its exit code is that of the life before', () => {
    expect(said('die 7\\ndie 3\\n')).toEqual(['web restarts again and again (status, restarts, exit code: running 3 3)'])
  })
  test('killed for its memory, it is said, although its present life knows nothing of it', () => {
    expect(said('oom \\ndie 137\\n')).toEqual([
      'web restarts again and again (status, restarts, exit code: running 3 137); killed for its memory (OOMKilled)',
    ])
  })
  test('an engine that knows no more says what there is', () => {
    expect(said('')).toEqual(['web restarts again and again (status, restarts, exit code: running 3 0)'])
  })
})
