/** What GitHub refuses although its description allows it. Each with the words of its answer, as far as they are known. */
import { gunzipSync } from 'node:zlib'

type Body = Readonly<Record<string, unknown>>

const LONGEST_DESCRIPTION = 140
const LONGEST_COMMENT = 65_536
/** https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning */
const LARGEST_SARIF = 10 * 1024 * 1024

const tooLong = ({ description }: Body): string | null =>
  typeof description === 'string' && [...description].length > LONGEST_DESCRIPTION
    ? `description is too long (maximum is ${LONGEST_DESCRIPTION} characters)`
    : null

const webOnly =
  (field: string) =>
  (body: Body): string | null =>
    body[field] === undefined || /^https?:\/\/[^\s]+$/.test(String(body[field])) ? null : `${field} must use http(s) scheme`

const commentLength = ({ body }: Body): string | null => {
  if (String(body).trim() === '') return "body can't be blank"
  return String(body).length > LONGEST_COMMENT ? `body is too long (maximum is ${LONGEST_COMMENT} characters)` : null
}

const conclusion = ({ status, conclusion: given }: Body): string | null =>
  status === 'completed' && given === undefined ? 'a completed check needs a conclusion' : null

const sarif = ({ sarif: text }: Body): string | null => {
  const packed = Buffer.from(String(text), 'base64')
  if (packed.length > LARGEST_SARIF) return 'sarif is too large'
  try {
    const document = JSON.parse(gunzipSync(packed).toString()) as { readonly version?: unknown; readonly runs?: readonly Body[] }
    if (document.version !== '2.1.0' || !Array.isArray(document.runs)) return 'it is no SARIF 2.1.0'
    const categories = document.runs.map((run) => JSON.stringify([run.automationDetails, run.tool]))
    return new Set(categories).size === categories.length ? null : 'multiple SARIF runs with the same category'
  } catch {
    return 'sarif is not gzipped JSON in base64'
  }
}

const REPO = '/repos/{owner}/{repo}'
const RULES: Readonly<Record<string, readonly ((body: Body) => string | null)[]>> = {
  [`POST ${REPO}/deployments`]: [tooLong],
  [`POST ${REPO}/deployments/{deployment_id}/statuses`]: [tooLong, webOnly('log_url'), webOnly('environment_url')],
  [`POST ${REPO}/statuses/{sha}`]: [tooLong, webOnly('target_url')],
  [`POST ${REPO}/check-runs`]: [conclusion],
  [`POST ${REPO}/issues/{issue_number}/comments`]: [commentLength],
  [`PATCH ${REPO}/issues/comments/{comment_id}`]: [commentLength],
  [`POST ${REPO}/code-scanning/sarifs`]: [sarif],
}

export const brokenRules = (operation: string, body: unknown): readonly string[] =>
  (RULES[operation] ?? []).map((rule) => rule(body as Body)).filter((told) => told !== null)

/** What a job's token must be allowed: https://docs.github.com/en/rest/authentication/permissions-required-for-github-apps */
export const permissionFor = (operation: string): string | null => {
  const access = operation.startsWith('GET ') ? 'read' : 'write'
  if (operation.includes('/deployments')) return `deployments: ${access}`
  if (/\/statuses(\/|$)/.test(operation)) return `statuses: ${access}`
  if (operation.includes('/issues/')) return `pull-requests: ${access}`
  if (operation.includes('/check-runs')) return `checks: ${access}`
  if (operation.includes('/code-scanning/')) return `security-events: ${access}`
  if (operation.includes('/contents/')) return `contents: ${access}`
  return null
}
