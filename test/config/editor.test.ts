/** What an editor shows of deploy.yml: the language server of the YAML extensions, run without an editor, with our schema. */
import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { undescribed } from '../../script/generator/descriptions.ts'

const root = join(import.meta.dirname, '../..')
const schema = pathToFileURL(join(root, 'schema/deploy.schema.json')).href

interface Message {
  readonly id?: number
  readonly method?: string
  readonly params?: unknown
  readonly result?: unknown
}
interface Diagnostic {
  readonly range: { readonly start: { readonly line: number } }
  readonly message: string
}

/** Speaks the Language Server Protocol: a header with the length, then JSON. */
class Editor {
  readonly #server: ChildProcess
  readonly #waiting = new Map<number, (result: unknown) => void>()
  readonly #diagnostics = new Map<string, (found: readonly Diagnostic[]) => void>()
  #rest = Buffer.alloc(0)
  #last = 0

  constructor() {
    this.#server = spawn(process.execPath, [join(root, 'node_modules/yaml-language-server/bin/yaml-language-server'), '--stdio'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    this.#server.stdout?.on('data', (bytes: Buffer) => {
      this.#rest = Buffer.concat([this.#rest, bytes])
      for (let message = this.#next(); message !== null; message = this.#next()) this.#take(message)
    })
  }

  #next(): Message | null {
    const end = this.#rest.indexOf('\r\n\r\n')
    const length = Number(/Content-Length: (\d+)/i.exec(this.#rest.subarray(0, Math.max(0, end)).toString())?.[1])
    if (end < 0 || this.#rest.length < end + 4 + length) return null
    const text = this.#rest.subarray(end + 4, end + 4 + length).toString()
    this.#rest = this.#rest.subarray(end + 4 + length)
    return JSON.parse(text) as Message
  }

  #take({ id, method, params, result }: Message): void {
    if (method === undefined && id !== undefined) this.#waiting.get(id)?.(result)
    if (method === 'textDocument/publishDiagnostics') {
      const { uri, diagnostics } = params as { uri: string; diagnostics: Diagnostic[] }
      this.#diagnostics.get(uri)?.(diagnostics)
    } else if (method === 'workspace/configuration') {
      const { items } = params as { items: { section: string }[] }
      this.#send({
        id: id ?? 0,
        result: items.map(({ section }) =>
          section === 'yaml' ? { validate: true, completion: true, schemaStore: { enable: false } } : {},
        ),
      })
    } else if (method !== undefined && id !== undefined) this.#send({ id, result: null })
  }

  #send(message: Message): void {
    const body = JSON.stringify({ jsonrpc: '2.0', ...message })
    this.#server.stdin?.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`)
  }

  ask(method: string, params: unknown): Promise<unknown> {
    const id = ++this.#last
    const answer = new Promise((resolve) => this.#waiting.set(id, resolve))
    this.#send({ id, method, params })
    return answer
  }

  tell(method: string, params: unknown): void {
    this.#send({ method, params })
  }

  /** Opens a document; yields what is marked in it. */
  open(uri: string, text: string): Promise<readonly Diagnostic[]> {
    const found = new Promise<readonly Diagnostic[]>((resolve) => this.#diagnostics.set(uri, resolve))
    this.tell('textDocument/didOpen', { textDocument: { uri, languageId: 'yaml', version: 1, text } })
    return found
  }

  async offered(uri: string, line: number, character: number): Promise<readonly string[]> {
    const answer = (await this.ask('textDocument/completion', { textDocument: { uri }, position: { line, character } })) as {
      items: { label: string }[]
    }
    return answer.items.map(({ label }) => label)
  }

  /** As an editor leaves it: told, then gone. */
  async close(): Promise<void> {
    const gone = new Promise((resolve) => this.#server.on('exit', resolve))
    await this.ask('shutdown', null)
    this.tell('exit', null)
    await gone
  }
}

let editor: Editor
beforeAll(async () => {
  editor = new Editor()
  const capabilities = {
    workspace: { configuration: true },
    textDocument: { completion: { completionItem: { snippetSupport: true } }, hover: {} },
  }
  await editor.ask('initialize', { processId: process.pid, rootUri: null, capabilities })
  editor.tell('initialized', {})
})
afterAll(() => editor.close())

const withSchema = (text: string): string => `# yaml-language-server: $schema=${schema}\n${text}`
const sample = readFileSync(join(root, 'examples/bot-and-api/deploy.yml'), 'utf8')

test('the sample has nothing that an editor would mark', async () => {
  expect(await editor.open('file:///sample/deploy.yml', withSchema(sample))).toEqual([])
})

test('three wrong keys are marked, each on its line', async () => {
  const text = withSchema('project: shop\nimages: { api: { dokerfile: x } }\nkeeep: 3\nservices:\n  api:\n    helth: {}\n')
  const marked = await editor.open('file:///wrong/deploy.yml', text)
  const lines = marked.map(({ range, message }) => `${range.start.line} ${/Property (\w+) is not allowed/.exec(message)?.[1]}`)
  expect(lines.toSorted()).toEqual(['2 dokerfile', '3 keeep', '6 helth'])
})

test('a value that cannot be is marked, and one that comes out of a variable is not', async () => {
  const text = withSchema(
    'project: shop\nimages: { api: { platforms: [linux/386] } }\nenvironments:\n  production: { host: "${SSH_HOST}", path: /opt/stacks/shop, port: "${PORT}" }\n',
  )
  const marked = await editor.open('file:///values/deploy.yml', text)
  expect(marked.map(({ range }) => range.start.line)).toEqual([2])
})

test('keys and values are offered where they may stand', async () => {
  const uri = 'file:///offers/deploy.yml'
  await editor.open(uri, withSchema('project: shop\nimages: { api: {} }\nmigrate:\n  preset: \n  \n\n'))
  expect(await editor.offered(uri, 4, 10)).toEqual(expect.arrayContaining(['alembic', 'django', 'prisma', 'flyway']))
  expect(await editor.offered(uri, 5, 2)).toEqual(expect.arrayContaining(['service', 'up', 'timeout']))
  expect(await editor.offered(uri, 6, 0)).toEqual(expect.arrayContaining(['environments', 'services', 'backup']))
})

test('what a key is for is shown over it', async () => {
  const uri = 'file:///hover/deploy.yml'
  await editor.open(uri, withSchema(sample))
  const { contents } = (await editor.ask('textDocument/hover', { textDocument: { uri }, position: { line: 1, character: 2 } })) as {
    contents: { value: string }
  }
  expect(contents.value).toContain('Name of the compose project on the server')
})

test('every key has a description, in its source or in script/generator/descriptions.ts', () => {
  expect(undescribed(JSON.parse(readFileSync(join(root, 'schema/deploy.schema.json'), 'utf8')))).toEqual([])
})
