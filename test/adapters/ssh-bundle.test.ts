import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { newKey } from '../ssh/keys.ts'
import { exitWith, startSshServer } from '../ssh/server.ts'

const run = promisify(execFile)
const root = join(import.meta.dirname, '../..')

/** A program that connects to where its arguments say and prints the lines of a command. */
const PROGRAM = `
import { connectRemote } from '${root}/src/adapters/ssh.ts'
import { Secret } from '${root}/src/ports.ts'
const { place, privateText, pins } = JSON.parse(process.argv[2])
const silent = { group: (_, work) => work(), info() {}, debug() {}, warning() {}, error() {}, foreign() {}, mask() {} }
const clock = { now: () => new Date(), elapsed: () => performance.now(), sleep: async () => {} }
const remote = await connectRemote(silent, clock)({ ...place, user: 'deploy', key: new Secret(privateText), pins })
const program = await remote.start('hello')
for await (const line of program.lines) console.log(line)
console.log(JSON.stringify(await program.ended))
remote.close()
`

describe('the bundled connection', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ssh-bundle-'))
    await writeFile(join(folder, 'program.ts'), PROGRAM)
    await run(process.execPath, [join(root, 'test/ssh/bundle.ts'), join(folder, 'program.ts'), join(folder, 'dist')], { cwd: root })
    await rm(join(folder, 'program.ts'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  test('runs a command from an empty folder, without native parts', async () => {
    const [host, me] = [newKey(), newKey()]
    const server = await startSshServer({
      hostKeys: [host],
      allow: me,
      run: (command, channel) => {
        channel.write(`${command} from the server\n`)
        exitWith(channel, 7)
      },
    })
    const place = { host: server.host, port: server.port }
    const argument = JSON.stringify({ place, privateText: me.privateText, pins: { keys: [host], fingerprints: [] } })
    const { stdout } = await run(process.execPath, [join(folder, 'dist/program.js'), argument], { cwd: folder })
    await server.close()
    expect(stdout).toBe('hello from the server\n{"kind":"exit","code":7}\n')
  })

  test('the libraries load when first used: the first file holds none of them', async () => {
    const files = await readdir(join(folder, 'dist'))
    expect(files.filter((name) => !name.endsWith('.js'))).toEqual([])
    const entry = await readFile(join(folder, 'dist/program.js'), 'utf8')
    expect(entry).toContain('import(')
    expect(entry.length).toBeLessThan(30_000)
  })
})
