import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type { Finding } from '../../doctor/finding.ts'
import { workflowFindings } from '../../doctor/workflows.ts'
import type { Context } from '../context.ts'

/** What the workflows of the repository grant and name. */
export const lookAtWorkflows = ({ project, config, environmentNames, request }: Context): readonly Finding[] => {
  const folder = workflowFolder(project)
  const names = folder === null ? [] : readdirSync(folder).filter((name) => /\.ya?ml$/.test(name))
  return workflowFindings({
    workflows: Object.fromEntries(names.map((name) => [`.github/workflows/${name}`, readFileSync(join(folder ?? '', name), 'utf8')])),
    environments: environmentNames,
    isGhcr: (request.registry ?? config.registry.host) === 'ghcr.io',
  })
}

/** At the top of the repository, which may lie above the project. */
const workflowFolder = (project: string): string | null => {
  for (let at = resolve(project); ; at = dirname(at)) {
    const folder = join(at, '.github/workflows')
    if (existsSync(folder)) return folder
    if (existsSync(join(at, '.git')) || dirname(at) === at) return null
  }
}
