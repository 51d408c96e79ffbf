import { packagesApi } from '../adapters/github-packages.ts'
import { DeployError } from '../errors.ts'
import { registryCredentials, registryHost } from '../pipeline/credentials.ts'
import { githubVersions } from '../pipeline/retention/github-packages.ts'
import { pruneRegistry } from '../pipeline/retention/prune.ts'
import { distributionVersions, type VersionStore } from '../pipeline/retention/versions.ts'
import type { Command, Context } from './context.ts'

/** Shows which images in the registry nothing needs any more; with --confirm removes them. */
export const run: Command = async (context) => {
  const message = await pruneRegistry(context, await storeOf(context))
  return { outcome: 'succeeded', message }
}

/** ghcr.io deletes nothing through its registry, and GitHub's API does not know what is below an index: both are needed. */
const storeOf = async (context: Context): Promise<VersionStore> => {
  const host = registryHost(context)
  const credentials = registryCredentials(context)
  const registry = await context.ports.openRegistry(host, credentials)
  if (host !== 'ghcr.io') return distributionVersions(registry)
  if (credentials === null)
    throw new DeployError('CONFIG', 'ghcr.io lists and removes images for somebody with a token only', {
      hint: 'docker login ghcr.io\nby hand: the token needs delete:packages; in a job: permissions: packages: write',
    })
  const address = context.ports.env.GITHUB_API_URL ?? 'https://api.github.com'
  return githubVersions(packagesApi(address, credentials.password, context.ports.clock), registry)
}
