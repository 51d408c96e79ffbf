/** A deploy in which nothing changes, as large as the limits speak of: twenty files and twelve steps. */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { ResultDocument } from '../../src/report/document.ts'
import { type CommandResult, command, type Product } from './product.ts'
import { succeeded } from './programs.ts'
import { edit, FOLDER, PROJECT, type Sample } from './sample.ts'
import { type Server, scpCommand, sshCommand } from './server.ts'

const FILES = 20
const STEPS = 12
/** Beside the compose file and the seed's data. */
const SETTINGS = Array.from({ length: FILES - 2 }, (_, index) => `settings/${index + 1}.conf`)
const ALL_FILES = ['docker-compose.yml', 'seed/users.json', ...SETTINGS]
/** Beside files, smoke, verify, commit and tidy. */
const HOOKS = Array.from({ length: STEPS - 5 }, (_, index) => `{ name: step-${index + 1}, on: server, run: "true" }`)

/** Version 1 with more files and hooks, checked out. */
export const withManyFilesAndSteps = async (sample: Sample): Promise<void> => {
  await sample.checkout(1)
  for (const path of SETTINGS) {
    await mkdir(dirname(join(sample.folder, path)), { recursive: true })
    await writeFile(join(sample.folder, path), `# ${path}\n${'a line of a thousand bytes\n'.repeat(37)}`)
  }
  await edit(join(sample.folder, 'deploy.yml'), [
    ['sync: [seed]', 'sync: [seed, settings]'],
    ['environments:', `hooks: { beforeDeploy: [${HOOKS.join(', ')}] }\nenvironments:`],
  ])
  await sample.git('add', '--all')
  await sample.git('commit', '--quiet', '--message', 'Many files and steps')
}

/** A commit that changes nothing is deployed: all steps run and none has anything to do. */
export const deployWithoutChange = async (product: Product, sample: Sample, env: NodeJS.ProcessEnv): Promise<CommandResult> => {
  await sample.git('commit', '--quiet', '--allow-empty', '--message', 'Nothing new')
  const result = await command(product, ['deploy', ...sample.images[1]], { project: sample.folder, env })
  expectSize(result.document)
  return result
}

/** @throws where the deploy is not of the size that the limit speaks of */
const expectSize = ({ steps, outcome }: ResultDocument): void => {
  const names = steps.map(({ name }) => name)
  if (outcome !== 'succeeded' || names.length !== STEPS || names.some((name) => /^(switch|pull|migrate)/.test(name)))
    throw new Error(`${outcome} with ${names.length} steps and not ${STEPS} that change nothing: ${names.join(', ')}`)
}

const source = async (archive: string): Promise<string> => {
  const facts = { folder: FOLDER, project: PROJECT, service: 'api', port: '8000', path: '/bot' }
  const assignments = Object.entries(facts).map(([name, value]) => `${name}=${value}`)
  return [...assignments, archive, await readFile(join(import.meta.dirname, 'hand-written.sh'), 'utf8')].join('\n')
}

/** Everything in one connection: archive and script on the standard input of one ssh. */
export const handWritten = async (sample: Sample, server: Server): Promise<number> => {
  const pack = 'tar -cz "$@" | base64'
  const started = performance.now()
  const { stdout } = await succeeded(['sh', '-c', pack, 'sh', ...ALL_FILES], { cwd: sample.folder })
  await expectDone(sshCommand(server, 'sh -s'), await source(`archive() {\ncat <<'END'\n${stdout}END\n}`))
  return performance.now() - started
}

/** Files by scp into a folder of the server, then the same script by ssh. */
export const copyThenScript = async (sample: Sample, server: Server): Promise<number> => {
  const started = performance.now()
  await succeeded(
    scpCommand(
      server,
      ['docker-compose.yml', 'seed', 'settings'].map((path) => join(sample.folder, path)),
      `${FOLDER}/.hand-files/`,
    ),
  )
  await expectDone(sshCommand(server, 'sh -s'), await source('archive() { tar -cz -C "$folder/.hand-files" . | base64; }'))
  return performance.now() - started
}

const expectDone = async (argv: readonly string[], input: string): Promise<void> => {
  const { stdout } = await succeeded(argv, { input })
  if (!stdout.endsWith('done\n')) throw new Error(`the hand-written script did not come to its end: ${stdout}`)
}
