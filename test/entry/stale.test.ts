/** An older commit does not overtake, also where the clone cannot know that it is older. */
import { describe, expect, test } from '@jest/globals'
import { refuseStale } from '../../src/entry/stack.ts'
import { startedBefore } from '../../src/plan/ancestry.ts'
import { record } from '../plan/support/observed.ts'
import { context, ports, scripted } from './fakes.ts'

const serving = (run: string | null) => ({ ...record(2, '2', 'b'.repeat(40)), repository: 'acme/shop', run })
const runOf = (id: string) => `https://github.com/acme/shop/actions/runs/${id}`
const verdictOf = async (
  ancestry: { readonly descends?: boolean; readonly known?: boolean; readonly precedes?: boolean },
  run: string,
  served: string | null,
) => {
  const sha = 'a'.repeat(40)
  const exit = (yes = false) => ({ code: yes ? 0 : 1 })
  const programs = scripted({
    [`${'b'.repeat(40)} ${sha}`]: exit(ancestry.descends),
    'cat-file': exit(ancestry.known),
    [`${sha} ${'b'.repeat(40)}`]: exit(ancestry.precedes),
  })
  const env = { GITHUB_RUN_ID: run, GITHUB_REPOSITORY: 'acme/shop' }
  return refuseStale(context({ ports: ports({ programs, env }) }), serving(served)).then(
    () => 'goes on',
    (error: unknown) => String((error as Error).message),
  )
}

describe('a commit beside the one that serves', () => {
  test('goes on where it is newer, whatever the numbers of the runs', async () => {
    expect(await verdictOf({ descends: true }, '5', runOf('9'))).toBe('goes on')
  })
  test('is STALE where it is older', async () => {
    expect(await verdictOf({ known: true, precedes: true }, '9', runOf('5'))).toMatch(/^STALE: aaaaaaa is older than bbbbbbb/)
  })
  test('that was checked out before the other was pushed is STALE by the numbers of the runs', async () => {
    expect(await verdictOf({}, '5', runOf('9'))).toMatch(
      /^STALE: this run of aaaaaaa was started before .*runs\/9, whose commit bbbbbbb serves/,
    )
    expect(await verdictOf({}, '10', runOf('9'))).toBe('goes on')
    expect(await verdictOf({}, '5', null)).toBe('goes on')
  })
  test('runs of another repository or server are not compared', () => {
    expect(startedBefore(runOf('5'), runOf('10'))).toBe(true)
    expect(startedBefore(runOf('5'), 'https://github.com/acme/other/actions/runs/10')).toBe(false)
    expect(startedBefore(runOf('5'), 'https://example.org/10')).toBe(false)
  })
})
