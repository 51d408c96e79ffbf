import type { Ports } from '../ports.ts'

/** What was given to us, and to nobody that we start: the user's tests and hooks see none of it. */
const OURS_ALONE = /^(INPUT_|DEPLOY_SSH_KEY$|DEPLOY_REGISTRY_PASSWORD$)/

/**
 * The environment of the run. Our own secrets can still be asked for by name, but are in no list of all variables,
 * so that no child inherits them; they leave the environment of the process, too.
 */
export const childSafeEnvironment = (env: NodeJS.ProcessEnv): Ports['env'] => {
  const copy: Record<string, string | undefined> = {}
  for (const [name, value] of Object.entries(env)) {
    const enumerable = !OURS_ALONE.test(name)
    Object.defineProperty(copy, name, { value, enumerable })
    if (!enumerable) delete env[name]
  }
  return copy
}
