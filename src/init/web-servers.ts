import { isWithin, normal } from '../plan/paths.ts'
import { pathInImage } from './dockerfile.ts'
import type { OwnService } from './kinds.ts'
import { READY_WORDS, type Route } from './routes.ts'
import { below, folderOf, lineOf, type SourceTree } from './tree.ts'

const SERVER = /(^|\/)(nginx|caddy|httpd|nginx-unprivileged)(:|$)/
const CONFIGURATION = /\.conf(\.\w+)?$|(^|\/)Caddyfile$/
const PATH = `(/(?:[\\w-]+/)*(?:${READY_WORDS.join('|')})/?)`
const READY = new RegExp(`location\\s+(?:[=^~]+\\s+)?${PATH}\\s*\\{[^{}]*return\\s+200\\b|respond\\s+${PATH}(?=\\s)`, 'g')
const HANDS_ON = /_pass\b|\breverse_proxy\b|\bphp_fastcgi\b|\bProxyPass\b|\.php\b|@|\breturn\s+4/
/** Who asks without TLS, or without a name, may get another answer than 200, whichever path it is. */
const SENDS_AWAY = /\breturn\s+30|\bredir\b|\bauth_basic\b|\bbasic_?auth\b|\bAuthType\b/

export const isWebServer = ({ image: { dockerfile } }: OwnService): boolean =>
  SERVER.test(dockerfile?.base ?? '') || SERVER.test(dockerfile?.bases.at(-1) ?? '')

/** What an image of nginx, Caddy or httpd answers by itself: a path of its configuration, else the first page. Null where that is handed on. */
export const servedBy = (tree: SourceTree, service: OwnService): Route | null => {
  const texts = configurations(tree, service).map((file) => ({ file, text: (tree.read(file) ?? '').replace(/#.*/g, '') }))
  if (texts.some(({ text }) => SENDS_AWAY.test(text))) return null
  for (const { file, text } of texts)
    for (const match of text.matchAll(READY)) return { path: match[1] ?? match[2] ?? '', from: `${file}:${lineOf(text, match.index)}` }
  const isHandedOn = texts.some(({ text }) => {
    const first = [...text.matchAll(/location\s+\/\s*\{([^{}]*)\}/g)].map(([, inside]) => inside).join('\n')
    return HANDS_ON.test(first || text)
  })
  return isHandedOn ? null : { path: '/', from: service.image.dockerfile?.path ?? '' }
}

/** Beside its Dockerfile, copied by that, or mounted: another one's say nothing of it. */
const configurations = (tree: SourceTree, { service, image: { context, dockerfile } }: OwnService): readonly string[] => {
  const home = folderOf(dockerfile?.path ?? '')
  const mounted = service.mounts.flatMap(({ source }) => (source.startsWith('.') ? [normal(source) || '/'] : []))
  return below(tree, '').filter(
    (file) =>
      CONFIGURATION.test(file) &&
      ((home !== '' && isWithin(home, file)) ||
        (isWithin(context, file) &&
          dockerfile !== null &&
          pathInImage(dockerfile, file.slice(context.length).replace(/^\//, '')) !== null) ||
        mounted.some((path) => isWithin(path, file))),
  )
}
