/**
 * Which file is begun first: those that take minutes, the longest before the others, so that no worker is left alone with one
 * of them at the end; then the greatest. Jest's own order needs times that a fresh clone has not.
 */
import { statSync } from 'node:fs'

/** Whoever is not in it takes less than a minute; where the order is no longer right, a run takes a little longer. */
const LONGEST = [
  'sandbox/scenarios/restore',
  'sandbox/scenarios/failures',
  'sandbox/scenarios/rollback-key',
  'journeys/foundry',
  'sandbox/scenarios/several-hosts',
  'sandbox/scenarios/road',
  'sandbox/scenarios/shapes',
  'sandbox/scenarios/databases',
  'sandbox/machine/lifecycle',
  'sandbox/scenarios/wrong',
  'journeys/dnd',
  'sandbox/scenarios/broken',
  'journeys/frolf',
  'sandbox/pipeline/scan-guards',
  'sandbox/scenarios/hooks',
  'sandbox/scenarios/everyday',
  'sandbox/scenarios/two-repositories',
  'sandbox/compose/meaning',
  'sandbox/scenarios/backup',
  'secrets/mutations',
  'sandbox/machine/builds',
  'sandbox/scenarios/together',
  'sandbox/scenarios/canary',
  'sandbox/scenarios/outlines',
  'transaction/program',
  'sandbox/scenarios/deadline',
  'transaction/crash',
  'transaction/backup',
  'transaction/rolling',
  'transaction/front',
  'transaction/broken',
]
const rank = (path) => {
  const place = LONGEST.findIndex((name) => path.endsWith(`/${name}.test.ts`))
  return place < 0 ? LONGEST.length : place
}

export default class LongestFirst {
  sort(tests) {
    return tests
      .map((test) => ({ test, rank: rank(test.path), size: statSync(test.path).size }))
      .sort((one, other) => one.rank - other.rank || other.size - one.size)
      .map(({ test }) => test)
  }

  shard(tests) {
    return tests
  }

  /** --onlyFailures: there is no memory of the last run. */
  allFailedTests(tests) {
    return tests
  }

  cacheResults() {}
}
