import { gitHasCommit, gitIsAncestor } from '../commands/git.ts'
import type { Ancestry } from '../plan/ancestry.ts'
import type { Context } from './context.ts'

/** How the commit of this run stands to another, as far as the clone knows. */
export const ancestryTo = async ({ ports, project, commit }: Context, other: string): Promise<Ancestry> => {
  if (commit.sha === other) return 'same'
  const run = async (argv: ReturnType<typeof gitHasCommit>): Promise<boolean> =>
    (await ports.programs.run(argv, { cwd: project })).code === 0
  if (await run(gitIsAncestor(other, commit.sha))) return 'newer'
  if (!(await run(gitHasCommit(other)))) return 'unknown'
  return (await run(gitIsAncestor(commit.sha, other))) ? 'older' : 'diverged'
}
