import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isFile, textFile, walkedFiles } from '../../../src/adapters/source-tree.ts'
import type { SourceTree } from '../../../src/init/tree.ts'

export const projects = join(import.meta.dirname, '../projects')

/** Names in tests/users/projects → the repository that each is taken for. */
export const REPOSITORIES: Readonly<Record<string, string>> = {
  'bot-and-neighbours': 'acme/bot',
  'bot-sqlite': 'acme/muse',
  'django-celery': 'acme/books',
  'fastapi-and-frontend': 'acme/template',
  'go-and-site': 'acme/photos',
  'laravel-worker': 'acme/pictures',
  'node-mariadb': 'acme/shortener',
  'node-prisma': 'acme/links',
  'rails-sidekiq': 'acme/social',
  'three-languages': 'acme/voting',
}

/** The outline of a public project, as a checkout of it would look. */
export const projectTree = (name: string): SourceTree => folderTree(join(projects, name), name, REPOSITORIES[name] ?? null)

export const folderTree = (folder: string, name: string, repository: string | null): SourceTree => ({
  name,
  files: walkedFiles(folder),
  read: (path) => textFile(folder, path),
  isFile: (path) => isFile(folder, path),
  repository,
  branches: { current: 'main', ofRemote: null, names: ['main'] },
})

/** A project of a few files that are written down in the test. */
export const treeOf = (files: Readonly<Record<string, string>>, repository: string | null = 'acme/shop'): SourceTree => ({
  name: 'shop',
  files: Object.keys(files).toSorted(),
  read: (path) => files[path] ?? null,
  isFile: (path) => files[path] !== undefined,
  repository,
  branches: { current: 'main', ofRemote: null, names: ['main'] },
})

export const textOf = (...parts: readonly string[]): string => readFileSync(join(projects, ...parts), 'utf8')
