import { newKey } from '../../ssh/keys.ts'
import { countRoundTrips } from '../../ssh/round-trips.ts'
import { startSshServer } from '../../ssh/server.ts'
import { runInContainer } from '../container-shell.ts'
import type { Measurement } from '../measurement.ts'
import { deployWithoutChange, withManyFilesAndSteps } from '../no-change.ts'
import { environmentFor, type Product } from '../product.ts'
import type { Sample } from '../sample.ts'
import { benchStack } from '../stack.ts'
import type { Figure } from './figure.ts'

const LIMIT = 12

/** Round trips of a whole deploy, by a relay that counts them; no clock is involved. */
export const roundTrips: Figure = async ({ product, sample: getSample, server: getServer }) => {
  const [server, sample] = [getServer(), await getSample()]
  await using _stack = await benchStack(product, sample, server)
  await withManyFilesAndSteps(sample)
  const openSsh = await counted(product, sample, {
    place: { host: server.host, port: Number(server.port) },
    env: await environmentFor(server),
  })
  const [hostKey, user] = [newKey(), newKey()]
  const inProcess = await startSshServer({ hostKeys: [hostKey], allow: user, run: runInContainer(server) })
  try {
    const env = { DEPLOY_SSH_KEY: user.privateText, DEPLOY_KNOWN_HOSTS: `HOST ${hostKey.type} ${hostKey.blob}` }
    const ours = await counted(product, sample, { place: inProcess, env: await environmentFor(server, env) })
    return [row('of a deploy of 20 files and 12 steps, by a server in the process', ours), row('the same by OpenSSH', openSsh)]
  } finally {
    await inProcess.close()
  }
}

const row = (what: string, count: number): Measurement => ({
  figure: 'round-trips',
  what,
  unit: 'round trips',
  ours: [count],
  limit: LIMIT,
})

interface Where {
  readonly place: { readonly host: string; readonly port: number }
  readonly env: NodeJS.ProcessEnv
}

const counted = async (product: Product, sample: Sample, { place, env }: Where): Promise<number> => {
  const counter = await countRoundTrips(place)
  try {
    const pinned = (env.DEPLOY_KNOWN_HOSTS ?? '').replaceAll(/^\S+/gm, `[${counter.host}]:${counter.port}`)
    await deployWithoutChange(product, sample, {
      ...env,
      SSH_HOST: counter.host,
      SSH_PORT: String(counter.port),
      DEPLOY_KNOWN_HOSTS: pinned,
    })
    if (counter.connections() !== 1) throw new Error(`${counter.connections()} connections, and there may be one`)
    return counter.roundTrips()
  } finally {
    await counter.close()
  }
}
