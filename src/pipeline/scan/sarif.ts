interface Sarif {
  readonly runs?: readonly (Record<string, unknown> & { readonly results?: readonly Result[] })[]
}
type Result = Record<string, unknown> & { readonly message?: { readonly text?: string } }

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

/** Of a secret that was found, Trivy quotes the line, in which another one may stand that it did not find. */
const withoutMatch = (result: Result): Result => {
  const told = result.message?.text
  return told === undefined
    ? result
    : { ...result, message: { ...result.message, text: told.replace(/^Match: [\s\S]*$/m, 'Match: (left out)') } }
}
