import { join, resolve } from 'node:path'

const root = join(import.meta.dirname, '../..')

/** The bundle that is tested; another one than the project's own where DEPLOY_ACTION_DIST names its folder. */
export const dist = resolve(root, process.env.DEPLOY_ACTION_DIST ?? 'dist')
