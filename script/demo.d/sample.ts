import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type BreakageName, commitVersion, createSample } from '../../test/sandbox/sample/versions.ts'
import { output } from './program.ts'

/** Whose images they are: a new owner for each demo, because `latest` never moves to a history that it does not know. */
const OWNED_FILES = ['deploy.yml', 'docker-compose.yml']

/** The sample project as its maintainer's clone. */
export class Sample {
  readonly folder: string
  readonly owner: string

  constructor(folder: string, owner: string) {
    this.folder = folder
    this.owner = owner
  }

  /** Commits a version, or goes back to the commit of an earlier demo. @returns its sha */
  async version(number: number, breakage?: BreakageName): Promise<string> {
    if (await this.#has(number)) {
      await this.#git('checkout', '--quiet', '-B', 'main', `v${number}`)
      return this.#git('rev-parse', 'HEAD')
    }
    if (number === 1) await createSample(this.folder)
    else await commitVersion(this.folder, number, breakage)
    await this.#takeOver()
    await this.#git('tag', `v${number}`)
    return this.#git('rev-parse', 'HEAD')
  }

  /** As the sample's README says: one's own owner in place of `acme`. */
  async #takeOver(): Promise<void> {
    for (const name of OWNED_FILES) {
      const file = join(this.folder, name)
      await writeFile(file, (await readFile(file, 'utf8')).replaceAll('acme', this.owner))
    }
    await this.#git('commit', '--quiet', '--all', '--amend', '--no-edit')
  }

  async #has(number: number): Promise<boolean> {
    if (!existsSync(join(this.folder, '.git'))) return false
    return (await this.#git('tag', '--list', `v${number}`)) !== ''
  }

  #git(...args: readonly string[]): Promise<string> {
    const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('GIT_'))
    const author = { GIT_COMMITTER_NAME: 'Ada Maintainer', GIT_COMMITTER_EMAIL: 'ada@example.org' }
    const env = { ...Object.fromEntries(inherited), ...author, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_SYSTEM: '/dev/null' }
    return output(['git', '-C', this.folder, ...args], { env })
  }
}
