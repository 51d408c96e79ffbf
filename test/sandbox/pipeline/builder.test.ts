import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { imageProject } from './support/image-project.ts'
import {
  type CommandEnvironment,
  command,
  commandEnvironment,
  crane,
  docker,
  eventually,
  REGISTRY,
  sandbox,
  startCommand,
  uniqueName,
} from './support/sandbox.ts'

jest.setTimeout(240_000)

let environment: CommandEnvironment
let env: Record<string, string>
beforeEach(() => {
  environment = commandEnvironment()
  env = {
    ...environment.env,
    DEPLOY_BUILDER: 'container',
    DEPLOY_BUILDKIT_IMAGE: sandbox('SANDBOX_BUILDKIT_IMAGE'),
    DEPLOY_BUILDKIT_CONFIG: sandbox('SANDBOX_BUILDKIT_CONFIG'),
  }
})
afterEach(() => environment[Symbol.dispose]())

/** Containers of builders that this action makes. */
const builders = async (): Promise<readonly string[]> =>
  ((await docker('ps', '--all', '--format', '{{.Names}}', '--filter', 'name=buildx_buildkit_deploy-action-')) ?? '')
    .split('\n')
    .filter(Boolean)

describe('a builder in a container of its own, as on runners', () => {
  test('builds both platforms into one index, keeps its layers in a folder, and is gone', async () => {
    const name = uniqueName('container')
    using project = imageProject({ name })
    const { code, document, stderr } = await command(project.folder, ['build'], env)
    expect([code, stderr.includes('asked for by DEPLOY_BUILDER')]).toEqual([0, true])
    const index = JSON.parse((await crane('manifest', `${REGISTRY}/tests/${name}-app@${document.images.app?.digest}`)) ?? '{}')
    expect(index.manifests.map(({ platform }: { platform: { architecture: string } }) => platform.architecture)).toEqual(['amd64', 'arm64'])
    expect(existsSync(join(project.folder, '.deploy-action/cache/layers', `${name}-app`, 'index.json'))).toBe(true)
    expect(await builders()).toEqual([])
    expect(await docker('volume', 'ls', '--quiet', '--filter', 'name=buildx_buildkit_deploy-action-')).toBe('')
  })

  test('finds its layers again in the next run', async () => {
    using project = imageProject({
      name: uniqueName('container'),
      dockerfile: 'FROM debian:12-slim\nRUN cat /proc/sys/kernel/random/uuid > /uuid\n',
    })
    const first = await command(project.folder, ['build'], env)
    const second = await command(project.folder, ['build'], env)
    expect(second.document.images.app?.digest).toBe(first.document.images.app?.digest)
  })

  test('is gone after an interrupt, too', async () => {
    using project = imageProject({ name: uniqueName('interrupt'), dockerfile: 'FROM debian:12-slim\nRUN echo it runs && sleep 300\n' })
    const running = startCommand(project.folder, ['build'], env)
    await eventually('the builder runs', async () => (await builders()).length > 0)
    running.interrupt()
    const { code, document } = await running.ended
    expect([code, document.failureCode]).toEqual([32, 'CANCELLED'])
    await eventually('the builder is gone', async () => (await builders()).length === 0, 20_000)
  })
})
