import { type Finding, fail } from '../../doctor/finding.ts'
import { DeployError } from '../../errors.ts'

/** What a look yields, or what kept it from looking. */
export const attempt = async <T>(work: () => Promise<T>): Promise<T | DeployError> => {
  try {
    return await work()
  } catch (error) {
    if (error instanceof DeployError) return error
    throw error
  }
}

export const sentenceOf = ({ message, code }: DeployError): string => message.slice(code.length + 2)

/** Every error at its line. */
export const placed = (check: string, error: DeployError): readonly Finding[] => {
  const { places = [], hint } = error.details
  if (places.length === 0) return [fail(check, sentenceOf(error), hint ?? 'see docs/troubleshooting.md')]
  return places.map(({ file, line, column, message }) =>
    fail(check, `${file}:${line}:${column}: ${message}`, `by hand: edit ${file}:${line}`),
  )
}
