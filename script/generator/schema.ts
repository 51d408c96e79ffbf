import * as z from 'zod'
import { config } from '../../src/config/schema.ts'
import { described } from './descriptions.ts'

/** What people write, not what we make of it, with all that is told of its keys. */
export const describedConfig = (): Readonly<Record<string, unknown>> =>
  described(z.toJSONSchema(config, { io: 'input', unrepresentable: 'any', target: 'draft-7' }))

/** The JSON schema of deploy.yml, for editors. */
export const configSchema = (): string => {
  const titled = {
    ...describedConfig(),
    title: 'deploy.yml of deploy-action',
    description: 'Text may hold ${NAME}, ${NAME:-default} and $$',
  }
  return `${JSON.stringify(variablesAllowed(titled), null, 2)}\n`
}

/** A value of any form may come out of a variable: `port: ${SSH_PORT}`. Keys may not. */
const variablesAllowed = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(variablesAllowed)
  if (typeof value !== 'object' || value === null) return value
  const inner = Object.fromEntries(
    Object.entries(value).map(([key, held]) => [
      key,
      key === 'propertyNames' || key === 'examples' || key === 'default' ? held : variablesAllowed(held),
    ]),
  )
  const isConstrainedText = inner.type === 'string' && ('pattern' in inner || 'format' in inner)
  if (inner.type !== 'integer' && inner.type !== 'number' && !isConstrainedText) return inner
  const { description, examples, default: fallback, ...constraint } = inner
  const shown = {
    ...(description === undefined ? {} : { description }),
    ...(examples === undefined ? {} : { examples }),
    ...(fallback === undefined ? {} : { default: fallback }),
  }
  return { ...shown, anyOf: [constraint, { type: 'string', pattern: '\\$\\{[A-Za-z_]' }] }
}
