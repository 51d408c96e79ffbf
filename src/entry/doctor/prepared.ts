import { identityOf } from '../../adapters/ssh-key.ts'
import { prepareScript } from '../../doctor/prepare.ts'
import { DeployError } from '../../errors.ts'
import type { Log } from '../../ports.ts'
import type { Verdict } from '../../report/document.ts'
import { isPlain, type RollbackKey, rollbackKeyScript } from '../../rollback-key/install.ts'
import type { Context, Request } from '../context.ts'

/** To standard output, to be read and carried to the server; nothing is run. */
export const prepared = async (request: Request, context: Context | null, log: Log): Promise<Verdict> => {
  const config = context?.environment().config
  if (request.rollbackKey !== undefined) return told(request, rollbackKeyScript(rollbackKey(request.rollbackKey, context)))
  // who pipes it into a file has to learn that it is for nobody's stack
  if (config === undefined)
    log.warning('the config does not say which user and path: /opt/stacks/NAME stands there. Next: deploy-action doctor, which says why')
  const script = prepareScript({
    user: config?.user ?? 'deploy',
    path: config?.path.replace(/\/+$/, '') ?? '/opt/stacks/NAME',
    environmentFile: config?.env.file ?? '.env',
    publicKey: await publicKey(request),
  })
  return {
    ...told(request, script),
    ...(request.sshKey === undefined ? { hint: 'deploy-action doctor --prepare --ssh-key FILE puts the public half of the key in' } : {}),
  }
}

const told = ({ json }: Request, script: string): Verdict => {
  if (!json) process.stdout.write(script)
  return { outcome: 'succeeded', message: json ? script : 'nothing was run: read it, then run it on the server as root' }
}

/** @throws DeployError CONFIG where the config does not say which stack, or says it in a way that sshd's file cannot hold */
const rollbackKey = (publicKey: string, context: Context | null): RollbackKey => {
  if (context === null)
    throw new DeployError('CONFIG', 'a key that may only go back is for one stack, and the config that says which cannot be read', {
      hint: 'deploy-action doctor',
    })
  const { user, path, env } = context.environment().config
  const key = {
    user,
    path: path.replace(/\/+$/, ''),
    project: context.config.project,
    environmentFile: env.file,
    publicKey: publicKey.split(/\s/, 2).join(' '),
  }
  const odd = [key.path, key.environmentFile].find((word) => !isPlain(word))
  if (odd === undefined) return key
  throw new DeployError('CONFIG', `${JSON.stringify(odd)} cannot stand in a command of authorized_keys`, {
    hint: 'by hand: give the stack a path, and its environment file a name, of letters, digits and @ % + = : , . / - alone',
  })
}

const publicKey = async ({ sshKey }: Request): Promise<string | null> => {
  if (sshKey === undefined) return null
  const { default: ssh2 } = await import('ssh2')
  return identityOf(sshKey, (text) => ssh2.utils.parseKey(text)).publicLine
}
