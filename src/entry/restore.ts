import { DeployError } from '../errors.ts'
import { lostSentence } from '../plan/data.ts'
import type { BackupRecord, DataSeen } from '../plan/data-seen.ts'
import type { Observed, ReleaseRecord } from '../plan/observed.ts'
import { servicesOfStack } from '../plan/parts.ts'
import { currentRelease } from '../plan/reconcile.ts'
import { restorePlan } from '../plan/restore.ts'
import type { Verdict } from '../report/document.ts'
import { compile } from '../transaction/compile.ts'
import { LOOK, lookAtData } from '../transaction/looked.ts'
import type { Command, Context } from './context.ts'
import { backupLine, chosenBackup, refuseOnSeveral, refuseUnconfirmed, runningOf } from './going-back.ts'
import { refuseBesideLeft } from './left-running.ts'
import { frontArguments } from './server.ts'
import { notePlan, noteServing, preflight, refuseUnseen } from './stack.ts'
import { transact } from './transact.ts'
import { verdictOf } from './verdict.ts'

/** Lists the backups, or brings the data of one back under the release that serves. */
export const run: Command = async (context) => {
  const { backup: name, dryRun } = context.request
  const onlyLooks = dryRun || name === undefined
  if (!onlyLooks) refuseOnSeveral(context)
  const front = frontArguments(context, onlyLooks ? 'observe' : 'operate', 'current')
  let said = ''
  const transacted = await transact(context, {
    front,
    files: { [LOOK]: lookAtData(context.config.backup, name !== undefined) },
    decide: async (observed) => {
      noteServing(context, observed)
      refuseUnseen(context, observed)
      if (!onlyLooks) refuseBesideLeft(context, observed)
      if (name === undefined) {
        said = listed(context, observed)
        return null
      }
      const chosen = chosenBackup(context, observed, name)
      const current = servingRelease(context, observed, chosen)
      refuseUnconfirmed(context, observed, chosen, `stack ${context.config.project}`, context.config.project, `restore ${chosen.id}`)
      const stack = { ...current, services: servicesOfStack(observed, current) }
      const plan = restorePlan(front.operation, stack, chosen, runningOf(observed))
      said = `${plan.steps.length} steps would bring back the data of ${chosen.made}: ${lostSentence(chosen, observed.data as DataSeen)}; nothing was written`
      if (dryRun) {
        notePlan(context, plan)
        return null
      }
      said = `the data of ${chosen.made} is back (backup ${chosen.id}); that of before is in backup ${front.operation}`
      const program = compile(plan, {
        directory: front.directory,
        project: context.config.project,
        operation: front.operation,
        schema: current.schema.after,
        database: context.config.backup,
        environmentFile: front.environmentFile,
        compose: '. "$operation/stage/compose.sh"',
        record: current,
      })
      return { plan, program, credentials: '' }
    },
  })
  if (transacted === null) return { outcome: 'succeeded', message: said }
  return asOf(context, verdictOf(context, transacted, said), transacted.plan.previous)
}

/** A restore makes no release: the one that served before serves. */
const asOf = (context: Context, verdict: Verdict, release: string | null): Verdict => {
  context.facts.release = release
  return verdict
}

const listed = (context: Context, observed: Observed): string => {
  const backups = observed.data?.backups ?? []
  for (const backup of backups) context.ports.log.info(backupLine(backup))
  return backups.length === 0
    ? 'there are no backups yet'
    : `${backups.length} ${backups.length === 1 ? 'backup' : 'backups'}: ${backups.map(backupLine).join(', ')}; what one would overwrite: deploy-action restore BACKUP --dry-run`
}

/** The release that gets the data. @throws DeployError CONFIG where there is none, or it needs another schema */
const servingRelease = (context: Context, observed: Observed, chosen: BackupRecord): ReleaseRecord => {
  preflight(context, observed, { images: {}, ownership: {}, containerNames: {} })
  const current = currentRelease(observed)
  if (current === null)
    throw new DeployError('CONFIG', 'nothing was deployed here, so nothing can be restored', { hint: 'deploy-action deploy' })
  const now = observed.data?.revision ?? null
  if (now !== null && chosen.revision !== now)
    throw new DeployError(
      'CONFIG',
      `the backup ${chosen.id} is at revision ${chosen.revision || 'none'}, but release ${current.id} runs at ${now}; nothing was touched`,
      {
        hint: `by hand: bring the release back as well: deploy-action rollback ${chosen.release || 'RELEASE'} --backup ${chosen.id} --confirm ${chosen.revision}`,
        serving: `release ${current.id}`,
      },
    )
  return current
}
