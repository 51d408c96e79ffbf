import type * as z from 'zod'
import type { Path } from './problem.ts'

type Schema = z.core.$ZodType
/** What zod keeps about a schema, as far as it is read here. */
interface Definition {
  readonly type: string
  readonly innerType?: Schema
  readonly in?: Schema
  readonly shape?: Readonly<Record<string, Schema>>
  readonly element?: Schema
  readonly valueType?: Schema
  readonly options?: readonly Schema[]
}

/** The keys that a map at this path may have: what a misspelt one is compared with. */
export const keysAt = (schema: Schema, path: Path): readonly string[] => {
  const [first, ...rest] = path
  return unwrapped(schema).flatMap((definition) => {
    if (first === undefined) return Object.keys(definition.shape ?? {})
    const next = inside(definition, first)
    return next === undefined ? [] : keysAt(next, rest)
  })
}

const inside = (definition: Definition, part: string | number): Schema | undefined => {
  if (typeof part === 'number') return definition.element
  const shape = definition.shape
  return shape !== undefined && Object.hasOwn(shape, part) ? shape[part] : definition.valueType
}

/** What is in optional, default, pipe and union; refinements stay on the schema itself. */
const unwrapped = (schema: Schema): readonly Definition[] => {
  const definition = schema._zod.def as unknown as Definition
  const inner = definition.innerType ?? definition.in
  if (inner !== undefined) return unwrapped(inner)
  return definition.options?.flatMap(unwrapped) ?? [definition]
}
