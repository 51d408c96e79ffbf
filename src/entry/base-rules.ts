import { basename } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { gitPrefix } from '../commands/git.ts'
import { imageNames } from '../config/images.ts'
import { readConfig } from '../config/read.ts'
import { type Config, type ImageConfig, type ScanConfig, scan as scanSchema } from '../config/schema.ts'
import { DeployError } from '../errors.ts'
import { NotPosted } from '../ports.ts'
import type { Context } from './context.ts'
import { withVariables } from './create-context.ts'
import { jobOf, tokenOf } from './github/job.ts'
import { isProposal } from './job-event.ts'

/** What a scan goes by. */
interface Rules {
  readonly scan: ScanConfig
  /** By the name that the image is pushed under: its key may be another one in a proposal. */
  readonly policies: Readonly<Record<string, ImageConfig['policy']>>
  /** What runs before could put other bytes, or another verdict, in the place of what was built. */
  readonly hooks: Pick<Config['hooks'], 'beforeScan' | 'afterScan'>
}

/** Or why it is not known. */
type Found = Rules | { readonly unknown: string }

const PATIENCE_MS = 30_000

/**
 * In a pull request the rules of a scan are those of the branch it is for: its own are its author's, who may be anybody.
 * Where they cannot be had, the defaults hold, which know no exception. See docs/decisions/scan-rules.md.
 */
export const byRulesOfBase = async (context: Context): Promise<Context> => {
  const { env, log } = context.ports
  if (!isProposal(env)) return context
  const branch = env.GITHUB_BASE_REF || 'the base branch'
  const found = await rulesOfBase(context, branch)
  const rules: Rules = 'unknown' in found ? { scan: scanSchema.parse({}), policies: {}, hooks: NO_HOOKS } : found
  const config = withRules(context.config, rules)
  const message = sentence(branch, found, isDeepStrictEqual(rulesOf(config), rulesOf(context.config)))
  if (message !== null) log.warning(message, context.placeOf(['scan'], message))
  return { ...context, config }
}

/** What people must know who read the verdict; null where it is the same by either rules. */
const sentence = (branch: string, found: Found, isSame: boolean): string | null => {
  if ('unknown' in found)
    // also where these are the defaults: those of a config that was moved, or that the token may not see, may be stricter
    return `scan: in a pull request the rules of ${branch} count; ${found.unknown}, so the defaults hold, without an exception`
  return isSame ? null : `scan: in a pull request the rules of ${branch} count, and these are others; they count once they are there`
}

const NO_HOOKS: Rules['hooks'] = { beforeScan: [], afterScan: [] }

const rulesOf = (config: Config): Rules => ({
  scan: config.scan,
  policies: Object.fromEntries(Object.entries(config.images).map(([key, { policy }]) => [pushedAs(config, key), policy])),
  hooks: { beforeScan: config.hooks.beforeScan, afterScan: config.hooks.afterScan },
})

const pushedAs = (config: Config, key: string): string => imageNames(config, key, null).declared

/** An image that is new there has to keep every policy that there is, beside its own: it may be one of them, renamed. */
const withRules = (config: Config, { scan, policies, hooks }: Rules): Config => ({
  ...config,
  scan,
  hooks: { ...config.hooks, ...hooks },
  images: Object.fromEntries(
    Object.entries(config.images).map(([key, image]) => {
      const known = Object.hasOwn(policies, pushedAs(config, key)) ? policies[pushedAs(config, key)] : undefined
      return [key, { ...image, policy: known ?? all([image.policy, ...Object.values(policies)]) }]
    }),
  ),
})

const all = (policies: readonly ImageConfig['policy'][]): ImageConfig['policy'] => ({
  nonRoot: policies.some(({ nonRoot }) => nonRoot),
  without: [...new Set(policies.flatMap(({ without }) => without))],
  labels: [...new Set(policies.flatMap(({ labels }) => labels))],
})

/** What counts there, or why that is not known. */
const rulesOfBase = async (context: Context, branch: string): Promise<Found> => {
  const { env, clock, cancellation } = context.ports
  const job = jobOf(env)
  const token = tokenOf(env)
  if (job === null || !env.GITHUB_BASE_REF) return { unknown: 'the event does not say which branch it is for' }
  if (token === null) return { unknown: 'there is no github-token to ask for them with' }
  const file = await pathInRepository(context)
  if (file === null) return { unknown: 'git does not say where the config is in its repository' }
  // the client is heavy, and only pull requests need it here
  const { openGitHub } = await import('../adapters/github.ts')
  const giveUp = AbortSignal.any([AbortSignal.timeout(PATIENCE_MS), cancellation.signal])
  const { owner, repo, apiUrl } = job
  try {
    const bytes = await openGitHub({ token, apiUrl, owner, repo, clock, giveUp }).fileAt(file, branch)
    if (bytes === null) return { unknown: `GitHub shows no ${file} there` }
    return rulesIn(context, bytes, `${file} of ${branch}`)
  } catch (error) {
    if (error instanceof NotPosted) return { unknown: `they could not be read (${error.message})` }
    if (error instanceof DeployError) return { unknown: `they are refused (${error.message})` }
    throw error
  }
}

const pathInRepository = async ({ project, request, ports }: Context): Promise<string | null> => {
  const [program, ...args] = gitPrefix()
  const { code, stdout } = await ports.programs.run([program, ...args], { cwd: project, timeoutMs: 30_000 })
  return code === 0 ? `${stdout.replace(/\r?\n$/, '')}${basename(request.configPath)}` : null
}

/** @throws DeployError CONFIG where this version does not take them */
const rulesIn = ({ ports, request }: Context, bytes: Uint8Array, file: string): Rules => {
  const { config, secrets } = readConfig({
    bytes,
    file,
    environment: withVariables(ports.env, request.variables),
    isUnused: ([part, name, field]) =>
      part !== 'scan' && !(part === 'images' && field === 'policy') && !(part === 'hooks' && /Scan$/.test(String(name))),
  })
  for (const secret of secrets) ports.log.mask(secret)
  return rulesOf(config)
}
