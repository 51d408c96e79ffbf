/**
 * The ten public projects whose outlines init was run on, each before a server as a stranger has it: init with a key, while
 * nothing but an empty directory is there; then, with what init names put there, the plan of the first deploy. Both are held
 * as golden text: what is wrong, what is not known, and each step. Nothing is deployed; an image of the sandbox stands in for theirs.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals'
import { parse } from 'yaml'
import type { ResultDocument } from '../../../src/report/document.ts'
import { projects, REPOSITORIES } from '../../users/support/tree.ts'
import { imageOf } from './images.ts'
import { Project, pinned, type Told } from './project.ts'
import { scenarioServer } from './server.ts'

jest.setTimeout(120_000)

const server = scenarioServer()
let image: string

beforeAll(async () => {
  image = await imageOf({
    name: 'outline-plan',
    files: new Map([['Dockerfile', 'FROM busybox:1.36\nLABEL never=deployed\n']]),
    context: '.',
    dockerfile: 'Dockerfile',
    version: '1',
  })
})
// what an earlier deploy of an outline had Docker make
beforeAll(() => server.run('rm -rf /mnt/photos', 'root'))
afterAll(() => server.leave())

interface Config {
  readonly project: string
  readonly images: Readonly<Record<string, unknown>>
  readonly environments: {
    readonly production: { readonly path: string; readonly env?: { readonly file?: string; readonly required?: readonly string[] } }
  }
}

test.each(Object.keys(REPOSITORIES))('%s: what init and plan say before the first deploy', async (folder) => {
  const project = await Project.in(server.host)
  let stack = folder
  let made: readonly string[] = []
  try {
    await cp(join(projects, folder), project.folder, { recursive: true })
    await project.git('init', '--quiet', '--initial-branch=main')
    await project.git('remote', 'add', 'origin', `https://github.com/${REPOSITORIES[folder]}.git`)
    await project.git('add', '--all')
    await project.git('commit', '--quiet', '--message', 'As it is')
    const first = await project.succeeds(['init', '--host', server.host])
    const config: Config = parse(readFileSync(join(project.folder, 'deploy.yml'), 'utf8'))
    stack = config.project
    const { path, env: { file = '.env', required = [] } = {} } = config.environments.production
    await project.git('add', '--all')
    await project.git('commit', '--quiet', '--message', 'Deploy with deploy-action')
    await server.write(`${path}/${file}`, required.map((name) => `${name}=4321\n`).join(''))
    made = forServer(first)
    for (const command of made) await server.run(command)
    const planned = await project.cli(['plan', ...pinned(Object.fromEntries(Object.keys(config.images).map((name) => [name, image])))])
    const text = `--- init\n${initText(first)}--- plan${required.length === 0 ? '' : `, with ${required.join(', ')}`}\n${planText(planned)}`
    held(folder, text.replaceAll(server.host, 'SERVER'))
  } finally {
    await server.reset(stack, `/opt/stacks/${stack}`)
    for (const command of made.filter((one) => one.startsWith('docker'))) await server.run(command.replace(' create ', ' rm '))
    await project.remove()
  }
})

/** What the list has for the user on the server, apart from the environment file. */
const forServer = ({ document }: Told): readonly string[] =>
  document.steps.flatMap(({ detail }) =>
    (detail ?? '').split('\n').flatMap((line) => /^ssh -i \S+ \S+ ((?:docker (?:network|volume) create|mkdir) .*)$/.exec(line)?.[1] ?? []),
  )

const initText = ({ document }: Told): string =>
  [
    document.message,
    ...(document.checks ?? [])
      .filter(({ result }) => result !== 'pass')
      .map(
        ({ check, result, sentence, mend }) =>
          `${result} ${check}: ${sentence}${mend === null ? '' : `\n  ${mend.replaceAll('\n', '\n  ')}`}`,
      ),
    ...stepLines(document),
    '',
  ].join('\n')

const planText = ({ document, log }: Told): string =>
  [
    document.message,
    ...(document.hint === null ? [] : [document.hint]),
    ...log.split('\n').filter((line) => line.startsWith('warning: ')),
    ...stepLines(document),
    '',
  ].join('\n')

// which images are on the server depends on what was deployed there before; that of the outlines never was
const stepLines = ({ steps }: ResultDocument): readonly string[] =>
  steps
    .filter(({ cause }) => cause !== 'for a person to do')
    .map(({ name, cause, detail }) => `${name}: ${cause}${detail === undefined || name === 'pull' ? '' : ` (${detail})`}`)

const held = (folder: string, text: string): void => {
  const golden = join(import.meta.dirname, `../../users/plans.golden/${folder}.golden.txt`)
  if (process.env.UPDATE_GOLDEN === '1') writeFileSync(golden, text)
  expect(text).toBe(existsSync(golden) ? readFileSync(golden, 'utf8') : '')
}
