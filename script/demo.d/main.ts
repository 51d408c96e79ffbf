/** The demo: opens the sandbox, tells the story chapter by chapter, and stops at the first line that is not true. */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { environmentFile } from '../../test/sandbox/sample/versions.ts'
import { demoArguments } from './arguments.ts'
import { type Chapter, type Scene, STORY } from './chapters.ts'
import type { Claim } from './claims.ts'
import { whereToLook, writeEnvironment } from './farewell.ts'
import { picture } from './picture.ts'
import { product, userEnvironment } from './product.ts'
import { type Environment, output } from './program.ts'
import { Sample } from './sample.ts'
import { openSandbox } from './sandbox.ts'
import { Screen } from './screen.ts'
import { Server } from './server.ts'

const root = join(import.meta.dirname, '../..')
const PROJECT = 'bot-and-api'
const DIRECTORY = '/opt/stacks/bot-and-api'
const PORT = 8000

const asked = demoArguments(process.argv.slice(2), root)
const screen = new Screen()
const logs = join(asked.folder, 'logs')
const began = performance.now()

const minutes = (since: number): string => {
  const seconds = Math.round((performance.now() - since) / 1000)
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}
const heading = (number: number, title: string, since: number): void =>
  screen.say(`${`${number} ${title}`.padEnd(94)} ${minutes(since).padStart(5)}`)

/** One owner for all runs in a folder. */
const ownerOf = (folder: string): string => {
  const file = join(folder, 'owner')
  if (!readdirSync(folder).includes('owner')) writeFileSync(file, `demo-${Date.now().toString(36)}`)
  return readFileSync(file, 'utf8')
}

const prepare = async (): Promise<Scene> => {
  const started = performance.now()
  const env: Environment = await openSandbox(root, join(logs, 'sandbox.log'), (line) => screen.now(line))
  if (!env.SANDBOX_TRIVY) throw new Error('CONFIG: the sandbox has no scanner. Next: install Go 1.26, then script/setup trivy')
  await output([process.execPath, join(root, 'test/sandbox/trivy-db/push.ts')], { env, log: join(logs, 'sandbox.log') })
  const host = String(env.SANDBOX_HOSTS).split(' ').at(-1) ?? ''
  const server = new Server(host, PROJECT, env)
  await server.prepare(DIRECTORY, environmentFile({ API_PORT: String(PORT) }))
  heading(1, `Sandbox up: registry ${env.SANDBOX_REGISTRY}, three servers; this story is of ${host}`, started)
  const sample = new Sample(join(asked.folder, PROJECT), ownerOf(asked.folder))
  const user = userEnvironment(env, host)
  writeEnvironment(asked.folder, root, user)
  const onLine = (line: string): void => screen.now(line)
  return {
    product: product({ cli: asked.cli, project: sample.folder, env: { ...env, ...user }, onLine }),
    ...{ sample, server, env, logs, port: PORT, images: new Map(), reused: new Set() },
  }
}

const show = ({ source, seen, holds, wanted }: Claim): void => {
  screen.say(`  ${holds ? '✓' : '✗'} ${source.padEnd(15)} ${seen}`)
  if (!holds) screen.say(`    ${'wanted'.padEnd(15)} ${wanted}`)
}

/** @returns whether all of it is true */
const tell = async (scene: Scene, chapter: Chapter, number: number): Promise<boolean> => {
  const started = performance.now()
  const claims = await chapter.tell(scene)
  heading(number, chapter.title, started)
  for (const claim of claims) show(claim)
  return claims.length > 0 && claims.every(({ holds }) => holds)
}

const main = async (): Promise<number> => {
  rmSync(logs, { recursive: true, force: true })
  mkdirSync(logs, { recursive: true })
  screen.say('A bot and an API, from a commit to a server and back. Each ✓: asked of docker, HTTP, the registry.')
  const scene = await prepare()
  for (const [index, chapter] of STORY.entries()) {
    if (await tell(scene, chapter, index + 2)) continue
    screen.say(`The story is not true from here on. What was said and done: ls ${logs}`)
    return 1
  }
  for (const last of whereToLook({ folder: asked.folder, logs, address: scene.server.address, port: PORT, total: minutes(began) }))
    screen.say(last)
  if (asked.record !== null) writeFileSync(asked.record, picture(screen.lines))
  return 0
}

process.exitCode = await main().catch((error: unknown) => {
  screen.say(`✗ ${error instanceof Error ? error.message : String(error)}`)
  screen.say(`What was said and done: ls ${logs}`)
  return 1
})
