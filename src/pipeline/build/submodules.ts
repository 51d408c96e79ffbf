import { readdir, readFile } from 'node:fs/promises'
import { join, normalize } from 'node:path'
import type { ImageConfig } from '../../config/schema.ts'
import type { Context } from '../../entry/context.ts'
import { DeployError } from '../../errors.ts'

const MENDING = 'git submodule update --init --recursive\nby hand: in a workflow, with: { submodules: recursive } at actions/checkout'

/**
 * A checkout without its submodules has empty folders in their places: what is built of them would lack half of it, or
 * fail for a reason that names no submodule.
 * @throws DeployError CONFIG where the image's context or Dockerfile lies in one; inside the context it is a warning
 */
export const refuseEmptySubmodules = async ({ project, ports }: Context, image: ImageConfig): Promise<void> => {
  for (const path of await emptySubmodules(project)) {
    const dockerfile = image.builder === undefined ? (image.dockerfile ?? '') : ''
    if ([image.context, dockerfile].some((used) => isWithin(used, path)))
      throw new DeployError('CONFIG', `${path} is a submodule that was not checked out`, { hint: MENDING })
    if (isWithin(path, image.context))
      ports.log.warning(`${path} is a submodule that was not checked out, so the image gets none of it: ${MENDING.split('\n')[0]}`)
  }
}

const emptySubmodules = async (project: string): Promise<readonly string[]> => {
  const text = await readFile(join(project, '.gitmodules'), 'utf8').catch(() => '')
  const paths = [...text.matchAll(/^[ \t]*path[ \t]*=[ \t]*(.+?)[ \t]*$/gm)].map((match) => normalize(match[1] ?? ''))
  const empty: string[] = []
  for (const path of paths) if ((await readdir(join(project, path)).catch(() => [])).length === 0) empty.push(path)
  return empty
}

const isWithin = (path: string, folder: string): boolean => {
  const [inner, outer] = [normalize(path), normalize(folder).replace(/\/$/, '')]
  return outer === '.' || inner === outer || inner.startsWith(`${outer}/`)
}
