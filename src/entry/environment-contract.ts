import type { EnvironmentContract } from '../plan/preflight.ts'
import type { Context } from './context.ts'

/** Without what the server's environment file is refused: what the config lists, and the tokens of its seeds. */
export const environmentContract = ({ config, request, environment }: Context): EnvironmentContract => {
  const { required, requiredIf } = environment().config.env
  const tokens = request.noSeed ? [] : config.seed.flatMap(({ http }) => http?.bearer ?? [])
  return { required: [...new Set([...required, ...tokens])], requiredIf }
}
