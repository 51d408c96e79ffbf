import { DeployError } from '../errors.ts'
import { backupNamed, backupOf, type DataSteps, dataBack, downSteps, goesDown, knownSteps, lostSentence, NO_DATA } from '../plan/data.ts'
import type { BackupRecord, DataSeen } from '../plan/data-seen.ts'
import { leftRunning } from '../plan/drift.ts'
import type { Observed, ReleaseRecord } from '../plan/observed.ts'
import { neighbours, servicesOfStack } from '../plan/parts.ts'
import { currentRelease } from '../plan/reconcile.ts'
import { liveRevision, schemaQuestion } from '../plan/schema-question.ts'
import type { Step } from '../plan/steps.ts'
import type { Context } from './context.ts'

/**
 * What a rollback does to the data: nothing, where the old version can live with the schema; else what was asked for.
 * @throws DeployError CONFIG where it cannot and nothing was asked for, with the three ways out
 */
export const goingBack = (context: Context, observed: Observed, record: ReleaseRecord): DataSteps => {
  const { backup, down } = context.request
  if (down === true) return goingDown(context, observed, record)
  if (backup !== undefined) return withData(context, observed, record, backup)
  const { migrate } = context.config
  const question = schemaQuestion(context.config, observed, record, currentRelease(observed))
  if (question.kind === 'no')
    throw schemaRefusal(
      context,
      observed,
      record,
      `the database is at revision ${question.live}, and release ${record.id} left it at ${record.schema.after}`,
    )
  if (question.kind === 'nobody-knows')
    context.ports.log.warning(`nothing tells whether release ${record.id} can live with the schema as it is; migrate.current would`)
  return question.kind === 'ask' && migrate !== undefined ? knownSteps(migrate) : NO_DATA
}

/** The refusal with its three ways, each as a command. */
export const schemaRefusal = (context: Context, observed: Observed, record: ReleaseRecord, sentence: string): DeployError => {
  const saved = observed.data === undefined ? undefined : backupOf(observed.data, record)
  const revision = record.schema.after.trim() || 'REVISION'
  const { backup, migrate } = context.config
  return new DeployError('CONFIG', `${sentence}; nothing was touched`, {
    hint: [
      'by hand: (1) where it can live with it all the same, set migrate.compatible: true and deploy-action rollback again',
      `by hand: or (2) take the schema back, too: deploy-action rollback ${record.id} --down${migrate !== undefined && goesDown(migrate) ? '' : ' (needs migrate.down)'}`,
      saved === undefined
        ? `by hand: or (3) bring a backup back: there is none at revision ${revision}${backup === undefined ? ', because the config has no backup section' : ''}`
        : `by hand: or (3) bring the data back as well: deploy-action rollback ${record.id} --backup ${saved.id} --confirm ${saved.revision}`,
    ].join('\n'),
    ...(observed.current === null ? {} : { serving: `release ${observed.current}` }),
  })
}

const goingDown = (context: Context, observed: Observed, record: ReleaseRecord): DataSteps => {
  const { migrate, backup } = context.config
  const revision = record.schema.after.trim()
  const missing =
    migrate === undefined || !goesDown(migrate)
      ? '--down needs migrate.down in the config, or the preset alembic'
      : revision === '' || revision === 'unknown'
        ? `nobody wrote down which revision release ${record.id} left the database at`
        : null
  if (missing !== null || migrate === undefined)
    throw new DeployError('CONFIG', `${missing}; nothing was touched`, {
      hint: 'deploy-action rollback\nby hand: or with a backup: deploy-action restore lists them',
    })
  if (liveRevision(observed, currentRelease(observed)) === revision) return NO_DATA
  if (backup === undefined) context.ports.log.warning('the config has no backup section: what going down deletes is lost')
  return downSteps(migrate, revision, backup !== undefined)
}

