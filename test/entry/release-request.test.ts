import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { readProject } from '../../src/entry/release-request.ts'
import { configOf } from '../config/problems.ts'
import { context, ports, silent } from './fakes.ts'

const project = mkdtempSync(join(tmpdir(), 'release-request-'))
beforeAll(() => {
  mkdirSync(join(project, 'conf'))
  writeFileSync(join(project, 'conf/.env'), 'TOKEN=of-whoever-works-here\n')
  writeFileSync(join(project, 'conf/settings.yml'), '{}\n')
  writeFileSync(join(project, 'docker-compose.yml'), 'services: { api: { image: ghcr.io/acme/shop-api } }\n')
})
afterAll(() => rmSync(project, { recursive: true, force: true }))

test.each(['conf', './conf/', '.'])(
  'what is brought of %s leaves out the environment file, which is the server’s own, and says so',
  (sync) => {
    const lines: string[] = []
    const config = configOf(`project: shop
registry: { namespace: acme }
images: { api: {} }
compose: { sync: ["${sync}"] }
environments: { production: { host: web-1, path: /opt/stacks/shop, env: { file: conf/.env } } }
`)
    const { files } = readProject(context({ project, config, ports: ports({ log: { ...silent, info: (line) => void lines.push(line) } }) }))
    const names = Object.keys(files).map((path) => path.replace(/^\.\//, ''))
    expect(names).toContain('conf/settings.yml')
    expect(names).not.toContain('conf/.env')
    expect(lines).toEqual([expect.stringContaining("conf/.env is not brought: the server's environment file is its own")])
  },
)
