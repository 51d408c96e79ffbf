/** What every failure tells to do next, read in the sources: somebody can type each line, or sees whose hand it needs. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { parseSync } from '@swc/core'

interface Node {
  readonly type: string
  readonly [key: string]: unknown
}

const SOURCES = join(import.meta.dirname, '../../src')
/** A command to run here, one for a server, or what only a person can do. */
const MARKED = /^(deploy-action( |$)|git |docker |df |ls |mkdir |curl |install |ssh-keygen |ssh-add |on the server: \S|by hand: \S)/
/** A line that is typed ends where the command does: what else there is to say stands on a line by hand. */
const PROSE = /^(?!by hand: )[^'"]*(, | or | \(|; (?!\S+ -))/
const hints = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .flatMap((file) => found(file, readFileSync(join(SOURCES, file), 'utf8')))

function found(file: string, text: string): readonly (readonly [string, string])[] {
  const source = parseSync(text, { syntax: 'typescript', target: 'es2022' }) as unknown as Node
  const lines: (readonly [string, string])[] = []
  const take = (expression: Node): void => {
    for (const hint of texts(expression)) for (const line of hint.split('\n')) if (!/^…?$/.test(line)) lines.push([file, line])
  }
  visit(source, (node) => {
    const name = (node.key as Node | undefined)?.value ?? ((node.id ?? node.identifier) as Node | undefined)?.value
    if (node.type === 'KeyValueProperty' && /^(hint|mend)$/.test(String(name))) take(node.value as Node)
    // functions that make hints, and constants that are some
    const made = node.init as Node | null | undefined
    if (node.type === 'VariableDeclarator' && /(hint|next|mending)$/i.test(String(name)) && made?.type === 'ArrowFunctionExpression') {
      if ((made.body as Node).type !== 'BlockStatement') take(made.body as Node)
      else visit(made.body as Node, (inner) => inner.type === 'ReturnStatement' && inner.argument && take(inner.argument as Node))
    } else if (node.type === 'VariableDeclarator' && /(hint|mending)$/i.test(String(name)) && made) take(made)
  })
  return lines
}

function visit(node: Node, look: (node: Node) => unknown): void {
  look(node)
  for (const value of Object.values(node))
    for (const child of Array.isArray(value) ? value : [value]) if (typeof child === 'object' && child !== null) visit(child as Node, look)
}

/** All that an expression may yield, with … for what only a run knows, or for a hint that was made, and looked at, elsewhere. */
function texts(node: Node): readonly string[] {
  switch (node.type) {
    case 'StringLiteral':
      return [String(node.value)]
    case 'TemplateLiteral':
      return (node.quasis as readonly Node[]).reduce<readonly string[]>(
        (before, quasi, index) =>
          (index === 0 ? [''] : inserted((node.expressions as readonly Node[])[index - 1] as Node)).flatMap((one) =>
            (index === 0 ? [''] : before).map((text) => `${text}${one}${String(quasi.cooked)}`),
          ),
        [''],
      )
    case 'ConditionalExpression':
      return [...texts(node.consequent as Node), ...texts(node.alternate as Node)]
    case 'ParenthesisExpression':
    case 'TsAsExpression':
      return texts(node.expression as Node)
    case 'BinaryExpression':
      if (node.operator !== '+') return [...texts(node.left as Node), ...texts(node.right as Node)]
      return texts(node.left as Node).flatMap((left) => inserted(node.right as Node).map((right) => `${left}${right}`))
    case 'CallExpression': {
      const { object, property } = node.callee as { object?: Node; property?: Node }
      if (property?.value !== 'join' || object?.type !== 'ArrayExpression') return []
      const items = (object.elements as readonly { spread: unknown; expression: Node }[]).flatMap(({ expression }) => elements(expression))
      const by = texts(((node.arguments as readonly { expression: Node }[])[0] as { expression: Node }).expression)[0] ?? ','
      // each on a line of its own is looked at as such; otherwise they are one text
      return by === '\n' ? items : [items.join(by)]
    }
    default:
      return []
  }
}
function inserted(node: Node): readonly string[] {
  const known = texts(node)
  return known.length === 0 ? ['…'] : known
}
function elements(node: Node): readonly string[] {
  if (node.type === 'ArrayExpression')
    return (node.elements as readonly { expression: Node }[]).flatMap(({ expression }) => elements(expression))
  if (node.type === 'ConditionalExpression') return [...elements(node.consequent as Node), ...elements(node.alternate as Node)]
  if (node.type === 'ParenthesisExpression') return elements(node.expression as Node)
  return texts(node)
}

test('there are as many as there are ways to fail', () => expect(hints.length).toBeGreaterThan(150))

test('each line of a hint is a command, or says whose hand it needs', () => {
  const unmarked = hints.filter(([, line]) => !MARKED.test(line))
  expect(unmarked.map(([file, line]) => `${file}: ${line}`)).toEqual([])
})

test('a line that is a command is nothing but that command', () => {
  expect(hints.filter(([, line]) => PROSE.test(line)).map(([file, line]) => `${file}: ${line}`)).toEqual([])
})
