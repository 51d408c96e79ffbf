import { imageNames } from '../../config/images.ts'
import { type Finding, fail } from '../../doctor/finding.ts'
import { seenFindings } from '../../doctor/seen.ts'
import { DeployError } from '../../errors.ts'
import type { PreflightQuestion } from '../../plan/preflight.ts'
import type { ImageReport } from '../../report/document.ts'
import type { Remote } from '../../transaction/remote.ts'
import type { Context } from '../context.ts'
import { declaredNames } from '../deployment.ts'
import { environmentContract } from '../environment-contract.ts'
import { type Project, releaseRequest } from '../release-request.ts'
import { frontArguments } from '../server.ts'
import { transact } from '../transact.ts'
import { attempt, sentenceOf } from './attempt.ts'

/** As `plan` looks, over the same connection; the images of the files stand in for those that are not built yet. */
export const lookAtStack = async (context: Context, remote: Remote, project: Project): Promise<readonly Finding[]> => {
  const { config } = context.environment()
  const owner = context.commit.repository?.split('/')[0] ?? null
  const images = Object.fromEntries(
    Object.keys(context.config.images).map((key): [string, ImageReport] => {
      const reference = `${imageNames(context.config, key, owner, context.request.registry).actual}:latest`
      return [key, { reference, digest: '', platforms: {} }]
    }),
  )
  const question: PreflightQuestion = {
    host: config.host,
    user: config.user,
    path: config.path.replace(/\/+$/, ''),
    project: context.config.project,
    environmentFile: config.env.file,
    ...environmentContract(context),
    containerNames: declaredNames(project),
    platforms: Object.fromEntries(Object.entries(context.config.images).map(([key, { platforms }]) => [key, platforms])),
  }
  let found: readonly Finding[] = []
  const error = await attempt(() =>
    transact(context, {
      connect: async () => remote,
      front: frontArguments(context, 'observe'),
      files: releaseRequest(context, project, images),
      decide: async (observed) => {
        found = seenFindings(observed, question, Object.keys(project.ownership))
        return null
      },
    }),
  )
  return error instanceof DeployError ? [fail('machine', sentenceOf(error), error.details.hint ?? 'see docs/troubleshooting.md')] : found
}
