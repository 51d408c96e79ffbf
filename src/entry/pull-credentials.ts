import { loginKey, registryCredentials, registryHost } from '../pipeline/credentials.ts'
import type { Context } from './context.ts'

/**
 * What the server needs for its pull, as the text of a Docker configuration in base64: one line that goes down the
 * connection and into a folder which is gone after the pull. Empty where the pull needs no login.
 */
export const pullCredentials = (context: Context): string => {
  const credentials = registryCredentials(context)
  if (credentials === null) return ''
  const auth = Buffer.from(`${credentials.username}:${credentials.password.reveal()}`).toString('base64')
  context.ports.log.mask(auth)
  return Buffer.from(JSON.stringify({ auths: { [loginKey(registryHost(context))]: { auth } } })).toString('base64')
}
