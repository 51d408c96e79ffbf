import { imageNames } from '../../config/images.ts'
import { type Finding, fail } from '../../doctor/finding.ts'
import { seenFindings } from '../../doctor/seen.ts'
import { DeployError } from '../../errors.ts'
import type { Observed } from '../../plan/observed.ts'
import { impossibleOrders } from '../../plan/orders.ts'
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

/** What somebody else makes of the same look, after what a deploy would refuse or warn of. */
export type Further = (observed: Observed, images: Images, found: readonly Finding[]) => Promise<readonly Finding[]>

type Images = Readonly<Record<string, ImageReport>>

/** As `plan` looks, over the same connection; the images of the files stand in for those that are not built yet. */
export const lookAtStack = async (
  context: Context,
  remote: Remote,
  project: Project,
  further: Further = async () => [],
): Promise<readonly Finding[]> => {
  const { config } = context.environment()
  const images = standIns(context)
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
        found = [...seenFindings(observed, question, Object.keys(project.ownership)), ...orderFindings(context, project, observed)]
        found = [...found, ...(await further(observed, images, found))]
        return null
      },
    }),
  )
  return error instanceof DeployError ? [fail('machine', sentenceOf(error), error.details.hint ?? 'see docs/troubleshooting.md')] : found
}

/** What the config asks of services and their compose files make impossible. */
const orderFindings = ({ config }: Context, project: Project, { model }: Observed): readonly Finding[] =>
  'error' in model
    ? []
    : impossibleOrders(config.services, model, declaredNames(project)).map(({ sentence, hint }) => fail('services', sentence, hint))

const standIns = ({ config, commit, request }: Context): Images =>
  Object.fromEntries(
    Object.keys(config.images).map((key): [string, ImageReport] => {
      const { actual } = imageNames(config, key, commit.repository?.split('/')[0] ?? null, request.registry)
      return [key, { reference: `${actual}:latest`, digest: '', platforms: {} }]
    }),
  )
