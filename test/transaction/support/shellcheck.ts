import { existsSync } from 'node:fs'
import { join } from 'node:path'

/** The system's, or the one that script/setup tools unpacked; undefined where there is none. */
export const shellcheck: string | undefined = [
  '/usr/bin',
  `${process.env.DEPLOY_ACTION_PREFIX ?? '/opt/deploy-action-sandbox'}/bin`,
  ...(process.env.PATH ?? '').split(':'),
]
  .map((one) => join(one, 'shellcheck'))
  .find(existsSync)
