import type { Context } from '../../entry/context.ts'
import { DeployError } from '../../errors.ts'
import type { InstallTool } from '../../ports.ts'
import { credentialsFor, registryHost } from '../credentials.ts'
import { splitRepository } from '../reference.ts'
import { detailedStep } from '../steps.ts'
import { type Database, databaseRepositories, prepareDatabase } from './database.ts'
import { scanSubject } from './scan-subject.ts'
import { findScanner, type Scanner } from './scanner.ts'
import type { Subject, SubjectVerdict } from './subject.ts'
import { type Workspace, withWorkspace } from './workspace.ts'

/** Scans every subject, also after one that fails: people want to see all of it at once. */
export const scanSubjects = async (
  context: Context,
  subjects: readonly Subject[],
  install: InstallTool,
): Promise<readonly SubjectVerdict[]> => {
  const hosts = [
    registryHost(context),
    ...subjects.map(({ repository }) => splitRepository(repository).host),
    ...databaseRepositories(context).map((name) => splitRepository(name).host),
  ]
  await requirePresent(context, subjects)
  return withWorkspace(context, hosts, async (workspace) => {
    const { scanner } = await prepare(context, workspace, install)
    const verdicts: SubjectVerdict[] = []
    for (const subject of subjects) verdicts.push(await scanSubject(context, workspace, scanner, subject))
    return verdicts
  })
}

/** Asked by ourselves first: the scanner calls a wrong password and a missing image by one name. */
const requirePresent = async (context: Context, subjects: readonly Subject[]): Promise<void> => {
  for (const { repository: name, digest, layout } of subjects) {
    if (layout !== null) continue
    const { host, repository } = splitRepository(name)
    const registry = await context.ports.openRegistry(host, credentialsFor(context, host))
    if ((await registry.manifest(repository, digest)) !== null) continue
    throw new DeployError('SCANNER', `${name}@${digest} is not in the registry, so it cannot be scanned`, { hint: 'deploy-action build' })
  }
}

const prepare = (
  context: Context,
  workspace: Workspace,
  install: InstallTool,
): Promise<{ readonly scanner: Scanner; readonly database: Database }> =>
  detailedStep(context, 'prepare the scanner', 'a verdict needs a young, living database', async (tell) => {
    const scanner = await findScanner(context, install)
    const database = await prepareDatabase(context, scanner, workspace)
    tell(`Trivy ${scanner.version}, database of ${database.updatedAt.slice(0, 16)} from ${database.repository}; it found the canary`)
    return { scanner, database }
  })