const withData = (context: Context, observed: Observed, record: ReleaseRecord, name: string): DataSteps => {
  const chosen = chosenBackup(context, observed, name)
  if (record.schema.after.trim() !== '' && chosen.revision !== '' && chosen.revision !== record.schema.after.trim())
    throw new DeployError(
      'CONFIG',
      `the backup ${chosen.id} is at revision ${chosen.revision}, but release ${record.id} needs ${record.schema.after.trim()}; nothing was touched`,
      {
        hint: 'deploy-action restore',
      },
    )
  refuseUnconfirmed(
    context,
    observed,
    chosen,
    `release ${record.id}`,
    chosen.revision || context.config.project,
    `rollback ${record.id} --backup ${chosen.id}`,
  )
  return withOthersAgain(dataBack(chosen, runningOf(observed)), observed, record)
}

/** What other repositories ship is halted too, and goes on with the data that is back, as it is. */
const withOthersAgain = (data: DataSteps, observed: Observed, record: ReleaseRecord): DataSteps => {
  const services = servicesOfStack(observed, null)
  const starts = runningOf(observed).flatMap(({ service, ids }): Step[] => {
    const readiness = Object.hasOwn(record.services, service) ? undefined : services[service]?.readiness
    return readiness === undefined ? [] : [{ kind: 'start', cause: 'another repository ships it', service, ids, readiness }]
  })
  return { ...data, beforeSwitch: [...data.beforeSwitch, ...starts] }
}

/** What runs of the stack, whoever ships it, and what was left of a release that is not in force: it may write. */
export const runningOf = (observed: Observed): readonly { readonly service: string; readonly ids: readonly string[] }[] => {
  const current = currentRelease(observed)
  const left = leftRunning([...(current === null ? [] : [current]), ...neighbours(observed)], observed)
  return [...Object.keys(servicesOfStack(observed, current)), ...left.map(({ service }) => service)].flatMap((service) => {
    const ids = observed.containers.filter((one) => one.service === service && !one.oneOff && one.state === 'running').map(({ id }) => id)
    return ids.length === 0 ? [] : [{ service, ids }]
  })
}

/** Services on other hosts would write while the data goes back. @throws DeployError CONFIG */
export const refuseOnSeveral = (context: Context): void => {
  const { name, config } = context.environment()
  const [first, ...others] = config.hosts.flat()
  if (others.length === 0) return
  throw new DeployError(
    'CONFIG',
    `environment ${name} has several hosts, and what runs on ${others.join(', ')} would write while the data on ${first} goes back; nothing was touched`,
    {
      hint: `by hand: stop the services there (docker compose -p ${context.config.project} stop), and restore in an environment with host: ${first} alone`,
    },
  )
}

/** @throws DeployError CONFIG with the backups there are */
export const chosenBackup = ({ config }: Context, observed: Observed, name: string): BackupRecord => {
  const { data } = observed
  const found = data === undefined ? undefined : backupNamed(data, name)
  if (found !== undefined && config.backup !== undefined) return found
  throw new DeployError(
    'CONFIG',
    config.backup === undefined
      ? 'the config has no backup section, which says how the database is restored'
      : `there is no backup ${JSON.stringify(name)}; nothing was touched`,
    {
      hint:
        data === undefined || data.backups.length === 0
          ? 'by hand: no backup was made here yet'
          : `by hand: name one of ${data.backups.map(backupLine).join(', ')}`,
    },
  )
}

export const backupLine = ({ id, made, revision, bytes, release }: BackupRecord): string =>
  `${id} (${made}${revision === '' ? '' : `, revision ${revision}`}${release === '' ? '' : `, of release ${release}`}, ${Math.ceil(bytes / 1024)} KiB)`

/** Data is overwritten only by who typed what is overwritten. @throws DeployError CONFIG with what would be lost */
export const refuseUnconfirmed = (
  context: Context,
  observed: Observed,
  chosen: BackupRecord,
  what: string,
  word: string,
  command: string,
): void => {
  const lost = lostSentence(chosen, observed.data as DataSeen)
  const { confirm, dryRun } = context.request
  context.ports.log.info(`Backup ${backupLine(chosen)}: ${lost}`)
  if (dryRun || confirm === word) return
  throw new DeployError('CONFIG', `${what} would get the data of ${chosen.made}: ${lost}; nothing was touched`, {
    hint: `by hand: ${confirm === undefined ? 'to do it, type' : `${JSON.stringify(confirm)} is not what has to be typed; it is`}: deploy-action ${command} --confirm ${word}`,
    ...(observed.current === null ? {} : { serving: `release ${observed.current}` }),
  })
}
