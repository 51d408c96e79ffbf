import { identityOf } from '../../adapters/ssh-key.ts'
import { prepareScript } from '../../doctor/prepare.ts'
import type { Verdict } from '../../report/document.ts'
import type { Context, Request } from '../context.ts'

/** To standard output, to be read and carried to the server; nothing is run. */
export const prepared = async (request: Request, context: Context | null): Promise<Verdict> => {
  const config = context?.environment().config
  const script = prepareScript({
    user: config?.user ?? 'deploy',
    path: config?.path.replace(/\/+$/, '') ?? '/opt/stacks/NAME',
    environmentFile: config?.env.file ?? '.env',
    publicKey: await publicKey(request),
  })
  if (!request.json) process.stdout.write(script)
  return {
    outcome: 'succeeded',
    message: request.json ? script : 'nothing was run: read it, then run it on the server as root',
    ...(request.sshKey === undefined ? { hint: 'deploy-action doctor --prepare --ssh-key FILE puts the public half of the key in' } : {}),
  }
}

const publicKey = async ({ sshKey }: Request): Promise<string | null> => {
  if (sshKey === undefined) return null
  const { default: ssh2 } = await import('ssh2')
  return identityOf(sshKey, (text) => ssh2.utils.parseKey(text)).publicLine
}
