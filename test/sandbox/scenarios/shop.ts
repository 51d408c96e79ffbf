/** The sample as a shop with data worth a backup: a stack of its own, with rows in its database. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { BreakageName } from '../sample/versions.ts'
import { environmentFile } from '../sample/versions.ts'
import { Sample } from './sample.ts'
import type { Server } from './server.ts'

export const SHOP = 'shop'
export const SHOP_PATH = '/opt/stacks/shop'
export const SHOP_PORT = 8180

export class Shop extends Sample {
  /** Text that is changed in every version's deploy.yml. */
  edits: readonly (readonly [string, string])[] = []

  static override async in(host: string): Promise<Shop> {
    const sample = await Sample.in(host)
    return new Shop(sample.folder, host)
  }

  override async version(number: number, breakage?: BreakageName): Promise<readonly string[]> {
    const images = await super.version(number, breakage, 20)
    const path = join(this.folder, 'deploy.yml')
    let text = await readFile(path, 'utf8')
    for (const [from, to] of [...OWN, ...this.edits]) {
      if (!text.includes(from)) throw new Error(`deploy.yml of the sample does not hold ${JSON.stringify(from)}`)
      text = text.replace(from, to)
    }
    await writeFile(path, text)
    await this.git('commit', '--quiet', '--all', '--message', 'A shop of its own')
    return images
  }
}

const OWN: Shop['edits'] = [
  ['project: bot-and-api', `project: ${SHOP}`],
  ['  api: { dockerfile', '  api: { name: bot-and-api-api, dockerfile'],
  ['  bot: { context', '  bot: { name: bot-and-api-bot, context'],
  ['/opt/stacks/bot-and-api', SHOP_PATH],
  ['seed: [', 'backup: { kind: postgres, service: postgres, keep: 3 }\nseed: ['],
]

export const prepareShop = async (server: Server): Promise<void> => {
  await server.reset(SHOP, SHOP_PATH)
  await server.write(`${SHOP_PATH}/.env`, environmentFile({ API_PORT: String(SHOP_PORT) }))
}

/** SQL in the database's own container. */
export const ask = (server: Server, sql: string, database = 'shop'): Promise<string> =>
  server.run(`docker exec -i ${SHOP}-postgres-1 psql -v ON_ERROR_STOP=1 -U shop -qtA ${database}`, 'deploy', sql)

export const TEN_THOUSAND = "insert into users(name, email) select 'user ' || i, i || '@example.org' from generate_series(1, 10000) i;"

/** Content of all tables that the sample has at its revision 0002, and how many rows: the same text is the same data. */
export const content = (server: Server): Promise<string> =>
  ask(
    server,
    "select count(*), md5(string_agg(id || '|' || name || '|' || coalesce(email, ''), ',' order by id)) from users; select count(*) from seed_runs;",
  )

/** Databases of the server in the container: a proof leaves none. */
export const databases = (server: Server): Promise<string> =>
  ask(server, 'select datname from pg_database where not datistemplate order by 1', 'postgres')

export const backupsOf = async (
  server: Server,
): Promise<
  readonly { readonly id: string; readonly revision: string; readonly sha256: string; readonly tables: Readonly<Record<string, number>> }[]
> => {
  const text = await server.run(`cat ${SHOP_PATH}/.deploy/backups/*.json 2> /dev/null || true`)
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))
}
