/** Somebody's repository: the sample project with our starter workflows, on a stack of its own. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { withEveryText, withText } from '../sandbox/sample/files.ts'
import { commitVersion, createSample } from '../sandbox/sample/versions.ts'
import { output } from '../sandbox/scenarios/programs.ts'
import { forAct, root } from './published.ts'

/** What keeps the stacks of several tests apart, on a server and in the registry. */
export interface Stack {
  /** Name of the compose project, and of the registry's namespace. */
  readonly name: string
  readonly path: string
  readonly port: number
}

export class Fixture implements AsyncDisposable {
  readonly folder: string
  readonly stack: Stack

  private constructor(folder: string, stack: Stack) {
    this.folder = folder
    this.stack = stack
  }

  static async create(stack: Stack): Promise<Fixture> {
    const folder = await mkdtemp(join(tmpdir(), 'workflows-fixture-'))
    await createSample(folder)
    await output(['git', '-C', folder, 'remote', 'set-url', 'origin', `https://github.com/${stack.name}/bot-and-api.git`])
    return new Fixture(folder, stack)
  }

  /**
   * Commits a version of the sample with these workflows, written for act.
   * @param config the sample's own, or the one that people begin with
   * @returns the commit
   */
  async commit(version: number, workflows: Readonly<Record<string, string>>, config: 'own' | 'to begin with' = 'own'): Promise<string> {
    await commitVersion(this.folder, version)
    await this.#moveToStack()
    if (config === 'to begin with') await this.write('deploy.yml', await this.#configToBeginWith(version))
    for (const [file, text] of Object.entries(workflows)) await this.write(`.github/workflows/${file}`, forAct(text).text)
    await this.write('.gitignore', 'reports/\n.deploy-action/\n')
    return this.#commitAll(`Version ${version} with its workflows`)
  }

  head(): Promise<string> {
    return output(['git', '-C', this.folder, 'rev-parse', 'HEAD'])
  }

  async write(path: string, text: string): Promise<void> {
    await mkdir(dirname(join(this.folder, path)), { recursive: true })
    await writeFile(join(this.folder, path), text)
  }

  async #moveToStack(): Promise<void> {
    const { name, path } = this.stack
    const read = async (file: string): Promise<readonly [string, string]> => [file, await readFile(join(this.folder, file), 'utf8')]
    let files: ReadonlyMap<string, string> = new Map([await read('deploy.yml'), await read('docker-compose.yml')])
    files = withText(
      files,
      'deploy.yml',
      'project: bot-and-api\nregistry: { namespace: acme }',
      `project: ${name}\nregistry: { namespace: ${name} }`,
    )
    files = withText(files, 'deploy.yml', 'path: /opt/stacks/bot-and-api', `path: ${path}`)
    files = withText(files, 'deploy.yml', 'bot: { context: bot,', 'bot: { context: bot, platforms: [linux/amd64],')
    files = new Map([...files, ['deploy.yml', withStages(files.get('deploy.yml') ?? '')]])
    files = withEveryText(files, 'docker-compose.yml', 'ghcr.io/acme/bot-and-api-', `ghcr.io/${name}/${name}-`)
    for (const [file, text] of files) await this.write(file, text)
  }

  /** Its names are the stack's, its checks the short ones. */
  async #configToBeginWith(version: number): Promise<string> {
    const { name, path } = this.stack
    let text = await readFile(join(root, 'workflows/config/deploy.yml'), 'utf8')
    text = replacedOnce(text, 'project: shop\n', `project: ${name}\nregistry: { namespace: ${name} }\n`)
    text = replacedOnce(text, 'api: {}', `api: { dockerfile: api/Dockerfile, args: { APP_VERSION: ${version}.0.0 } }`)
    text = replacedOnce(text, 'bot: { context: bot }', 'bot: { context: bot, platforms: [linux/amd64] }')
    text = replacedOnce(text, 'stable: 10s', 'stable: 1s')
    return withStages(replacedOnce(text, 'path: /opt/stacks/shop', `path: ${path}`))
  }

  async #commitAll(message: string): Promise<string> {
    const git = ['git', '-C', this.folder, '-c', 'user.name=Ada', '-c', 'user.email=ada@example.org', '-c', 'commit.gpgsign=false'] as const
    await output([...git, 'add', '--all'])
    await output([...git, 'commit', '--quiet', '--message', message])
    return output([...git, 'rev-parse', 'HEAD'])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true, force: true })
  }
}

/** The sample's own stages take minutes and have their own tests; these tell that they ran, and one is a gate for deploys. */
const withStages = (config: string): string =>
  config.replace(
    /^check:\n(?: {2}- .*\n)+/m,
    'check:\n  - { name: lint, run: "echo the lint stage ran; test ! -e broken" }\n  - { name: gate, gate: deploy, run: "echo the gate ran" }\n',
  )

export const starter = (file: string): Promise<string> => readFile(join(root, 'workflows', file), 'utf8')

/** A text with one place changed, which must be there once. */
export const replacedOnce = (text: string, from: string, to: string): string => {
  const parts = text.split(from)
  if (parts.length !== 2) throw new Error(`${JSON.stringify(from)} is there ${parts.length - 1} times, not once`)
  return parts.join(to)
}
