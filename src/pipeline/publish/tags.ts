import type { Commit } from '../../entry/context.ts'
import { DeployError } from '../../errors.ts'

export interface Tags {
  /** Tags that name this commit or what the config says; they may be set at once. */
  readonly plain: readonly string[]
  /** `latest` is wanted, too; it is moved forwards only. */
  readonly latest: boolean
}

/** @throws DeployError CONFIG for what no registry accepts as a tag */
export const wantedTags = (names: readonly string[], commit: Pick<Commit, 'sha'>): Tags => {
  const plain = names.filter((name) => name !== 'latest').map((name) => tagOf(name, commit.sha))
  const wrong = plain.find((tag) => !/^\w[\w.-]{0,127}$/.test(tag))
  if (wrong !== undefined)
    throw new DeployError('CONFIG', `${JSON.stringify(wrong)} is not a tag`, {
      hint: 'by hand: tags: letters, digits, "_", "." and "-", at most 128, not starting with "." or "-"',
    })
  return { plain: [...new Set(plain)], latest: names.includes('latest') }
}

const tagOf = (name: string, sha: string): string => {
  if (name === 'sha') return sha
  return name === 'short-sha' ? sha.slice(0, 7) : name
}
