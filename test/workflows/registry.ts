/** What the registry itself says happened: its access logs. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { given, run } from '../sandbox/scenarios/programs.ts'

/** Requests that write something below a namespace, in any of the registry's faces. */
export const writesTo = async (namespace: string): Promise<readonly string[]> => {
  const logs = await Promise.all(
    ['registry-basic.log', 'registry-mirror.log', 'registry-token.log'].map((file) => readFile(join(given('SANDBOX_LOGS'), file), 'utf8')),
  )
  return logs.flatMap((log) => log.split('\n')).filter((line) => new RegExp(`"(POST|PUT|PATCH|DELETE) /v2/${namespace}/`).test(line))
}

/** The digest that a name has, as crane reads it; null where there is none. */
export const digestOf = async (reference: string): Promise<string | null> => {
  const { code, out } = await run(['crane', 'digest', reference])
  return code === 0 ? out.trim() : null
}

/** Takes out everything that the tests put below a namespace. */
export const emptyRepository = async (repository: string): Promise<void> => {
  const tags = (await run(['crane', 'ls', repository])).out.split('\n').filter(Boolean)
  const digests = new Set(await Promise.all(tags.map((tag) => digestOf(`${repository}:${tag}`))))
  for (const digest of digests) if (digest !== null) await run(['crane', 'delete', `${repository}@${digest}`])
}
