import { DeployError } from '../errors.ts'

/**
 * Does all the checks, also after one of them refused, so that everything that is wrong is told at once.
 * @throws DeployError CONFIG with the sentences, hints and places of all that refused
 */
export const together = (...checks: readonly (() => unknown)[]): void => {
  const refused = checks.flatMap((check) => {
    try {
      check()
      return []
    } catch (error) {
      if (!(error instanceof DeployError) || error.code !== 'CONFIG') throw error
      return [error]
    }
  })
  const [first, ...more] = refused
  if (first === undefined) return
  if (more.length === 0) throw first
  throw new DeployError('CONFIG', refused.map(({ message }) => message.replace(/^CONFIG: /, '')).join('; '), {
    hint: refused.flatMap(({ details }) => details.hint ?? []).join('\n') || undefined,
    evidence: refused.flatMap(({ details }) => details.evidence ?? []),
    places: refused.flatMap(({ details }) => details.places ?? []),
  })
}
