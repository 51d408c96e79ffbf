import { describedConfig } from './schema.ts'

/** What is read of a JSON schema. */
interface Node {
  readonly type?: string
  readonly description?: string
  readonly default?: unknown
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly anyOf?: readonly Node[]
  readonly items?: Node
  readonly properties?: Readonly<Record<string, Node>>
  readonly additionalProperties?: Node | boolean
  readonly required?: readonly string[]
}

interface Row {
  readonly path: string
  readonly type: string
  readonly fallback: string
  readonly description: string
}

const INTRODUCTION = `# deploy.yml

Every key there is, written by \`script/generate\` from the schema. Editors check and complete it with
\`schema/deploy.schema.json\`:

\`\`\`yaml
# yaml-language-server: $schema=https://raw.githubusercontent.com/org/deploy-action/v1/schema/deploy.schema.json
\`\`\`

Text may hold \`\${NAME}\` and \`\${NAME:-default}\`, which are taken from the environment of the run (in a workflow: \`env:\`
of the step), and \`$$\` for a dollar sign. A variable that is not set, or empty, and has no default is an error at its
line; what a command does not use may lack its variables. Times are \`500ms\`, \`7s\`, \`10m\`, \`1h\`, or seconds. Paths are
relative to the folder of the file and do not leave it. An unknown key is an error that names the nearest known one.
\`NAME\` stands for a name of your own, \`[]\` for each entry of a list.
`

/** The reference page: a table for each part of the config. */
export const configReference = (): string => {
  const schema = describedConfig() as Node
  const parts = Object.entries(schema.properties ?? {}).map(([name, node]) => part(name, node, schema.required?.includes(name) === true))
  return [INTRODUCTION, ...parts].join('\n')
}

const part = (name: string, node: Node, required: boolean): string => {
  const rows = rowsOf(name, node, required)
  const lines = rows.map((row) => `| \`${row.path}\` | ${row.type} | ${row.fallback} | ${row.description} |`)
  return [`## ${name}`, '', '| key | holds | default | what |', '| --- | --- | --- | --- |', ...lines, ''].join('\n')
}

const rowsOf = (path: string, node: Node, required: boolean): readonly Row[] => {
  const inner = innerRows(path, node)
  const isOnlyAMap = inner.length > 0 && node.description === undefined && !required
  return isOnlyAMap ? inner : [rowOf(path, node, required), ...inner]
}

const rowOf = (path: string, node: Node, required: boolean): Row => ({
  path,
  type: typeOf(node).replaceAll('|', '\\|'),
  fallback: required ? '**required**' : node.default === undefined || isMap(node) ? '' : `\`${JSON.stringify(node.default)}\``,
  description: (node.description ?? '').replaceAll('|', '\\|'),
})

const isMap = (node: Node): boolean => node.type === 'object'

/** Of the keys in a map, or in each entry of a list, or in each named entry. */
const innerRows = (path: string, node: Node): readonly Row[] => {
  const inner = node.type === 'array' ? node.items : node
  const here = node.type === 'array' ? `${path}[]` : path
  const properties = Object.entries(inner?.properties ?? {})
  if (properties.length > 0)
    return properties.flatMap(([name, value]) => rowsOf(`${here}.${name}`, value, inner?.required?.includes(name) === true))
  const named = inner?.additionalProperties
  return typeof named === 'object' && named.type === 'object' ? innerRows(`${here}.NAME`, named) : []
}

const typeOf = (node: Node): string => {
  if (node.enum !== undefined) return node.enum.map((value) => `\`${value}\``).join(', ')
  if (node.const !== undefined) return `\`${node.const}\``
  if (node.anyOf !== undefined) return [...new Set(node.anyOf.map(typeOf))].join(' or ')
  if (node.type === 'array') return `list of ${typeOf(node.items ?? {})}`
  if (node.type === 'object') return 'map'
  return { string: 'text', integer: 'whole number', number: 'number', boolean: 'true or false' }[node.type ?? ''] ?? 'anything'
}
