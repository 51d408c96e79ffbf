/** How a commit stands to the one that serves. */
export type Ancestry = 'same' | 'newer' | 'older' | 'diverged' | 'unknown'

/**
 * Whether a run was started before another of the same repository: GitHub numbers runs in the order in which they start.
 * A run that checked out before the other's commit was pushed cannot know that commit, however deep its clone is.
 */
export const startedBefore = (run: string | null, other: string | null): boolean => {
  const [one, two] = [runNumber(run), runNumber(other)]
  return one !== null && two !== null && one.of === two.of && one.number < two.number
}

const runNumber = (url: string | null): { readonly of: string; readonly number: number } | null => {
  const [, of, number] = /^(.+)\/actions\/runs\/(\d{1,15})$/.exec(url ?? '') ?? []
  return of === undefined ? null : { of, number: Number(number) }
}
