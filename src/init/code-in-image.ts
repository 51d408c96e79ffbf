import { CODE } from '../plan/source-mounts.ts'
import { pathInImage } from './dockerfile.ts'
import type { OwnImage } from './images.ts'
import { below, exists, type SourceTree } from './tree.ts'

/** Lists of libraries and settings, as far as their pattern says. */
const NO_CODE = /\.(json|lock|txt|toml|ya?ml|ini|conf)$/

/** Whether the code may come into the image by its Dockerfile: copied, made in another stage, or fetched. */
export const bringsCode = (tree: SourceTree, { dockerfile, context }: OwnImage): boolean => {
  if (dockerfile === null) return true
  const { text, copies } = dockerfile
  const stages = [...text.matchAll(/^\s*FROM\s.*\sAS\s+(\S+)/gim)].map(([, name]) => name?.toLowerCase() ?? '')
  const madeBefore = [...text.matchAll(/--from=(\S+)/g)].some(([, from = '']) => /^\d+$/.test(from) || stages.includes(from.toLowerCase()))
  const byPattern = [...text.matchAll(/^\s*(?:COPY|ADD)\s(.*)$/gim)]
    .flatMap(([, line = '']) => line.split(/[\s",[\]]+/))
    .some((part) => /[*?$]/.test(part) && !NO_CODE.test(part))
  return (
    madeBefore ||
    byPattern ||
    /\bgit clone\b|--mount=type=bind|^\s*ADD\s+.*:\/\//im.test(text) ||
    copies.some(({ from }) => {
      const path = [context, from].filter(Boolean).join('/')
      return !exists(tree, path) || below(tree, path).some((file) => CODE.test(file))
    })
  )
}

/** What its Dockerfile is, or copies, is certainly in the image. */
export const isCopied = (sign: string, { dockerfile, context }: OwnImage): boolean =>
  dockerfile !== null && (sign === dockerfile.path || pathInImage(dockerfile, inContext(sign, context)) !== null)

export const inContext = (file: string, context: string): string => (context === '' ? file : file.slice(context.length + 1))
