import { readConfig } from '../../src/config/read.ts'
import type { Config } from '../../src/config/schema.ts'
import { DeployError } from '../../src/errors.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** The config that a text makes. */
export const configOf = (
  text: string,
  environment: Environment = {},
  isUnused: (path: readonly (string | number)[]) => boolean = () => false,
): Config => readConfig({ bytes: Buffer.from(text), file: 'deploy.yml', environment, isUnused }).config

/** What is wrong with a text, as "line:column message"; empty where nothing is. */
export const problemsOf = (source: string | Uint8Array, environment: Environment = {}): readonly string[] => {
  try {
    readConfig({ bytes: Buffer.from(source), file: 'deploy.yml', environment, isUnused: () => false })
    return []
  } catch (error) {
    if (!(error instanceof DeployError) || error.code !== 'CONFIG') throw error
    const places = error.details.places ?? []
    return places.length === 0 ? [error.message] : places.map((place) => `${place.line}:${place.column} ${place.message}`)
  }
}
