import { below, lineOf, type SourceTree } from './tree.ts'

/** A path that an application answers, and where that was found. */
export interface Route {
  readonly path: string
  readonly from: string
}

const SOURCES = /\.(py|js|mjs|cjs|ts|tsx|go|rb|php|java|kt|cs|rs|ex|exs|conf)$/
const TESTS = /(^|\/)(tests?|specs?|__tests__|e2e|node_modules|vendor|migrations?|docs?)(\/|$)|[._](test|spec)\.|_test\.go$/
/** The most telling first: ready beats alive. */
export const READY_WORDS = [
  'readyz',
  'ready',
  'readiness',
  'healthz',
  'health',
  'healthcheck',
  'health-check',
  'health_check',
  'livez',
  'live',
  'up',
  'ping',
  'status',
]
const ROUTE = new RegExp(`["'\`](/(?:[\\w-]+/){0,4}(?:${READY_WORDS.join('|')})/?)["'\`]`, 'g')
const ROOT = /(?:(\w+)\.(?:get|route|Get|GET|HandleFunc)|@(?:Get|GetMapping))\(\s*["'`]\/["'`]/g
const MOST_FILES = 400

/** The path that says most of whether it is ready, else the first page, which is asked for by everybody. */
export const routeOf = (tree: SourceTree, context: string): Route | null => {
  const files = below(tree, context)
    .filter((one) => SOURCES.test(one) && !TESTS.test(one))
    .slice(0, MOST_FILES)
    .map((file) => ({ file, text: tree.read(file) ?? '' }))
  return readyIn(files) ?? rootIn(files, context)
}

type Sources = readonly { readonly file: string; readonly text: string }[]

const readyIn = (files: Sources): Route | null => {
  const found: { path: string; from: string; rank: number }[] = []
  for (const { file, text } of files) {
    for (const match of text.matchAll(ROUTE)) {
      const path = match[1] ?? ''
      const word = path.replace(/\/$/, '').split('/').at(-1) ?? ''
      // "/up", "/status" and "/ping" mean many things where they are not alone on their level
      const isVague = ['up', 'status', 'ping', 'live'].includes(word) && path.split('/').length > 3
      const [, router] = /(\w+)\.\w+\(\s*$/.exec(text.slice(Math.max(0, match.index - 60), match.index)) ?? []
      if (!isVague && (router === undefined || !isSaid(text, router, 'prefix\\s*=')))
        found.push({ path, from: `${file}:${lineOf(text, match.index)}`, rank: READY_WORDS.indexOf(word) * 10 + path.split('/').length })
    }
  }
  const [best] = found.toSorted((a, b) => a.rank - b.rank || (a.from < b.from ? -1 : 1))
  return best === undefined ? null : { path: best.path, from: best.from }
}

/** Files of routes are mounted elsewhere, below a path that stands there. */
const MOUNTED = /(^|\/)(routes|routers|controllers|blueprints|endpoints)\//

/** Only where the application itself answers it: a path of a router begins where that is mounted. */
const rootIn = (files: Sources, context: string): Route | null => {
  const isPrefixed = files.some(({ text }) => text.includes('setGlobalPrefix('))
  for (const { file, text } of files) {
    if (MOUNTED.test(file.slice(context.length))) continue
    for (const match of text.matchAll(ROOT)) {
      const [, name] = match
      const isTop = name === undefined ? !isPrefixed && !/@(Controller|RequestMapping)\(\s*[^\s)]/.test(text) : isApplication(text, name)
      if (isTop) return { path: '/', from: `${file}:${lineOf(text, match.index)}` }
    }
  }
  return null
}

const APPLICATION = '=[^\\n]*\\b(?:express|[fF]astify|FastAPI|Flask|Starlette|Quart|RouteTableDef|gin|echo|fiber|NewRouter|NewServeMux)\\b'
const ROUTER = '\\b(?:(?:API)?Router|Subrouter|Blueprint|Group|Hono|FastifyInstance)\\b'

/** It is made as one in this file, or is called what people call one that is handed in. */
const isApplication = (text: string, name: string): boolean =>
  !isSaid(text, name, ROUTER) &&
  (name === 'app' || (name === 'http' && text.includes('http.HandleFunc(')) || isSaid(text, name, APPLICATION))

/** Whether a line says this of what has the name. */
const isSaid = (text: string, name: string, pattern: string): boolean => new RegExp(`\\b${name}\\b[^\\n]*?${pattern}`).test(text)
