/** How a commit stands to the one that serves. */
export type Ancestry = 'same' | 'newer' | 'older' | 'diverged' | 'unknown'
