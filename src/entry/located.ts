import { dirname, join } from 'node:path'
import { DeployError } from '../errors.ts'

/**
 * What a command threw, with its places as seen from the folder of the run: a command knows its project only, and
 * GitHub finds the file of an annotation from the root of the repository.
 */
export const located = <T>(thrown: T, configPath: string): T | DeployError => {
  const folder = dirname(configPath)
  if (!(thrown instanceof DeployError) || thrown.details.places === undefined || folder === '.') return thrown
  const places = thrown.details.places.map((place) => ({ ...place, file: join(folder, place.file) }))
  const moved = new DeployError(thrown.code, thrown.message.slice(thrown.code.length + 2), { ...thrown.details, places })
  moved.stack = thrown.stack ?? moved.stack ?? ''
  return moved
}
