/**
 * Puts the sandbox's vulnerability database where a run with `--registry` looks for the public one:
 *   script/node24 test/sandbox/trivy-db/push.ts [sound|empty|zero|stale] [REPOSITORY]
 */
import { systemClock } from '../../../src/adapters/clock.ts'
import { registries } from '../../../src/adapters/registry.ts'
import { Secret } from '../../../src/ports.ts'
import { pushDatabase } from './artifact.ts'
import type { Variant } from './database.ts'

const [variant = 'sound', repository = 'aquasecurity/trivy-db'] = process.argv.slice(2)
const { SANDBOX_REGISTRY: host, SANDBOX_REGISTRY_USER: username, SANDBOX_REGISTRY_PASSWORD: password } = process.env
if (!host || !username || !password) throw new Error('The sandbox is not in the environment. Next: eval "$(script/sandbox env)"')
const registry = await registries(systemClock)(host, { username, password: new Secret(password) })
const digest = await pushDatabase(registry, repository, variant as Variant)
console.log(`${host}/${repository}:2 ${digest}`)
