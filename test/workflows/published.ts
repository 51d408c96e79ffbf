/** This project as it would be under its tag on GitHub: a git repository that workflows name as org/deploy-action@v1. */
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { dist } from '../runner/dist.ts'
import { output } from '../sandbox/scenarios/programs.ts'

export const root = join(import.meta.dirname, '../..')

export const NAME = 'org/deploy-action@v1'

/** Machines that build the sample: two for the API, one for the bot. */
const LEGS_OF_SAMPLE = 3

/**
 * act interpolates the outputs of a matrix's job in place, so that the first leg empties those of its siblings. Here each
 * leg writes into the others' slots the very expression that stands there, which leaves it as it is.
 */
const HAND_ON = 'run: echo "images-$SLOT=$IMAGES" >>"$GITHUB_OUTPUT"'
const keepSiblings = (legs: number): string =>
  `; for i in $(seq ${legs}); do [ $i = $SLOT ] || printf 'images-%s=$%s steps.hand-on.outputs.images-%s }}\\n' $i '{{' $i >>"$GITHUB_OUTPUT"; done`

/**
 * What act 0.2.89 does not know, and what stands for it: `$/` is this repository at this commit, `queue` and `deployment` matters
 * of GitHub's alone. And packages that are installed, where the machine is not the runner's to change: the sandbox has them.
 */
const TRANSLATIONS: readonly (readonly [RegExp, string | ((line: string, legs: number) => string)])[] = [
  [/^( *uses: )\$\/(action\/[a-z]+|\.github\/workflows\/[a-z]+\.yml)$/, '$1org/deploy-action/$2@v1'],
  [/^ *queue: max$/, ''],
  [/^(.*) queue: max,/, '$1'],
  [/^ *deployment: false( #.*)?$/, ''],
  [/^( *run: )sudo apt-get .* qemu-user-static binfmt-support$/, '$1true'],
  [new RegExp(`^( *)${HAND_ON.replaceAll(/[$"=>]/g, '\\$&')}$`), (line, legs) => `${line}${keepSiblings(legs)}`],
]

export interface Published extends AsyncDisposable {
  readonly folder: string
  /** Lines of workflows that were translated: file, before, after. */
  readonly translated: readonly { readonly file: string; readonly line: string }[]
}

export const published = async (legs = LEGS_OF_SAMPLE): Promise<Published> => {
  const folder = await mkdtemp(join(tmpdir(), 'workflows-published-'))
  await cp(dist, join(folder, 'dist'), { recursive: true })
  for (const path of ['action.yml', 'action']) await cp(join(root, path), join(folder, path), { recursive: true })
  const workflows = '.github/workflows'
  await mkdir(join(folder, workflows), { recursive: true })
  const translated: { file: string; line: string }[] = []
  for (const file of await readdir(join(root, workflows))) {
    const result = forAct(await readFile(join(root, workflows, file), 'utf8'), legs)
    translated.push(...result.lines.map((line) => ({ file, line })))
    await writeFile(join(folder, workflows, file), result.text)
  }
  await output(['git', 'init', '--quiet', '--initial-branch=main', folder])
  const git = ['git', '-C', folder, '-c', 'user.name=Org', '-c', 'user.email=org@example.org', '-c', 'commit.gpgsign=false'] as const
  await output([...git, 'add', '--all', '--force'])
  await output([...git, 'commit', '--quiet', '--message', 'Release'])
  await output([...git, 'tag', 'v1'])
  return { folder, translated, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) }
}

/** A workflow as act can read it, and the lines that had to be another. */
export const forAct = (text: string, legs = LEGS_OF_SAMPLE): { readonly text: string; readonly lines: readonly string[] } => {
  const lines: string[] = []
  const translate = (line: string): string => {
    const [pattern, replacement] = TRANSLATIONS.find(([pattern]) => pattern.test(line)) ?? []
    if (pattern === undefined || replacement === undefined) return line
    lines.push(line)
    return typeof replacement === 'string' ? line.replace(pattern, replacement) : replacement(line, legs)
  }
  return { text: text.split('\n').map(translate).join('\n'), lines }
}
