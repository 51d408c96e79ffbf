/** The workflow for the real thing, executed by act as far as act goes: a maintainer's first start is not the first one. */
import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals'
import { given, output } from '../sandbox/scenarios/programs.ts'
import { act, hasAct } from './act.ts'
import { type Published, published, root } from './published.ts'
import { digestOf, emptyRepository } from './registry.ts'

// only a stuck test takes this long
jest.setTimeout(15 * 60_000)

const OWNER = `smoke-${process.pid}`
const IMAGE = `${given('SANDBOX_REGISTRY')}/${OWNER}/deploy-action-smoke-api`

const describeWithAct = hasAct() && process.env.SANDBOX_TRIVY ? describe : describe.skip

describeWithAct('workflows executed by act for a maintainer', () => {
  let action: Published

  beforeAll(async () => {
    await output([process.execPath, join(root, 'test/sandbox/trivy-db/push.ts')])
    // one image for two platforms
    action = await published(2)
    await cp(join(root, 'examples'), join(action.folder, 'examples'), { recursive: true })
    const git = (...args: readonly string[]): Promise<string> =>
      output(['git', '-C', action.folder, '-c', 'user.name=Org', '-c', 'user.email=org@example.org', '-c', 'commit.gpgsign=false', ...args])
    await git('remote', 'add', 'origin', `https://github.com/${OWNER}/deploy-action.git`)
    await git('add', '--all', '--force')
    await git('commit', '--quiet', '--message', 'Examples')
  })
  afterAll(async () => {
    await action?.[Symbol.asyncDispose]()
    await emptyRepository(IMAGE)
  })

  test('the smoke workflow builds both platforms, and hands their digests on', async () => {
    const ran = await act({
      event: 'workflow_dispatch',
      file: 'smoke.yml',
      repository: action.folder,
      action: action.folder,
      inputs: { server: 'false' },
      environment: {
        DEPLOY_REGISTRY: given('SANDBOX_REGISTRY'),
        DEPLOY_REGISTRY_USERNAME: given('SANDBOX_REGISTRY_USER'),
        DEPLOY_REGISTRY_PASSWORD: given('SANDBOX_REGISTRY_PASSWORD'),
        DEPLOY_SCAN_DATABASE: `${given('SANDBOX_MIRROR')}/aquasecurity/trivy-db:2`,
      },
    })
    const said = ran.lines.map(({ text }) => text).join('\n')
    expect({ code: ran.code, said: ran.code === 0 ? '' : `${said.slice(-5000)}${ran.raw.slice(-500)}` }).toEqual({ code: 0, said: '' })
    expect(ran.jobs).toMatchObject({ 'ci-ok': 'success', 'What the runner gave': 'success' })
    expect(ran.jobs).not.toHaveProperty('Deploy and look')
    const sha = await output(['git', '-C', action.folder, 'rev-parse', 'HEAD'])
    expect(await digestOf(`${IMAGE}:${sha}`)).not.toBeNull()
  })
})
