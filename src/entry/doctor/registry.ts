import { imageNames } from '../../config/images.ts'
import { type Finding, fail, pass, warn } from '../../doctor/finding.ts'
import { DeployError } from '../../errors.ts'
import { credentialsFor } from '../../pipeline/credentials.ts'
import { splitRepository } from '../../pipeline/reference.ts'
import type { Context } from '../context.ts'
import { attempt, sentenceOf } from './attempt.ts'

/** Whether our name and password are taken, and what they are good for. */
export const lookAtRegistry = async (context: Context): Promise<readonly Finding[]> => {
  const { config, request, commit, ports } = context
  const [key] = Object.keys(config.images)
  if (key === undefined) return []
  const { host, repository } = splitRepository(imageNames(config, key, commit.repository?.split('/')[0] ?? null, request.registry).actual)
  const found = await attempt(async () => {
    const credentials = credentialsFor(context, host)
    const client = await ports.openRegistry(host, credentials)
    const known = await client.manifest(repository, 'latest')
    const push = credentials === null ? null : ((await client.mayPush?.(repository)) ?? null)
    return { isAnonymous: credentials === null, isThere: known !== null, push }
  })
  if (found instanceof DeployError) return [fail('registry', sentenceOf(found), found.details.hint ?? `docker login ${host}`)]
  const there = found.isThere ? `${repository}:latest is there` : `${repository}:latest is not there yet`
  if (found.isAnonymous)
    return [
      warn(
        'registry',
        `${host} answers, but no login for it is known here; ${there}`,
        `docker login ${host}, or DEPLOY_REGISTRY_USERNAME and DEPLOY_REGISTRY_PASSWORD`,
      ),
    ]
  if (found.push === false)
    return [
      fail(
        'registry',
        `the login is taken by ${host}, but may not push ${repository}`,
        'give the token the right to write packages; on GitHub: permissions: { packages: write }',
      ),
    ]
  return [
    pass(
      'registry',
      `${host} takes the login${found.push === null ? '; whether it may push shows at the first push only' : ', which may push'}; ${there}`,
    ),
  ]
}
