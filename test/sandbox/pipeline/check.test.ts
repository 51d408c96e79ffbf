import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { imageProject } from './support/image-project.ts'
import {
  type CommandEnvironment,
  command,
  commandEnvironment,
  docker,
  eventually,
  startCommand,
  tool,
  uniqueName,
} from './support/sandbox.ts'

jest.setTimeout(180_000)

let environment: CommandEnvironment
beforeEach(() => {
  environment = commandEnvironment()
})
afterEach(() => environment[Symbol.dispose]())

const COMPOSE = `
services:
  db:
    image: debian:12-slim
    command: ["sh", "-c", "touch /data/ready; exec sleep 600"]
    init: true
    volumes: [data:/data]
    healthcheck: { test: ["CMD", "test", "-e", "/data/ready"], interval: 200ms, timeout: 2s, retries: 50 }
  sick:
    image: debian:12-slim
    command: ["sh", "-c", "echo never ready; exec sleep 600"]
    init: true
    healthcheck: { test: ["CMD", "false"], interval: 200ms, timeout: 2s, retries: 3 }
  tests:
    image: debian:12-slim
    command: ["sh", "-c", "test -e /data/ready && echo the tests say no && exit 7"]
    volumes: [data:/data]
  endless:
    image: debian:12-slim
    command: ["sleep", "600"]
    init: true
  built:
    build: { dockerfile_inline: "FROM debian:12-slim\\nRUN echo built > /it\\n" }
    command: ["echo", "it was built"]
  slow:
    build: { dockerfile_inline: "FROM debian:12-slim\\nRUN sleep 15\\n" }
    command: ["sleep", "600"]
volumes: { data: {} }
`

const checkProject = (stages: string) => {
  const name = uniqueName('check')
  return { name, project: imageProject({ name, config: `check:\n${stages}`, files: { 'compose.test.yml': COMPOSE } }) }
}

/** Containers, networks, volumes and images that a project's stages left. */
const leftOf = async (name: string): Promise<string> => {
  const filter = `name=${name}`
  const left = await Promise.all([
    docker('ps', '--all', '--quiet', '--filter', filter),
    docker('network', 'ls', '--quiet', '--filter', filter),
    docker('volume', 'ls', '--quiet', '--filter', filter),
    docker('images', '--quiet', '--filter', `reference=${name}-*`),
  ])
  return left.join('')
}

describe('a compose test environment on a real engine', () => {
  test('that passes leaves nothing behind', async () => {
    const { name, project } = checkProject(
      '  - { name: integration, compose: { file: compose.test.yml, service: db, up: [db] }, run: [test, -e, /data/ready] }\n',
    )
    using _ = project
    expect((await command(project.folder, ['check'], environment.env)).code).toBe(0)
    expect(await leftOf(name)).toBe('')
  })

  test('that was built for the run is gone with its image', async () => {
    const { name, project } = checkProject('  - { name: integration, compose: { file: compose.test.yml, service: built } }\n')
    using _ = project
    const { code, stderr } = await command(project.folder, ['check'], environment.env)
    expect([code, stderr.includes('it was built')]).toEqual([0, true])
    expect(await leftOf(name)).toBe('')
  })

  test('that fails gives its exit code and last lines, and leaves nothing behind', async () => {
    const { name, project } = checkProject('  - { name: integration, compose: { file: compose.test.yml, service: tests, up: [db] } }\n')
    using _ = project
    const { code, document, stderr } = await command(project.folder, ['check'], environment.env)
    expect([code, document.message]).toEqual([10, 'CHECK: stage integration ended with 7'])
    expect(stderr).toContain('the tests say no')
    expect(await leftOf(name)).toBe('')
  })

  test('that does not become healthy is told so, and leaves nothing behind', async () => {
    const { name, project } = checkProject('  - { name: integration, compose: { file: compose.test.yml, service: tests, up: [sick] } }\n')
    using _ = project
    const { code, document } = await command(project.folder, ['check'], environment.env)
    expect([code, document.message]).toEqual([10, 'CHECK: stage integration (its services) ended with 1'])
    expect(await leftOf(name)).toBe('')
  })

  test('that does not end is ended, and leaves nothing behind', async () => {
    const { name, project } = checkProject(
      '  - { name: integration, compose: { file: compose.test.yml, service: endless }, timeout: 5s }\n',
    )
    using _ = project
    const { code, document } = await command(project.folder, ['check'], environment.env)
    expect([code, document.message]).toEqual([10, 'CHECK: stage integration was not done after 5 s'])
    expect(await leftOf(name)).toBe('')
  })

  test('that is still being built when its time is over comes to life no more', async () => {
    const { name, project } = checkProject('  - { name: integration, compose: { file: compose.test.yml, service: slow }, timeout: 5s }\n')
    using _ = project
    const { document } = await command(project.folder, ['check'], environment.env)
    expect(document.message).toBe('CHECK: stage integration was not done after 5 s')
    await eventually(
      'compose has ended',
      async () => (await tool('pgrep', '-f', `docker.compose.*--project-name ${name}`)) === null,
      30_000,
    )
    expect(await leftOf(name)).toBe('')
  })

  test('that is interrupted leaves nothing behind', async () => {
    const { name, project } = checkProject('  - { name: integration, compose: { file: compose.test.yml, service: endless, up: [db] } }\n')
    using _ = project
    const running = startCommand(project.folder, ['check'], environment.env)
    await eventually(
      'the tests run',
      async () => ((await docker('ps', '--quiet', '--filter', `name=${name}`, '--filter', 'name=endless')) ?? '') !== '',
    )
    running.interrupt()
    expect((await running.ended).code).toBe(32)
    await eventually('everything is gone', async () => (await leftOf(name)) === '', 20_000)
  })
})

describe('a stage in a container on a real engine', () => {
  test('sees the project, its variables, and what its setup made', async () => {
    const { project } = checkProject(
      '  - { name: unit, container: "debian:12-slim", setup: "echo made > /tmp/it", run: "cat /tmp/it > out; echo $WHO >> out", env: { WHO: me }, reports: [out] }\n',
    )
    using _ = project
    expect((await command(project.folder, ['check'], environment.env)).code).toBe(0)
    expect(readFileSync(join(project.folder, 'reports/unit/out'), 'utf8')).toBe('made\nme\n')
  })

  test('that fails gives its exit code', async () => {
    const { name, project } = checkProject('  - { name: unit, container: "debian:12-slim", run: "echo no; exit 4" }\n')
    using _ = project
    const { code, document } = await command(project.folder, ['check'], environment.env)
    expect([code, document.message]).toEqual([10, 'CHECK: stage unit ended with 4'])
    expect(await leftOf(name)).toBe('')
  })

  test('that is interrupted, or does not end, leaves no container', async () => {
    const { name, project } = checkProject(
      '  - { name: unit, container: "debian:12-slim", run: "touch started; sleep 600", timeout: 60s }\n',
    )
    using _ = project
    const running = startCommand(project.folder, ['check'], environment.env)
    await eventually('it runs', async () => existsSync(join(project.folder, 'started')))
    running.interrupt()
    expect((await running.ended).code).toBe(32)
    await eventually('it is gone', async () => (await leftOf(name)) === '', 20_000)
  })
})
