/** Commands that look at several servers, over SSH, on stand-in servers. */
import { spawn } from 'node:child_process'
import { afterEach, describe, expect, jest, test } from '@jest/globals'
import { systemClock } from '../../src/adapters/clock.ts'
import type { EnvironmentConfig } from '../../src/config/schema.ts'
import type { Context, Request } from '../../src/entry/context.ts'
import { run as logs } from '../../src/entry/logs.ts'
import { run as rollback } from '../../src/entry/rollback.ts'
import { Secret } from '../../src/ports.ts'
import { configOf } from '../config/problems.ts'
import { failure } from '../pipeline/support/context.ts'
import { newKey } from '../ssh/keys.ts'
import { exitWith, type SshServerOptions, startSshServer } from '../ssh/server.ts'
import { newServer } from '../transaction/support/server.ts'
import { CONFIG, deploy, MODEL } from '../transaction/support/stack.ts'
import { context as fakeContext, request as fakeRequest, ports } from './fakes.ts'

// real processes, on machines that are busy with other tests, too
jest.setTimeout(60_000)

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

const HOSTS = ['127.0.0.1', '127.0.0.2']

/** Two names of one machine, which both lead to the same server. */
const contextOf = async (
  config: string,
  path: string,
  request: Partial<Request>,
  run: NonNullable<SshServerOptions['run']>,
): Promise<Context> => {
  const [hostKey, userKey] = [newKey(), newKey()]
  const ssh = await startSshServer({ hostKeys: [hostKey], allow: userKey, host: '0.0.0.0', run })
  closers.push(() => ssh.close())
  const environments = { hosts: HOSTS, port: ssh.port, path, fingerprint: hostKey.fingerprint }
  const whole = configOf(`${config}\nenvironments: { production: ${JSON.stringify(environments)} }\n`)
  return fakeContext({
    config: whole,
    ports: ports({ clock: { ...systemClock, sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms).unref()) } }),
    request: { ...fakeRequest, sshKey: new Secret(userKey.privateText), ...request },
    environment: () => ({ name: 'production', config: whole.environments.production as EnvironmentConfig }),
  })
}

describe('logs of a service', () => {
  const asking = async (service: string, answers: readonly string[][]) => {
    const left = [...answers]
    const questions: string[] = []
    const context = await contextOf(
      'project: shop\nimages: { api: {} }\nservices: { bot: { exactly: 1 } }',
      '/opt/stacks/shop',
      { command: 'logs', service },
      (command, channel) => {
        questions.push(command)
        const [nonce = ''] = /\b[0-9a-f]{24}\b/.exec(command) ?? []
        for (const line of [...(left.shift() ?? []), 'end']) channel.write(`${nonce} ${line}\n`)
        exitWith(channel, 0)
      },
    )
    return { context, questions }
  }
  const SHOWN = ['container shop-bot-1', 'line hello']

  test('that runs on the first server alone are asked for there alone', async () => {
    const { context, questions } = await asking('bot', [SHOWN])
    expect(await logs(context)).toEqual({ outcome: 'succeeded', message: '127.0.0.1: 1 lines of shop-bot-1' })
    expect(context.facts.steps.map(({ name }) => name)).toEqual(['127.0.0.1: shop-bot-1'])
    expect(questions).toHaveLength(1)
  })

  test('that one of the servers has are shown', async () => {
    const { context } = await asking('api', [['container shop-api-1', 'line hello'], []])
    const { outcome, message } = await logs(context)
    expect(outcome).toBe('succeeded')
    expect(message).toMatch(/: 1 lines of shop-api-1/)
    expect(message).toMatch(/: no container of api is in project shop on 127/)
  })

  test('that no server has are refused', async () => {
    const { context } = await asking('api', [[], []])
    const error = await failure(logs(context))
    expect(error.message).toBe(`CONFIG: ${HOSTS.map((host) => `${host}: no container of api is in project shop on ${host}`).join('; ')}`)
    expect(error.details.hint).toBe('deploy-action status')
  })
})

describe('a dry run of a rollback', () => {
  const going = async (request: Partial<Request>) => {
    const server = newServer(MODEL)
    closers.push(() => server.close())
    const context = await contextOf(CONFIG, server.directory, { command: 'rollback', dryRun: true, ...request }, (command, channel) => {
      const child = spawn('/bin/sh', ['-c', command], { env: { PATH: server.path, HOME: server.state } })
      child.stdin.on('error', () => {})
      channel.pipe(child.stdin)
      child.stdout.pipe(channel, { end: false })
      child.stderr.pipe(channel.stderr, { end: false })
      child.on('close', (code) => exitWith(channel, code ?? 255))
    })
    return { server, context }
  }

  test('with the schema is of the first server alone, as the rollback is', async () => {
    const { server, context } = await going({ down: true })
    for (const version of [1, 2]) await deploy(server, { version })
    expect(await rollback(context)).toMatchObject({ outcome: 'succeeded' })
  })

  test('with the data is refused, as the rollback is', async () => {
    const { context } = await going({ backup: 'latest' })
    expect((await failure(rollback(context))).message).toContain('environment production has several hosts')
  })
})
