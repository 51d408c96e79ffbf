import { DeployError } from '../../errors.ts'
import type { Registry } from '../../ports.ts'
import { parseManifest, platformsOfIndex, readConfig } from '../image-index.ts'

interface Expectation {
  readonly digest: string
  readonly platforms: readonly string[]
  readonly labels: Readonly<Record<string, string>>
}

/**
 * Reads back what was pushed, as a server would: every platform is there, is what it says, and carries the labels.
 * @returns digest of each platform's manifest
 */
export const verifyPushed = async (
  registry: Registry,
  repository: string,
  expected: Expectation,
): Promise<Readonly<Record<string, string>>> => {
  const where = `${registry.host}/${repository}@${expected.digest}`
  const stored = await registry.manifest(repository, expected.digest)
  if (stored === null) throw wrong(where, 'is not in the registry')
  const { manifests, config } = parseManifest(stored)
  const children = config === null ? platformsOfIndex(manifests) : { [expected.platforms[0] ?? '']: { digest: stored.digest } }
  for (const platform of expected.platforms) {
    const digest = children[platform]?.digest
    if (digest === undefined) throw wrong(where, `has no ${platform}`)
    await verifyImage(registry, repository, { digest, platform, labels: expected.labels })
  }
  return Object.fromEntries(Object.entries(children).map(([platform, { digest }]) => [platform, digest]))
}

const verifyImage = async (
  registry: Registry,
  repository: string,
  expected: { readonly digest: string; readonly platform: string; readonly labels: Readonly<Record<string, string>> },
): Promise<void> => {
  const where = `${registry.host}/${repository}@${expected.digest}`
  const stored = await registry.manifest(repository, expected.digest)
  const config = stored === null ? null : parseManifest(stored).config
  if (config === null) throw wrong(where, `is not the image for ${expected.platform}`)
  const { os, architecture, labels } = await readConfig(registry, repository, config)
  if (`${os}/${architecture}` !== expected.platform) throw wrong(where, `is for ${os}/${architecture}, not for ${expected.platform}`)
  const missing = Object.keys(expected.labels).find((label) => labels[label] !== expected.labels[label])
  if (missing !== undefined)
    throw wrong(where, `has the label ${missing}=${JSON.stringify(labels[missing])} instead of ${JSON.stringify(expected.labels[missing])}`)
}

const wrong = (where: string, what: string): DeployError =>
  new DeployError('BUILD', `${where} ${what}`, {
    hint: 'deploy-action build\nby hand: if it stays so, look at the Dockerfile (LABEL, --platform) and at the registry',
  })
