import type { ComposeService, Observed } from './observed.ts'

/** Paths in the deploy directory. */
export interface FileChanges {
  readonly changed: readonly string[]
  readonly removed: readonly string[]
  /** Of those that changed, what is not there at all. */
  readonly absent: readonly string[]
}

/** What the release brings and is not there as it should be, and what an earlier one brought and this one does not. */
export const fileChanges = (observed: Observed): FileChanges => ({
  // as another repository brought it is no reason: what a compose file changes is seen by its services
  changed: Object.keys(observed.brought).filter(
    (file) =>
      observed.files[file] !== observed.brought[file] &&
      !(observed.files[file] !== undefined && observed.files[file] === observed.othersBrought[file]?.sum),
  ),
  absent: Object.keys(observed.brought).filter((file) => observed.files[file] === undefined),
  removed: observed.manifest.filter(
    (file) => observed.brought[file] === undefined && observed.files[file] !== undefined && observed.othersBrought[file] === undefined,
  ),
})

export const fileCause = ({ changed, removed, absent }: FileChanges): string =>
  changed.length + removed.length === 0
    ? 'files are as wanted'
    : [
        ...changed.slice(0, 5).map((file) => `${file} ${absent.includes(file) ? 'is new' : 'differs'}`),
        ...removed.slice(0, 5).map((file) => `${file} is no longer brought`),
      ].join(', ') + (changed.length + removed.length > 10 ? ', …' : '')

/** A file that a service mounts itself or by one of its folders. */
export const mountedChange = (path: string, service: ComposeService, changed: readonly string[]): string | undefined =>
  changed.find((file) =>
    service.binds.some(({ source }) => source === `${path}/${file}` || `${path}/${file}`.startsWith(`${source.replace(/\/$/, '')}/`)),
  )
