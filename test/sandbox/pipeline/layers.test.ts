import { expect, jest, test } from '@jest/globals'
import { imageProject } from './support/image-project.ts'
import { command, commandEnvironment, crane, uniqueName } from './support/sandbox.ts'

jest.setTimeout(300_000)

const NAME = uniqueName('layers')

/**
 * What the RUN line makes is never twice the same: equal layers were not built again. It names this run of the test,
 * because a layer that an earlier one left in the engine's cache keeps that one's time.
 */
const DOCKERFILE = `FROM debian:12-slim
WORKDIR /app
RUN head -c 16 /dev/urandom > once && : ${NAME}
COPY version .
CMD ["true"]
`

interface Built {
  readonly created: string
  readonly layers: readonly string[]
}

test('a new commit builds no layer again that it did not change, and the image tells the time of the commit', async () => {
  using environment = commandEnvironment()
  using project = imageProject({ name: NAME, dockerfile: DOCKERFILE, files: { version: '1' } })
  const build = async (): Promise<Built> => {
    const { document } = await command(project.folder, ['build'], environment.env)
    const repository = document.images.app?.reference.split('@')[0]
    const config = JSON.parse((await crane('config', `${repository}@${document.images.app?.platforms['linux/amd64']}`)) ?? '{}')
    expect(Date.parse(config.created)).toBe(Date.parse(project.git('show', '--no-patch', '--format=%cI')))
    return { created: config.created, layers: config.rootfs.diff_ids }
  }

  const first = await build()
  project.write('version', '2')
  project.commit('two')
  const second = await build()

  expect(second.created).not.toBe(first.created)
  expect(second.layers.slice(0, -1)).toEqual(first.layers.slice(0, -1))
  expect(second.layers.at(-1)).not.toBe(first.layers.at(-1))
})
