/** Images for the scenarios, built by docker itself, once for each content; the road has its own test for building. */
import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Files, writeFiles } from '../sample/files.ts'
import { given, output, run, until } from './programs.ts'

export interface Recipe {
  /** Last part of the repository. */
  readonly name: string
  /** Only what the image is made of, so that the same image is built once. */
  readonly files: Files
  readonly context: string
  readonly dockerfile: string
  readonly version: string
  readonly platform?: string
}

/** @returns repository@sha256:… */
export const imageOf = async (recipe: Recipe): Promise<string> => {
  const { name, files, version, platform = 'linux/amd64' } = recipe
  const hash = createHash('sha256')
    .update(JSON.stringify([[...files], recipe.context, recipe.dockerfile, version, platform]))
    .digest('hex')
    .slice(0, 20)
  const repository = `${given('SANDBOX_REGISTRY')}/acme/${name}`
  const tag = `${repository}:scenario-${hash}`
  if (!(await isThere(tag))) await build(recipe, platform, tag)
  return `${repository}@${await output(['crane', 'digest', tag])}`
}

const isThere = async (tag: string): Promise<boolean> => (await run(['crane', 'digest', tag])).code === 0

const build = async ({ files, context, dockerfile, version }: Recipe, platform: string, tag: string): Promise<void> => {
  const folder = await mkdtemp(join(tmpdir(), 'scenario-image-'))
  try {
    await writeFiles(folder, files)
    const plain = ['--quiet', '--provenance=false', '--sbom=false', '--platform', platform, '--build-arg', `APP_VERSION=${version}`]
    const from = ['--file', join(folder, dockerfile), join(folder, context)]
    const { code, err } = await run(['docker', 'buildx', 'build', ...plain, '--output', 'type=registry', '--tag', tag, ...from])
    // of two workers that build the same at the same moment, the engine lets one give it its name
    if (code !== 0 && err.includes('already exists'))
      await until(
        `${tag} is in the registry`,
        () => isThere(tag),
        (is) => is,
        60,
      )
    else if (code !== 0) throw new Error(`${tag} was not built:\n${err}`)
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** Takes an image out of the registry. */
export const deleteImage = (reference: string): Promise<string> => output(['crane', 'delete', reference])

/** Takes a layer out of the repository and leaves the manifest that names it, as a clean-up that went wrong does. */
export const deleteLastLayer = async (reference: string): Promise<void> => {
  const { layers } = JSON.parse(await output(['crane', 'manifest', reference])) as {
    readonly layers: readonly { readonly digest: string }[]
  }
  const [host = '', ...path] = (reference.split('@')[0] ?? '').split('/')
  const login = Buffer.from(`${given('SANDBOX_REGISTRY_USER')}:${given('SANDBOX_REGISTRY_PASSWORD')}`).toString('base64')
  const url = `https://${host}/v2/${path.join('/')}/blobs/${layers.at(-1)?.digest}`
  const answer = await fetch(url, { method: 'DELETE', headers: { authorization: `Basic ${login}` } })
  if (answer.status !== 202) throw new Error(`the registry did not delete it: ${answer.status} ${await answer.text()}`)
}
