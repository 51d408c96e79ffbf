import { DeployError } from '../errors.ts'
import type { HttpAnswer } from './registry-http.ts'

interface Attempt {
  readonly doing: string
  readonly repository: string
  /** Nobody's name was given. */
  readonly anonymous: boolean
  readonly write: boolean
}

/** What an answer means that is not the wanted one. 401: who are you; 403 and friends: you, but not this. */
export const refusal = (host: string, answer: HttpAnswer, attempt: Attempt): DeployError => {
  const evidence = bodyLines(answer)
  const sentence = `${host} did not let us ${attempt.doing}: ${answer.status}${firstMessage(evidence)}`
  if (lacksPermission(answer))
    return new DeployError(attempt.write ? 'PUBLISH' : 'AUTH', sentence, { evidence, hint: permissionHint(host, evidence, attempt) })
  if (answer.status === 401) return new DeployError('AUTH', sentence, { evidence, hint: loginHint(host, attempt) })
  const code = attempt.write ? 'PUBLISH' : 'CONNECT'
  return new DeployError(code, sentence, { evidence, hint: `by hand: run it again; if it stays so, look at ${host} itself` })
}

const lacksPermission = (answer: HttpAnswer): boolean =>
  answer.status === 403 || (answer.status === 401 && /insufficient_scope/.test(answer.headers.get('www-authenticate') ?? ''))

const loginHint = (host: string, attempt: Attempt): string =>
  attempt.anonymous
    ? `by hand: give a name and a password for ${host}: docker login ${host}`
    : `by hand: check the name and password or token: docker login ${host}`

/** GHCR's famous one: the package exists and is not linked to this repository, or the job has no `packages: write`. */
const permissionHint = (host: string, evidence: readonly string[], attempt: Attempt): string => {
  if (host !== 'ghcr.io' && !/write_package|read_package/.test(evidence.join('\n')))
    return `by hand: the account may not ${attempt.write ? 'push' : 'pull'} there: grant it, or use a token that may`
  const page = packagePage(attempt.repository)
  return attempt.write
    ? `by hand: give the job \`permissions: packages: write\`; if the package exists already, open its settings → Manage Actions access and add this repository with role Write: ${page}`
    : `by hand: give the job \`permissions: packages: read\`, and the repository access on the package's settings → Manage Actions access: ${page}`
}

/** Whose it is, an organisation or a person, no registry says. */
const packagePage = (repository: string): string => {
  const [owner = 'OWNER', ...name] = repository.split('/')
  const path = `${owner}/packages/container/${encodeURIComponent(name.join('/') || 'NAME')}/settings`
  return `https://github.com/orgs/${path}, of a person https://github.com/users/${path}`
}

/** The first lines of what the registry said, as text that is fit for people. */
const bodyLines = (answer: HttpAnswer): readonly string[] =>
  Buffer.from(answer.body.subarray(0, 2000))
    .toString()
    .split('\n')
    .map((line) => line.trim().slice(0, 300))
    .filter((line) => line !== '')
    .slice(0, 10)

const firstMessage = (evidence: readonly string[]): string => {
  const message = /"message"\s*:\s*"([^"]{1,200})"/.exec(evidence.join(' '))?.[1]
  return message === undefined ? '' : ` (${message})`
}
