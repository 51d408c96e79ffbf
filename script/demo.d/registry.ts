import { type Environment, output, run } from './program.ts'

/** What a name in the registry stands for. */
export interface Published {
  readonly digest: string
  /** "linux/amd64", … */
  readonly platforms: readonly string[]
}

/** Asked with crane, which knows nothing of what was recorded here; null where there is none. */
export const published = async (reference: string, env: Environment): Promise<Published | null> => {
  const { code, stdout, stderr } = await run(['crane', 'digest', reference], { env })
  if (code !== 0 && /MANIFEST_UNKNOWN|NAME_UNKNOWN|404/.test(stderr)) return null
  if (code !== 0) throw new Error(`crane digest ${reference} ended with ${code}: ${stderr.trim()}`)
  const index = JSON.parse(await output(['crane', 'manifest', reference], { env })) as Index
  const platforms = (index.manifests ?? []).map(({ platform }) => `${platform?.os}/${platform?.architecture}`)
  return { digest: stdout.trim(), platforms: platforms.filter((name) => !name.includes('unknown')).sort() }
}

interface Index {
  readonly manifests?: readonly { readonly platform?: { readonly os: string; readonly architecture: string } }[]
}
