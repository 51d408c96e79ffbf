/** Reports go to artifacts, and to pages that many may read: of a secret that was found they say where it is, and show none of it. */

interface TrivyReport {
  readonly Results?: readonly (Record<string, unknown> & { readonly Secrets?: readonly Record<string, unknown>[] })[]
}
interface Sarif {
  readonly runs?: readonly (Record<string, unknown> & { readonly results?: readonly Result[] })[]
}
type Result = Record<string, unknown> & { readonly message?: { readonly text?: string } }

/** Trivy's own report. Beside a secret it quotes its lines, in which another one may stand that it did not find. */
export const publicReport = (text: string): string => {
  const document = JSON.parse(text) as TrivyReport
  const results = document.Results?.map((result) =>
    result.Secrets === undefined ? result : { ...result, Secrets: result.Secrets.map(({ Match: _match, Code: _code, ...told }) => told) },
  )
  return `${JSON.stringify({ ...document, ...(results === undefined ? {} : { Results: results }) }, null, 2)}\n`
}

/**
 * SARIF that may be shown to whoever reads the repository's findings.
 * @param category tells results of one image and platform from those of others, so that one upload does not replace another
 *   (https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning#runautomationdetails-object)
 */
export const publicSarif = (text: string, category: string): string => {
  const document = JSON.parse(text) as Sarif
  const runs = document.runs?.map((run) => ({ ...run, automationDetails: { id: category }, results: run.results?.map(withoutMatch) ?? [] }))
  return JSON.stringify({ ...document, ...(runs === undefined ? {} : { runs }) })
}

/** Here the quoted lines stand at the end of the message. */
const withoutMatch = (result: Result): Result => {
  const told = result.message?.text
  return told === undefined
    ? result
    : { ...result, message: { ...result.message, text: told.replace(/^Match: [\s\S]*$/m, 'Match: (left out)') } }
}
