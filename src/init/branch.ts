/** What git says of the branches. */
export interface Branches {
  /** The one that is checked out; null where none is. */
  readonly current: string | null
  /** The default one of the remote; null where that was never asked for. */
  readonly ofRemote: string | null
  /** Here and on the remote. */
  readonly names: readonly string[]
}

const USUAL = ['main', 'master']

/** Which one is deployed: init may be tried on a branch that will be gone once it is merged. */
export const deployedBranch = ({ current, ofRemote, names }: Branches): string => {
  if (ofRemote !== null) return ofRemote
  if (current !== null && USUAL.includes(current)) return current
  return USUAL.find((name) => names.includes(name)) ?? current ?? 'main'
}

/** Said where it is not the one that is checked out. */
export const branchNotes = (branches: Branches): readonly string[] => {
  const branch = deployedBranch(branches)
  return branches.current === null || branches.current === branch
    ? []
    : [
        `this is the branch ${branches.current}, and what is pushed to ${branch} is deployed: if that is another one, write it into environments.production.branch and into the workflow`,
      ]
}
