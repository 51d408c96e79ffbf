/** GitHub's own OpenAPI description of the calls that we make, as something that can be asked. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv, type ValidateFunction } from 'ajv'
import formats from 'ajv-formats'

type Json = Readonly<Record<string, unknown>>

interface Written {
  readonly method: string
  readonly path: string
  readonly parameters: readonly {
    readonly name: string
    readonly in: 'path' | 'query'
    readonly required: boolean
    readonly schema: Json
  }[]
  readonly body: Json | null
  readonly status: number
  readonly response: Json
  readonly example: Json | null
}

export interface Operation {
  /** "POST /repos/{owner}/{repo}/deployments" */
  readonly name: string
  readonly status: number
  readonly example: Json
  /** What is wrong with a call; empty where nothing is. */
  problemsOf(call: { readonly parameters: Json; readonly query: Json; readonly body: unknown }): readonly string[]
  /** What is wrong with an answer of ours: the fake must not be kinder than GitHub. */
  problemsOfAnswer(body: unknown): readonly string[]
}

const { operations, schemas } = JSON.parse(readFileSync(join(import.meta.dirname, 'api.json'), 'utf8')) as {
  readonly operations: readonly Written[]
  readonly schemas: Json
}

const ajv = new Ajv({ strict: false, allErrors: true, coerceTypes: false })
;(formats as unknown as { default: (one: Ajv) => void }).default(ajv)
// the description itself gives "" as the default of addresses that nobody set
ajv.addFormat('uri', (text: string) => text === '' || URL.canParse(text))
ajv.addSchema({ $id: 'api', schemas })

const compiled = (schema: Json): ValidateFunction =>
  ajv.compile(JSON.parse(JSON.stringify(schema).replaceAll('"#/schemas/', '"api#/schemas/')) as Json)

const problems = (where: string, check: ValidateFunction, value: unknown): readonly string[] =>
  check(value)
    ? []
    : (check.errors ?? []).map(
        ({ instancePath, message = '', params }) =>
          `${where}${instancePath} ${message} ${'additionalProperty' in params ? params.additionalProperty : ''}`,
      )

/** Numbers come as text in an address. */
const ofAddress = (schema: Json, text: unknown): unknown =>
  schema.type === 'integer' && typeof text === 'string' && /^\d+$/.test(text) ? Number(text) : text

const operationOf = ({ method, path, parameters, body, status, response, example }: Written): Operation => {
  // the service refuses nothing that it does not know; we would never learn of a misspelt field
  const closed = body === null ? null : compiled({ ...body, additionalProperties: false })
  const answer = compiled(response)
  const checks = parameters.map((one) => ({ ...one, check: compiled(one.schema) }))
  return {
    name: `${method} ${path}`,
    status,
    example: example ?? {},
    problemsOf: (call) => [
      ...checks.flatMap(({ name, in: place, required, schema, check }) => {
        const value = (place === 'path' ? call.parameters : call.query)[name]
        if (value === undefined) return required ? [`${name} is missing`] : []
        return problems(name, check, ofAddress(schema, value))
      }),
      ...Object.keys(call.query)
        .filter((name) => !checks.some((one) => one.in === 'query' && one.name === name))
        .map((name) => `${name} is no parameter`),
      ...(closed === null ? (call.body === undefined ? [] : ['it takes no body']) : problems('body', closed, call.body)),
    ],
    problemsOfAnswer: (value) => problems('answer', answer, value),
  }
}

const known = operations.map((one) => ({ operation: operationOf(one), method: one.method, pattern: patternOf(one.path) }))

function patternOf(path: string): RegExp {
  return new RegExp(`^${path.replaceAll(/\{(\w+)\}/g, '(?<$1>[^/]+)')}$`)
}

/** The operation that an address means, with the parts of it; null where GitHub has none that we know of. */
export const operationAt = (method: string, path: string): { readonly operation: Operation; readonly parameters: Json } | null => {
  for (const one of known) {
    const match = one.method === method ? one.pattern.exec(path) : null
    if (match !== null)
      return {
        operation: one.operation,
        parameters: Object.fromEntries(Object.entries(match.groups ?? {}).map(([name, text]) => [name, decodeURIComponent(text)])),
      }
  }
  return null
}
