import type { ResultDocument } from '../../report/document.ts'
import type { Context } from '../context.ts'
import type { Subject } from './deployments.ts'

/** What a command deploys, and where. */
export const subjectOf = (context: Context): Subject => {
  const { name, config } = context.environment()
  return { environment: name, config: context.request.configPath, sha: context.commit.sha, url: config.url ?? null }
}

/** A release of a rollback is new, but its id ends with the commit that it brought back. */
export const commitOf = (release: string, { noted }: Context): string | null => {
  const short = release.split('-').at(-1) ?? release
  const found = noted.releases.find(({ id }) => id === release) ?? noted.releases.findLast(({ commit }) => commit.startsWith(short))
  return found?.commit ?? null
}

/** The record as this run left it. */
export const afterwards = ({ release, outcome }: ResultDocument, sha: string | null, { noted, commit }: Context): Context['noted'] => {
  if (outcome !== 'succeeded' || release === null || noted.releases.some(({ id }) => id === release)) return noted
  return { ...noted, current: release, releases: [...noted.releases, { id: release, commit: sha ?? commit.sha }] }
}
