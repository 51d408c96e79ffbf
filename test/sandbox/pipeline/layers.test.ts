import { createHash } from 'node:crypto'
import { expect, jest, test } from '@jest/globals'
import { imageProject } from './support/image-project.ts'
import { command, commandEnvironment, crane, tool, uniqueName } from './support/sandbox.ts'

jest.setTimeout(300_000)

const NAME = uniqueName('layers')

/**
 * What the RUN line makes is never twice the same: equal layers were not built again. It names this run of the test,
 * because a layer that an earlier one left in the engine's cache keeps that one's time.
 */
const DOCKERFILE = `FROM debian:12-slim
WORKDIR /app
RUN --mount=type=secret,id=TOKEN sha256sum < /run/secrets/TOKEN > fingerprint
RUN head -c 16 /dev/urandom > once && : ${NAME}
COPY version .
CMD ["true"]
`

const SECRET = 'token-of-the-private-modules'

interface Built {
  readonly created: string
  readonly layers: readonly string[]
}

test('a new commit builds no layer again that it did not change, the secret of the build stays out of it, and the image tells the time of the commit', async () => {
  using environment = commandEnvironment()
  const config = `project: ${NAME}\nregistry: { namespace: Tests }\nimages: { app: { secrets: { TOKEN: "\${PRIVATE_MODULES}" } } }\n`
  using project = imageProject({ name: NAME, dockerfile: DOCKERFILE, files: { version: '1', 'deploy.yml': config } })
  let told = ''
  let last = ''
  const build = async (): Promise<Built> => {
    const { document, stderr } = await command(project.folder, ['build'], { ...environment.env, PRIVATE_MODULES: SECRET })
    told += stderr
    last = `${document.images.app?.reference.split('@')[0]}@${document.images.app?.platforms['linux/amd64']}`
    const repository = document.images.app?.reference.split('@')[0]
    const config = JSON.parse((await crane('config', `${repository}@${document.images.app?.platforms['linux/amd64']}`)) ?? '{}')
    expect(Date.parse(config.created)).toBe(Date.parse(project.git('show', '--no-patch', '--format=%cI')))
    told += JSON.stringify(config)
    return { created: config.created, layers: config.rootfs.diff_ids }
  }

  const first = await build()
  project.write('version', '2')
  project.commit('two')
  const second = await build()

  expect(second.created).not.toBe(first.created)
  expect(second.layers.slice(0, -1)).toEqual(first.layers.slice(0, -1))
  expect(second.layers.at(-1)).not.toBe(first.layers.at(-1))
  // the build could read it; the image and what was said hold its fingerprint at most
  expect(await tool('sh', '-c', 'crane export "$1" - | tar -xO app/fingerprint', 'sh', last)).toBe(
    `${createHash('sha256').update(SECRET).digest('hex')}  -`,
  )
  expect(told).not.toContain(SECRET)
})
