import type { Context } from './context.ts'

/** Variables without which the server's environment file is refused: those that the config lists, and tokens of its seeds. */
export const requiredVariables = ({ config, request, environment }: Context): readonly string[] => {
  const tokens = request.noSeed ? [] : config.seed.flatMap(({ http }) => http?.bearer ?? [])
  return [...new Set([...environment().config.env.required, ...tokens])]
}
