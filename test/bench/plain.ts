/**
 * The script that many projects deploy with: files by scp, then one ssh that pulls, migrates and starts. It waits for
 * nobody's health.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ProgramResult, succeeded } from './programs.ts'
import type { Sample, Version } from './sample.ts'
import { onServer, type Server, scpCommand, sshCommand } from './server.ts'
import { forgetImages, removeStack, writeEnvironment } from './stack.ts'

const PROJECT = 'bench-plain'
const FOLDER = `/opt/stacks/${PROJECT}`
export const PLAIN_PORT = 8011

export interface PlainStack extends AsyncDisposable {
  deploy(version: Version): Promise<ProgramResult>
  /** What one would type to go back: version 1 by its tag, its files as they are. The schema must be its own; waits for nobody. */
  goBack(): Promise<ProgramResult>
  /** Takes the newest revision back. Version 2 must run. */
  downgrade(): Promise<void>
  forgetNewImages(): Promise<void>
  /** The same container of the API once more, to compare a gap with. */
  restart(): Promise<ProgramResult>
}

const registry = (): string => process.env.SANDBOX_REGISTRY ?? ''
const tag = (version: Version): string => `bench-${version}`

/** Version 1 runs once this is there. */
export const plainStack = async (sample: Sample, server: Server): Promise<PlainStack> => {
  await tagImages(sample)
  await removeStack(server, PROJECT, FOLDER)
  await writeEnvironment(server, FOLDER, PLAIN_PORT)
  await logIn(server)
  const files = await mkdtemp(join(tmpdir(), 'deploy-action-bench-plain-'))
  const deploy = async (version: Version): Promise<ProgramResult> => {
    await sample.checkout(version)
    await writeFile(join(files, 'docker-compose.yml'), await composeFile(sample))
    const copy = scpCommand(server, [join(files, 'docker-compose.yml'), join(sample.folder, 'seed')], FOLDER)
    const copied = await succeeded(copy)
    const started = await succeeded(sshCommand(server, script(version)))
    return { ...started, milliseconds: copied.milliseconds + started.milliseconds }
  }
  await deploy(1)
  return {
    deploy,
    goBack: () => succeeded(sshCommand(server, `${inFolder(1)} && docker compose up --detach`)),
    downgrade: async () => void (await onServer(server, `docker exec ${PROJECT}-api-1 alembic downgrade 0002 2>&1`)),
    forgetNewImages: () => forgetImages(server, sample.images[2]),
    restart: () => succeeded(sshCommand(server, `docker restart ${PROJECT}-api-1`)),
    [Symbol.asyncDispose]: async () => {
      await rm(files, { recursive: true })
      await removeStack(server, PROJECT, FOLDER)
    },
  }
}

const inFolder = (version: Version): string => `cd ${FOLDER} && export DOCKER_CONFIG=${FOLDER}/.docker TAG=${tag(version)}`

const script = (version: Version): string =>
  `${inFolder(version)} && docker compose pull --quiet && docker compose run --rm -T api alembic upgrade head && docker compose up --detach`

/** The same bytes by tags, because such scripts know no digests. */
const tagImages = async (sample: Sample): Promise<void> => {
  for (const version of [1, 2] as const)
    for (const option of sample.images[version].filter((word) => word.includes('@')))
      await succeeded(['crane', 'tag', option.slice(option.indexOf('=') + 1), tag(version)])
}

const composeFile = async (sample: Sample): Promise<string> =>
  (await readFile(join(sample.folder, 'docker-compose.yml'), 'utf8')).replaceAll('image: ghcr.io/', `image: ${registry()}/`)

/** Kept beside the stack, and gone with it. */
const logIn = async (server: Server): Promise<void> => {
  const auth = Buffer.from(`${process.env.SANDBOX_REGISTRY_USER}:${process.env.SANDBOX_REGISTRY_PASSWORD}`).toString('base64')
  await onServer(
    server,
    `umask 077; mkdir -p ${FOLDER}/.docker; echo '${JSON.stringify({ auths: { [registry()]: { auth } } })}' > ${FOLDER}/.docker/config.json`,
  )
}
