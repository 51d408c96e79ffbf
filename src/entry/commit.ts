import { DeployError } from '../errors.ts'
import type { Ports } from '../ports.ts'
import type { Commit } from './context.ts'

/** The commit of the project's working tree, as git and, on a runner, the job tell it. @throws DeployError CONFIG where there is none */
export const readCommit = async (project: string, ports: Ports, ignored: string): Promise<Commit> => {
  const git = async (...args: string[]): Promise<{ readonly code: number | null; readonly text: string; readonly stderr: string }> => {
    const { code, stdout, stderr } = await ports.programs.run(['git', '-C', project, ...args], {
      timeoutMs: 30_000,
      env: gitEnvironment(ports),
    })
    return { code, text: stdout.trim(), stderr: stderr.trim() }
  }
  const [head, branch, remote, changes] = await Promise.all([
    git('show', '-s', '--no-show-signature', '--format=%H %cI', 'HEAD'),
    git('symbolic-ref', '--short', '-q', 'HEAD'),
    git('remote', 'get-url', 'origin'),
    git('status', '--porcelain', '--', '.', ...without(ignored)),
  ])
  const [sha = '', created = ''] = head.text.split(' ')
  if (head.code !== 0 || !/^[0-9a-f]{40}$/.test(sha)) throw noCommit(project, head.stderr)
  return {
    sha,
    created,
    ref: branch.code === 0 && branch.text !== '' ? branch.text : refOfJob(ports.env, sha),
    ...repositoryOf(ports.env, remote.code === 0 ? remote.text : ''),
    // what git cannot tell is not called clean
    dirty: changes.code !== 0 || changes.text !== '',
  }
}

/** Reports are no change of the project. Of a folder outside of it git sees nothing, and refuses to leave it out where it is outside of the repository. */
const without = (ignored: string): readonly string[] => (/^(\/|\.\.?(\/|$))/.test(ignored) ? [] : [`:(exclude)${ignored}`])

/** Messages in English, no questions, and no lock files left in the user's repository. */
const gitEnvironment = ({ env }: Ports): Record<string, string> => ({
  ...Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined)),
  LC_ALL: 'C',
  GIT_OPTIONAL_LOCKS: '0',
  GIT_TERMINAL_PROMPT: '0',
})

const noCommit = (project: string, stderr: string): DeployError => {
  if (stderr.includes('dubious ownership')) {
    return new DeployError('CONFIG', `git does not trust ${project}, because it belongs to another user`, {
      hint: `git config --global --add safe.directory ${project}`,
    })
  }
  return new DeployError('CONFIG', `${project} has no commit, and images and releases are named by one`, {
    evidence: stderr === '' ? [] : [stderr],
    hint: 'git init && git add -A && git commit -m first\nby hand: in a workflow, actions/checkout before this step',
  })
}

/** A job checks out without a branch; its own ref is meant only where that commit was checked out. */
const refOfJob = (env: Ports['env'], sha: string): string | null => (env.GITHUB_SHA === sha ? env.GITHUB_REF_NAME || null : null)

const repositoryOf = (env: Ports['env'], remote: string): Pick<Commit, 'repository' | 'source'> => {
  if (env.GITHUB_REPOSITORY) {
    return { repository: env.GITHUB_REPOSITORY, source: `${env.GITHUB_SERVER_URL || 'https://github.com'}/${env.GITHUB_REPOSITORY}` }
  }
  // git@host:owner/name.git, ssh://git@host/owner/name, https://user:token@host/owner/name.git
  const [, host, path] = /^(?:[a-z+]+:\/\/)?(?:[^@/]*@)?([A-Za-z0-9.-]+)(?::\d+)?[:/]\/?([^\s]+?)(?:\.git)?\/?$/.exec(remote) ?? []
  if (host === undefined || path === undefined || remote.startsWith('file:') || remote.startsWith('/') || remote.startsWith('.'))
    return { repository: null, source: null }
  return { repository: path.split('/').slice(-2).join('/'), source: `https://${host}/${path}` }
}
