/** Reports go to artifacts, and to pages that many may read: of a secret that was found they say where it is, and quote nothing. */
interface TrivyReport {
  readonly Results?: readonly (Record<string, unknown> & { readonly Secrets?: readonly Record<string, unknown>[] })[]
}
interface Sarif {
  readonly runs?: readonly Record<string, unknown>[]
}

const LEFT_OUT = '(left out)'

/**
 * Trivy's own report. Beside a secret it quotes its lines, in which another one may stand that it did not find; SARIF
 * made of it repeats them in messages and rules (trivy/pkg/report/sarif.go), so it is made of this one.
 */
export const publicReport = (text: string): string => {
  const document = JSON.parse(text) as TrivyReport
  const results = document.Results?.map((result) =>
    result.Secrets === undefined
      ? result
      : { ...result, Secrets: result.Secrets.map(({ Code: _code, ...told }) => ({ ...told, Match: LEFT_OUT })) },
  )
  return `${JSON.stringify({ ...document, ...(results === undefined ? {} : { Results: results }) }, null, 2)}\n`
}

/**
 * SARIF of one image and platform.
 * @param category tells its results from those of others, so that one upload does not replace another
 *   (https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning#runautomationdetails-object)
 */
export const categorisedSarif = (text: string, category: string): string => {
  const document = JSON.parse(text) as Sarif
  const runs = document.runs?.map((run) => ({ ...run, automationDetails: { id: category } }))
  return JSON.stringify({ ...document, ...(runs === undefined ? {} : { runs }) })
}
