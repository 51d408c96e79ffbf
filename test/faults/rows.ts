/** The forty faults of the matrix, each with the tests in which it is made; or why it is not made on this machine. */
export interface Row {
  readonly number: number
  readonly fault: string
  /** What serves, and with which code it ends. */
  readonly ending: string
  /** File under test/, and a piece of the name of a test in it. */
  readonly tests: readonly (readonly [file: string, test: string])[]
  /** Why it is not made here, or what of it is not. */
  readonly missing?: string
}

const SWEEP = 'faults/sweep.test.ts'
const ANYWHERE = 'whoever is killed, wherever'
const ROWS_TEST = 'faults/rows.test.ts'
const TOGETHER = 'sandbox/scenarios/together.test.ts'
const FAILURES = 'sandbox/scenarios/failures.test.ts'
const REFUSALS = 'sandbox/scenarios/refusals.test.ts'
const CRASH = 'transaction/crash.test.ts'

export const ROWS: readonly Row[] = [
  {
    number: 1,
    fault: 'client killed before the switch',
    ending: 'old; nothing touched',
    tests: [
      [TOGETHER, 'before the switch: the server stops by itself'],
      [SWEEP, ANYWHERE],
    ],
  },
  {
    number: 2,
    fault: 'client killed after the switch',
    ending: 'the server finishes or goes back alone',
    tests: [
      [TOGETHER, 'after the switch: the server finishes alone'],
      [TOGETHER, 'after the switch to a version that is not healthy'],
      [SWEEP, ANYWHERE],
    ],
  },
  { number: 3, fault: 'cancelled run', ending: 'CANCELLED, as 1 or 2', tests: [[TOGETHER, 'before the switch is CANCELLED']] },
  {
    number: 4,
    fault: 'cancelled in the migration',
    ending: 'CANCELLED; the migration ends, the lock is held until then',
    tests: [[ROWS_TEST, 'a run that is cancelled in its migration']],
  },
  { number: 5, fault: 'TCP reset', ending: 'before the switch CANCELLED, after it the client comes back', tests: [[SWEEP, ANYWHERE]] },
  {
    number: 6,
    fault: 'silent partition',
    ending: 'the server goes on alone; UNKNOWN in bounded time',
    tests: [[ROWS_TEST, 'a link that falls silent']],
  },
  {
    number: 7,
    fault: 'sshd accepts, then silence',
    ending: 'CONNECT',
    tests: [['adapters/ssh-connect.test.ts', 'falls silent in the key exchange']],
  },
  {
    number: 8,
    fault: 'registry answers 500, 429, hangs, is cut',
    ending: 'old; PULL after bounded attempts',
    tests: [
      [FAILURES, 'an image of which the server can get no layer is PULL'],
      ['adapters/registry.test.ts', '429 is obeyed'],
    ],
    missing:
      "between the server's engine and the registry only missing layers are made; 500, 429 and cut streams are made between us and the registry",
  },
  {
    number: 9,
    fault: 'disk full',
    ending: 'old; CONFIG with the place',
    tests: [
      ['transaction/program.test.ts', 'a record that cannot be written is no commit'],
      [ROWS_TEST, 'a disk that is full'],
    ],
  },
  {
    number: 10,
    fault: 'new container killed for its memory',
    ending: 'old; HEALTH, says OOMKilled',
    tests: [[ROWS_TEST, 'a container that is killed for its memory']],
  },
  { number: 11, fault: 'engine dies or is restarted', ending: 'old or new; tried once more, then rolled back', tests: [[SWEEP, ANYWHERE]] },
  {
    number: 12,
    fault: 'server reboots in the middle',
    ending: 'what restart policies bring back; the client settles it',
    tests: [[ROWS_TEST, 'a server that reboots']],
  },
  {
    number: 13,
    fault: 'server reboots, client gone too',
    ending: 'settled by the next run',
    tests: [[ROWS_TEST, 'a server that reboots']],
  },
  {
    number: 14,
    fault: 'migration fails half-way',
    ending: 'old; MIGRATE, revision recorded',
    tests: [[FAILURES, 'a failing migration is MIGRATE']],
  },
  {
    number: 15,
    fault: 'migration hangs',
    ending: 'old; MIGRATE at its deadline, no container left',
    tests: [[ROWS_TEST, 'a migration that does not end']],
  },
  {
    number: 16,
    fault: 'migration of a dead run still running',
    ending: 'waited for, never two',
    tests: [[CRASH, 'a migration that outlives its program']],
  },
  { number: 17, fault: 'seed fails', ending: 'rolled back; SEED, data not undone and said so', tests: [[FAILURES, 'a failing seed']] },
  {
    number: 18,
    fault: 'never healthy',
    ending: 'rolled back; HEALTH',
    tests: [
      [FAILURES, 'a version that never becomes healthy'],
      [SWEEP, ANYWHERE],
    ],
  },
  { number: 19, fault: 'health flaps', ending: 'rolled back; HEALTH', tests: [[FAILURES, 'a bot that connects and dies']] },
  {
    number: 20,
    fault: 'health answered by the wrong process',
    ending: 'asked at the address of the new container itself',
    tests: [['sandbox/scenarios/start-first.test.ts', 'the old one goes on while a version that is never healthy is tried']],
  },
  {
    number: 21,
    fault: 'rollback unhealthy too',
    ending: 'BROKEN; the last attempt stays',
    tests: [
      [FAILURES, 'it is BROKEN, says what is known'],
      ['transaction/broken.test.ts', 'a rollback that fails is not rolled back'],
    ],
  },
  {
    number: 22,
    fault: 'image of another architecture',
    ending: 'old; CONFIG before the pull',
    tests: [[REFUSALS, 'is of another architecture than the image']],
  },
  {
    number: 23,
    fault: 'environment variable missing or empty',
    ending: 'old; CONFIG, names the key',
    tests: [[REFUSALS, 'has keys that are missing, empty or commented out']],
  },
  { number: 24, fault: 'bad compose file', ending: 'old; CONFIG', tests: [[REFUSALS, 'cannot resolve the compose file']] },
  {
    number: 25,
    fault: 'wrong or unknown host key',
    ending: 'nothing sent; HOSTKEY',
    tests: [
      [REFUSALS, 'is HOSTKEY'],
      [REFUSALS, 'to a server that nothing pins is CONFIG'],
    ],
  },
  {
    number: 26,
    fault: 'authentication refused, mangled key',
    ending: 'AUTH; a mangled key is mended',
    tests: [
      [REFUSALS, 'is AUTH'],
      [REFUSALS, 'with a key whose lines were mangled'],
    ],
  },
  {
    number: 27,
    fault: 'two deploys at once',
    ending: 'one after the other, or LOCK',
    tests: [
      [TOGETHER, 'the second waits'],
      [TOGETHER, 'the second gives up'],
    ],
  },
  { number: 28, fault: 'stale lock file', ending: 'ignored', tests: [[ROWS_TEST, 'a lock file that nobody holds']] },
  {
    number: 29,
    fault: 'older commit arrives last',
    ending: 'new stays; STALE',
    tests: [
      ['sandbox/scenarios/road.test.ts', 'an older commit cannot take latest back'],
      ['sandbox/scenarios/everyday.test.ts', 'is refused as STALE'],
    ],
  },
  {
    number: 30,
    fault: 'clock skew, clock jump',
    ending: 'no effect',
    tests: [
      ['transaction/clock.test.ts', 'a server whose clock jumps to and fro deploys'],
      ['transaction/clock.test.ts', 'a runner whose clock is behind is not taken for the oldest operation'],
    ],
  },
  {
    number: 31,
    fault: 'partial upload',
    ending: 'old; CONNECT',
    tests: [
      ['transaction/operate.test.ts', 'did not arrive whole'],
      ['transaction/front.test.ts', 'arrives, byte for byte'],
    ],
  },
  {
    number: 32,
    fault: 'secrets in output',
    ending: 'masked',
    tests: [['sandbox/scenarios/canary.test.ts', 'no log, message, document, annotation, output or summary holds it']],
  },
  {
    number: 33,
    fault: 'GitHub’s API fails',
    ending: 'a warning',
    tests: [
      ['github/follow.test.ts', 'because it is down is one warning with all of it'],
      ['github/follow.test.ts', 'because it says nothing does not keep a cancelled run'],
    ],
  },
  {
    number: 34,
    fault: 'image deleted from the registry',
    ending: 'old; refused before anything is touched',
    tests: [[FAILURES, 'an image that is no longer in the registry']],
  },
  {
    number: 35,
    fault: 'rollback target missing',
    ending: 'unchanged; CONFIG with the valid ones',
    tests: [['sandbox/scenarios/everyday.test.ts', 'whose image is gone from the server and from the registry']],
  },
  {
    number: 36,
    fault: 'rollback across a migration',
    ending: 'unchanged unless one of three ways is taken',
    tests: [['sandbox/scenarios/restore.test.ts', 'a rollback to an image that does not know the revision is refused']],
  },
  {
    number: 37,
    fault: 'rollback overtakes a deploy',
    ending: 'one at a time',
    tests: [[ROWS_TEST, 'a rollback that comes in the middle of a deploy']],
  },
  { number: 38, fault: 'program killed at each failpoint', ending: 'settled', tests: [[SWEEP, ANYWHERE]] },
  {
    number: 39,
    fault: 'tag moved between scan and deploy',
    ending: 'digests only',
    tests: [['sandbox/scenarios/road.test.ts', 'with the bytes that were published']],
  },
  {
    number: 40,
    fault: 'log flood',
    ending: 'bounded, no stall',
    tests: [
      ['sandbox/ssh/connection.test.ts', '1 GB without a newline'],
      ['transaction/operate.test.ts', 'has no end'],
    ],
  },
]
