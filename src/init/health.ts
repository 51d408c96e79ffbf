import type { OwnService } from './kinds.ts'
import { below, lineOf, type SourceTree } from './tree.ts'

/** How a service says that it is ready, and where that was found. */
export type Health =
  | { readonly kind: 'own'; readonly from: string }
  | { readonly kind: 'http'; readonly port: number; readonly path: string; readonly from: string }
  | { readonly kind: 'open'; readonly port: number }
  | { readonly kind: 'silent' }

const SOURCES = /\.(py|js|mjs|cjs|ts|tsx|go|rb|php|java|kt|cs|rs|ex|exs|conf)$/
const TESTS = /(^|\/)(tests?|specs?|__tests__|e2e|node_modules|vendor|migrations?|docs?)(\/|$)|[._](test|spec)\.|_test\.go$/
/** The most telling first: ready beats alive. */
const ROUTES = [
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
const ROUTE = new RegExp(`["'\`](/(?:[\\w-]+/){0,4}(?:${ROUTES.join('|')})/?)["'\`]`, 'g')
const MOST_FILES = 400

/** Its own health check where it has one; else a path that its source answers; else nothing that could be known. */
export const healthOf = (tree: SourceTree, { service, image, port, kind }: OwnService, composeFile: string): Health => {
  if (service.healthcheck) return { kind: 'own', from: composeFile }
  if (image.dockerfile?.healthcheck === true && kind !== 'worker' && kind !== 'scheduler')
    return { kind: 'own', from: image.dockerfile.path }
  if (port === null) return { kind: 'silent' }
  if (
    /(^|\/)(nginx|caddy|httpd|nginx-unprivileged)(:|$)/.test(image.dockerfile?.base ?? '') ||
    isStatic(image.dockerfile?.bases.at(-1) ?? '')
  )
    return { kind: 'http', port, path: '/', from: image.dockerfile?.path ?? '' }
  const route = routeIn(tree, image.context)
  const found = route ?? rootIn(tree, image.context)
  return found === null ? { kind: 'open', port } : { kind: 'http', port, ...found }
}

const isStatic = (base: string): boolean => /(^|\/)(nginx|caddy|httpd)(:|$)/.test(base)

/** The first page, where the source names it as a route: it is asked for by everybody. */
const rootIn = (tree: SourceTree, context: string): { readonly path: string; readonly from: string } | null => {
  for (const file of sources(tree, context)) {
    const text = tree.read(file) ?? ''
    const at = text.search(/(?:\.(?:get|route|Get|GET|HandleFunc)|@(?:Get|GetMapping))\(\s*["'`]\/["'`]/)
    if (at >= 0) return { path: '/', from: `${file}:${lineOf(text, at)}` }
  }
  return null
}

const sources = (tree: SourceTree, context: string): readonly string[] =>
  below(tree, context)
    .filter((one) => SOURCES.test(one) && !TESTS.test(one))
    .slice(0, MOST_FILES)

const routeIn = (tree: SourceTree, context: string): { readonly path: string; readonly from: string } | null => {
  const found: { path: string; from: string; rank: number }[] = []
  for (const file of sources(tree, context)) {
    const text = tree.read(file) ?? ''
    for (const match of text.matchAll(ROUTE)) {
      const path = match[1] ?? ''
      const word = path.replace(/\/$/, '').split('/').at(-1) ?? ''
      // "/up", "/status" and "/ping" mean many things where they are not alone on their level
      const isVague = ['up', 'status', 'ping', 'live'].includes(word) && path.split('/').length > 3
      if (!isVague)
        found.push({ path, from: `${file}:${lineOf(text, match.index)}`, rank: ROUTES.indexOf(word) * 10 + path.split('/').length })
    }
  }
  const [best] = found.toSorted((a, b) => a.rank - b.rank || (a.from < b.from ? -1 : 1))
  return best === undefined ? null : { path: best.path, from: best.from }
}
