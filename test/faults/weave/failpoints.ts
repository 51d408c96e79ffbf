import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Patch, unwoven } from './patch.ts'

const PROGRAM = 'src/transaction/program'
const CLIENT = 'src/transaction/operate.ts'
const text = (name: string): string => readFileSync(join(import.meta.dirname, name), 'utf8')

/** What makes a bundle whose program, front and client can be held at every boundary. */
export const failpointPatches = (): readonly Patch[] => [
  ...['write_down', 'record'].map((name) => unwoven(`${PROGRAM}/journal.sh`, name)),
  ...['undo_with', 'step', 'finish', 'settle'].map((name) => unwoven(`${PROGRAM}/steps.sh`, name)),
  unwoven(`${PROGRAM}/images.sh`, 'pull'),
  ...['take_lock', 'settle', 'stage_request', 'decide', 'follow'].map((name) => unwoven(`${PROGRAM}/front.sh`, name)),
  { file: `${PROGRAM}/main.sh`, find: /^/, put: `${text('failpoints.sh')}${text('program.sh')}` },
  { file: `${PROGRAM}/front.sh`, find: /^/, put: `${text('failpoints.sh')}${text('front.sh')}` },
  // the front has the engine's functions, too, and nothing to hold there
  { file: `${PROGRAM}/docker.sh`, find: /^isolated\(\) /m, put: 'isolated() { unwoven_isolated "$@"; }\nunwoven_isolated() ' },
  ...clientPatches(),
]

const clientPatches = (): readonly Patch[] => [
  { file: CLIENT, find: /^/, put: `import { failpoint } from ${JSON.stringify(join(import.meta.dirname, 'client.ts'))}\n` },
  before('const remote = await operation.connect(operation.target)', 'before the connection'),
  before('const program = readOn(await remote.start(frontCommand(front)))', 'connected'),
  before('program.write(requestText(files))', 'command sent'),
  before('const decision = await this.#untilReady(program)', 'request sent'),
  before('program.write(goText(decision.program, decision.credentials))', 'decided'),
  before('await this.#watch(program, remote)\n    if (!this.#ended)', 'program sent'),
  { file: CLIENT, find: 'this.#operation.onEvent(event)', put: 'this.#operation.onEvent(event)\n    failpoint(`told ${event.kind}`)' },
]

const before = (line: string, name: string): Patch => ({ file: CLIENT, find: line, put: `failpoint(${JSON.stringify(name)})\n    ${line}` })
