import type { ImageReport, KeptImages, ScannedPlatform } from '../report/document.ts'

const DIGEST = /^sha256:[0-9a-f]{64}$/
const NAME = /^[a-z0-9][a-z0-9_.-]{0,62}$/

/** Reads the output `images` of another job, which came through strings and outputs. @returns what is wrong with it, as the end of a sentence */
export const readHandedOver = (text: string): Readonly<Record<string, ImageReport>> | string => {
  const document = parsed(text)
  if (document === null) return `must be the output \`images\` of an earlier step, a JSON object, not ${JSON.stringify(text.slice(0, 60))}`
  if (Object.keys(document).length === 0) return 'holds no image: the step that it comes from built nothing'
  const images: Record<string, ImageReport> = Object.create(null)
  for (const [name, value] of Object.entries(document)) {
    const image = NAME.test(name) ? readImage(value) : null
    if (image === null) return `holds something under ${JSON.stringify(name.slice(0, 60))} that is no image with its digests`
    images[name] = image
  }
  return images
}

/**
 * Reads what several jobs built: a JSON object whose values are their outputs `images`, such as `toJSON(needs.build.outputs)`.
 * Jobs that the matrix did not need leave an empty text. @returns what is wrong with it, as the end of a sentence
 */
export const readParts = (text: string): readonly Readonly<Record<string, ImageReport>>[] | string => {
  const document = parsed(text)
  if (document === null)
    return `must be a JSON object of outputs \`images\`, such as toJSON(needs.build.outputs), not ${JSON.stringify(text.slice(0, 60))}`
  const parts: Readonly<Record<string, ImageReport>>[] = []
  for (const [name, value] of Object.entries(document)) {
    if (value === '') continue
    const read = typeof value === 'string' ? readHandedOver(value) : 'is no text'
    if (typeof read === 'string') return `holds under ${JSON.stringify(name.slice(0, 60))} something that ${read}`
    parts.push(read)
  }
  return parts.length === 0 ? 'holds no output of a build: the jobs that it comes from built nothing' : parts
}

/** Reads the output `kept` of `status`, or several of them in a JSON object. @returns what is wrong with it, as the end of a sentence */
export const readKept = (text: string): readonly KeptImages[] | string => {
  const document = parsed(text)
  if (document === null) return `must be a JSON object of outputs \`kept\`, not ${JSON.stringify(text.slice(0, 60))}`
  return keptIn('kept', document)
}

/** Several environments, of which one call may have gathered some. */
const DEEPEST = 2

/** One output, or an object that holds some, as objects or as the texts that outputs are. */
const keptIn = (name: string, document: Readonly<Record<string, unknown>> | null, depth = 0): readonly KeptImages[] | string => {
  const { environment, references } = document ?? {}
  if (typeof environment === 'string' && Array.isArray(references) && references.every(isReference)) return [{ environment, references }]
  if (document === null || depth === DEEPEST || environment !== undefined || references !== undefined)
    return `holds under ${JSON.stringify(name.slice(0, 60))} what is no output \`kept\`: a status that could not read every record gives none`
  const inside = Object.entries(document).map(([key, value]) =>
    keptIn(key, typeof value === 'string' ? parsed(value) : object(value), depth + 1),
  )
  return inside.find((one): one is string => typeof one === 'string') ?? inside.flatMap((one) => (typeof one === 'string' ? [] : one))
}

const isReference = (value: unknown): value is string =>
  typeof value === 'string' && /^[a-z0-9][a-z0-9._:/-]*@sha256:[0-9a-f]{64}$/.test(value)

const readImage = (value: unknown): ImageReport | null => {
  const { reference, digest, platforms, tags = [], scans = {} } = object(value) ?? {}
  const children = entriesOf(platforms, isDigest)
  const verdicts = entriesOf(scans, isScan)
  if (!isDigest(digest) || typeof reference !== 'string' || !/^[a-z0-9][a-z0-9._:/-]*@/.test(reference)) return null
  if (!reference.endsWith(`@${digest}`) || children === null || Object.keys(children).length === 0 || verdicts === null) return null
  if (!Array.isArray(tags) || !tags.every((tag) => typeof tag === 'string')) return null
  return { reference, digest, platforms: children, tags, scans: verdicts }
}

const isDigest = (value: unknown): value is string => typeof value === 'string' && DIGEST.test(value)

const isScan = (value: unknown): value is ScannedPlatform => {
  const { digest, result, scanner, at } = object(value) ?? {}
  return isDigest(digest) && (result === 'passed' || result === 'failed') && typeof scanner === 'string' && typeof at === 'string'
}

/** An object whose keys are platforms; null where a key or value is something else. */
const entriesOf = <T>(value: unknown, fits: (entry: unknown) => entry is T): Readonly<Record<string, T>> | null => {
  const entries = Object.entries(object(value) ?? { '': null })
  return entries.every(([key, entry]) => /^[a-z0-9]+\/[a-z0-9]+(\/[a-z0-9]+)?$/.test(key) && fits(entry))
    ? (Object.fromEntries(entries) as Record<string, T>)
    : null
}

const object = (value: unknown): Readonly<Record<string, unknown>> | null =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : null

const parsed = (text: string): Readonly<Record<string, unknown>> | null => {
  try {
    return object(JSON.parse(text))
  } catch {
    return null
  }
}
