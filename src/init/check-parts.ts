import { isWithin } from '../plan/paths.ts'
import type { OwnImage } from './images.ts'
import { baseOf, below, folderOf, type SourceTree } from './tree.ts'

/** Where a project, or a part of one, begins: at the top, or at most two folders deep. */
export const manifestFolders = (tree: SourceTree): readonly string[] => {
  const found = tree.files.filter((file) =>
    /^([^/]+\/){0,2}(package\.json|pyproject\.toml|setup\.cfg|Pipfile|requirements\.txt|go\.mod|composer\.json|pom\.xml|build\.gradle(\.kts)?)$/.test(
      file,
    ),
  )
  return [...new Set(['', ...found.map(folderOf)])].filter(
    (folder) => !/(^|\/)(examples?|docs?|tests?|fixtures|node_modules|vendor)(\/|$)/.test(folder),
  )
}

/** What lies in a folder and not in a part of it that is a project of its own. */
export const ownFiles = (tree: SourceTree, folder: string): readonly string[] => {
  const parts = manifestFolders(tree).filter((other) => other !== folder && isWithin(folder, other))
  return below(tree, folder).filter((file) => !parts.some((part) => isWithin(part, file)))
}

/** As the config takes it: a letter or a digit first, and at most 63. */
export const nameIn = (folder: string, name: string): string => {
  const plain = baseOf(folder)
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 40)
  return plain === '' ? name : `${plain}-${name}`
}
export const into = (folder: string, line: string): string => (folder === '' ? line : `cd ${folder} && ${line}`)

/** The tag of a language's image that the Dockerfiles build on, as far as it says a version. */
export const versionOf = (images: readonly OwnImage[], folder: string, language: string): string | null => {
  const ordered = images.toSorted((a, b) => Number(b.context === folder) - Number(a.context === folder))
  for (const { dockerfile } of ordered)
    for (const base of dockerfile?.bases ?? []) {
      const [, version] = new RegExp(`(?:^|/)${language}:(\\d+(?:\\.\\d+)?)`).exec(base) ?? []
      if (version !== undefined) return version
    }
  return null
}

/** What speaks to a database that is somewhere else, and how tests speak of one. */
const DRIVER =
  /postgres|pgx|lib\/pq|"pg"|mysql|mariadb|mongo|redis|typeorm|sequelize|knex|drizzle|prisma|firestore|testcontainers|dockertest/i
const SPOKEN_OF = new RegExp(`${DRIVER.source}|sql\\.|gorm|database|supertest|TestDB|\\bdb\\b`, 'i')

/** Whether tests seem to wait for a database or a running stack: without one, that would be called a failure of the commit. */
export const needsStack = (tree: SourceTree, manifests: readonly string[], tests: readonly string[]): boolean => {
  const hasDriver = manifests.some((file) => DRIVER.test(tree.read(file) ?? ''))
  return tests.some((file) => {
    const text = hasDriver ? (tree.read(file) ?? '') : ''
    return /(^|[/_.-])(integration|e2e)([/_.-]|tests?\b)/i.test(file) || (SPOKEN_OF.test(text) && !/sqlmock|pgxmock|miniredis/.test(text))
  })
}

export const stackNote = (tests: readonly string[]): string =>
  `the tests in ${folderOf(tests[0] ?? '') || 'the project'} look as if they need a database: give them one with a compose file of their own (check[].compose)`
