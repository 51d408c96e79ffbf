import { buildxCreate, buildxInspect, buildxRemove } from '../../commands/buildx.ts'
import { dockerInfo } from '../../commands/docker.ts'
import type { Context } from '../../entry/context.ts'
import { DeployError } from '../../errors.ts'
import { untilCancelled } from '../cancelled.ts'
import { lastLines } from '../last-lines.ts'

/** What builds: the builder that is there, or one in a container that we make and remove. */
export interface Builder {
  /** Absent: the one that buildx is set to use. */
  readonly name?: string
  readonly ephemeral: boolean
}

/** Decides which, lends it to some work, and takes it away afterwards whatever came of it. */
export const withBuilder = async <T>(context: Context, work: (builder: Builder) => Promise<T>): Promise<T> => {
  const why = await needsOwnBuilder(context)
  if (why === null) return work({ ephemeral: false })
  const name = `deploy-action-${process.pid}-${Date.now().toString(36)}`
  context.ports.log.info(`A builder of our own (${name}): ${why}`)
  try {
    await create(context, name)
    return await work({ name, ephemeral: true })
  } finally {
    await remove(context, name)
  }
}

/** null where the builder in use does it; else the reason. */
const needsOwnBuilder = async (context: Context): Promise<string | null> => {
  if (context.ports.env.DEPLOY_BUILDER === 'container') return 'asked for by DEPLOY_BUILDER'
  const inspected = await context.ports.programs.run(buildxInspect())
  if (inspected.code !== 0) throw noBuildx(inspected.stderr)
  // a builder that somebody set up, as docker/setup-buildx-action does, can do everything
  if (driverOf(inspected.stdout) !== 'docker') return null
  const info = await context.ports.programs.run(dockerInfo())
  if (info.code !== 0) throw noEngine(info.stderr)
  return hasContainerdStore(info.stdout)
    ? null
    : 'the engine cannot build for several platforms (it does not use the containerd image store)'
}

/** Of `docker buildx inspect`. */
export const driverOf = (inspected: string): string | null => /^Driver:\s*(\S+)/m.exec(inspected)?.[1] ?? null

/** Of `docker info`: DriverStatus is a list of pairs. */
export const hasContainerdStore = (info: string): boolean => {
  try {
    const status = (JSON.parse(info) as { readonly DriverStatus?: readonly (readonly string[])[] }).DriverStatus ?? []
    return status.some(([key, value]) => key === 'driver-type' && value?.startsWith('io.containerd.snapshotter') === true)
  } catch {
    return false
  }
}

const create = async (context: Context, name: string): Promise<void> => {
  const { env, programs } = context.ports
  const argv = buildxCreate({
    name,
    image: env.DEPLOY_BUILDKIT_IMAGE,
    config: env.DEPLOY_BUILDKIT_CONFIG,
    network: env.DEPLOY_BUILDKIT_NETWORK,
  })
  const made = await untilCancelled(context.ports, () => programs.run(argv, { timeoutMs: 300_000 }))
  if (made.code === 0) return
  throw new DeployError('BUILD', `the builder did not start${made.timedOut ? ' within 5 minutes' : ''}`, {
    evidence: lastLines(made.stderr),
    hint: 'docker buildx create --driver docker-container --bootstrap\nby hand: or let the engine use the containerd image store',
  })
}

const remove = async (context: Context, name: string): Promise<void> => {
  const removed = await context.ports.programs.run(buildxRemove(name), { timeoutMs: 60_000 })
  if (removed.code !== 0 && !/no builder/.test(removed.stderr))
    context.ports.log.warning(`The builder ${name} was not removed: docker buildx rm --force ${name}`)
}

const noBuildx = (stderr: string): DeployError =>
  new DeployError('CONFIG', 'docker buildx does not answer', { evidence: lastLines(stderr, 10), hint: 'docker buildx inspect' })

const noEngine = (stderr: string): DeployError =>
  new DeployError('CONFIG', 'the Docker engine does not answer', { evidence: lastLines(stderr, 10), hint: 'docker info' })
