import type { Context } from '../entry/context.ts'
import { DeployError } from '../errors.ts'
import type { Registry } from '../ports.ts'
import type { ImageReport } from '../report/document.ts'
import { credentialsFor } from './credentials.ts'
import { readPlatforms } from './image-index.ts'
import { namesOf } from './names.ts'
import { mergedParts } from './parts.ts'
import { notPassed } from './passed.ts'
import { readRecord, reportOf } from './record.ts'
import { parseReference, splitRepository } from './reference.ts'

/**
 * Which bytes are to be deployed, for each image of the config: what was asked for by `--image`, else what an earlier
 * job handed over, else what was built and published here of this commit, else what the registry has under the commit's tag. Each is in the registry,
 * but for a dry run of `all`.
 * @throws DeployError CONFIG with the next command where there is none
 */
export const wantedImages = async (context: Context): Promise<Record<string, ImageReport>> => {
  if (context.request.parts !== undefined) return unpublished(context)
  refuseUnknownNames(context)
  return imagesOf(context, Object.keys(context.config.images))
}

/** Those of `--image` alone; nobody needs the others to be there. @throws DeployError CONFIG where one is not */
export const namedImages = async (context: Context): Promise<Record<string, ImageReport>> => {
  refuseUnknownNames(context)
  return imagesOf(context, Object.keys(context.request.images))
}

/** Side by side: each is several round trips to the registry, before the server is even connected to. */
const imagesOf = async (context: Context, names: readonly string[]): Promise<Record<string, ImageReport>> => {
  const wanted = names.map(async (name): Promise<readonly [string, ImageReport]> => [name, await wantedImage(context, name)])
  return Object.fromEntries(await Promise.all(wanted))
}

/**
 * Of a pull request: built by this run and pushed nowhere, so the registry is not asked. There is no index yet; the
 * first platform's image stands for it, in a plan that nobody runs.
 */
const unpublished = (context: Context): Record<string, ImageReport> =>
  Object.fromEntries(
    Object.entries(mergedParts(context)).map(([name, { repository, platforms }]) => {
      const [digest = ''] = Object.values(platforms)
      return [name, { reference: `${repository}@${digest}`, digest, platforms }]
    }),
  )

const wantedImage = async (context: Context, name: string): Promise<ImageReport> =>
  (await asked(context, name)) ?? (await builtDry(context, name)) ?? (await recorded(context, name)) ?? (await tagged(context, name))

const refuseUnknownNames = (context: Context): void => {
  const known = Object.keys(context.config.images)
  const named = [...Object.keys(context.request.images), ...Object.keys(context.request.handedOver ?? {})]
  const unknown = named.filter((name) => !known.includes(name))
  if (unknown.length > 0)
    throw new DeployError(
      'CONFIG',
      `${[...new Set(unknown)].join(', ')} ${unknown.length === 1 ? 'is' : 'are'} to be deployed, which the config does not have`,
      {
        hint: `by hand: images of the config: ${known.join(', ')}`,
      },
    )
}

const asked = async (context: Context, name: string): Promise<ImageReport | null> => {
  const text = context.request.images[name] ?? context.request.handedOver?.[name]?.reference
  if (text === undefined) return null
  const { host, repository, digest } = parseReference(text)
  const report = await find(await open(context, host), repository, digest)
  if (report === null)
    throw new DeployError('CONFIG', `${text}, asked for as ${name}, is not in the registry`, {
      hint: 'by hand: take a digest that is there, such as `publish --json` printed; or build this commit again',
    })
  if (context.request.images[name] === undefined) requirePassed(name, report, context.request.handedOver?.[name]?.scans ?? {})
  return report
}

/** What another job hands over has been looked at there; who wants something else says so, by --image. */
const requirePassed = (name: string, { platforms }: ImageReport, scans: NonNullable<ImageReport['scans']>): void => {
  const found = notPassed(platforms, scans)
  if (found !== null)
    throw new DeployError('CONFIG', `${name} for ${found.platform}, handed over in \`images\`, ${found.why}`, {
      evidence: [found.digest],
      hint: 'deploy-action scan\nby hand: hand over what publish put out; or decide it for this image: --image NAME=REF@sha256:…',
    })
}

/** Of a dry run of the whole road: what it just built and pushed nowhere, in a plan that nobody runs. */
const builtDry = async ({ request, project, commit }: Context, name: string): Promise<ImageReport | null> => {
  if (request.command !== 'all' || !request.dryRun) return null
  const image = (await readRecord(project, commit.sha))?.images[name]
  return image === undefined ? null : reportOf(image)
}

const recorded = async (context: Context, name: string): Promise<ImageReport | null> => {
  const image = (await readRecord(context.project, context.commit.sha))?.images[name]
  const { actual } = namesOf(context, name)
  if (image === undefined || image.repository !== actual || image.tags.length === 0) return null
  const { host, repository } = splitRepository(actual)
  const present = await find(await open(context, host), repository, image.digest)
  return present === null ? null : reportOf(image)
}

const tagged = async (context: Context, name: string): Promise<ImageReport> => {
  const { sha } = context.commit
  const { actual } = namesOf(context, name)
  const { host, repository } = splitRepository(actual)
  const report = await find(await open(context, host), repository, sha)
  if (report === null)
    throw new DeployError('CONFIG', `nothing was published of ${sha} as ${actual}`, {
      hint: `deploy-action build && deploy-action scan && deploy-action publish\nby hand: or say which image: --image ${name}=${actual}@sha256:…`,
    })
  return { ...report, tags: [sha] }
}

const find = async (registry: Registry, repository: string, reference: string): Promise<ImageReport | null> => {
  const stored = await registry.manifest(repository, reference)
  if (stored === null) return null
  return {
    reference: `${registry.host}/${repository}@${stored.digest}`,
    digest: stored.digest,
    platforms: await readPlatforms(registry, repository, stored),
  }
}

const open = (context: Context, host: string): Promise<Registry> => context.ports.openRegistry(host, credentialsFor(context, host))
