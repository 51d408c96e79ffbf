import { describe, expect, test } from '@jest/globals'
import { type Checks, checksOf } from '../../src/init/checks.ts'
import { treeOf } from '../users/support/tree.ts'

const checks = (files: Readonly<Record<string, string>>): Checks => checksOf(treeOf(files), [])
const namesOf = ({ stages }: Checks): readonly string[] => stages.map(({ name }) => name)
const manifest = (content: object): string => JSON.stringify(content)
const DATABASE = /^the tests in .* look as if they need a database: .*check\[\]\.compose/

describe('tests of Go', () => {
  const GO = { 'go.mod': 'module x\n\ngo 1.24\n\nrequire github.com/jackc/pgx/v5 v5.7.0\n' }
  test.each([
    ['of a live database', { 'db/sqlc/main_test.go': 'package db\n\nfunc TestMain(m *testing.M) { pgxpool.New(ctx, source) }\n' }],
    ['of the running stack', { 'integration-test/integration_test.go': 'package x\n\nconst host = "app:8080"\n' }],
  ])('%s are no check, and that is said', (_, files) => {
    const found = checks({ ...GO, ...files })
    expect(namesOf(found)).toEqual(['vet'])
    expect(found.notes).toEqual([expect.stringMatching(DATABASE)])
  })

  test.each([
    ['that touch no database', { ...GO, 'a/a_test.go': 'package a\n\nfunc TestSum(t *testing.T) {}\n' }],
    ['of a program without one', { 'go.mod': 'module x\n', 'a/a_test.go': 'package a // as in postgres\n' }],
    [
      'beside those that a tag leaves out',
      { ...GO, 'a_test.go': 'package a\n', 'db_test.go': '//go:build integration\n\npackage a // postgres\n' },
    ],
  ])('%s are a check', (_, files) => expect(namesOf(checks(files))).toEqual(['vet', 'test']))
})

describe('tests of Node', () => {
  test('that connect to a database are no check, and that is said', () => {
    const found = checks({
      'package.json': manifest({ scripts: { lint: 'eslint .', test: 'jest' }, dependencies: { mongoose: '8.0.0' } }),
      'tests/utils/setupTestDB.js': 'mongoose.connect(config.mongoose.url)',
      'tests/a.test.js': 'setupTestDB()',
    })
    expect(namesOf(found)).toEqual(['lint'])
    expect(found.notes).toEqual([expect.stringMatching(DATABASE)])
  })

  test('that touch none, although the program does, are a check', () =>
    expect(
      namesOf(
        checks({
          'package.json': manifest({ scripts: { test: 'jest' }, dependencies: { pg: '8.0.0' } }),
          'src/sum.test.js': 'expect(sum(1, 2)).toBe(3)',
        }),
      ),
    ).toEqual(['test']))

  test.each([
    ['bun run --filter frontend test', 'frontend'],
    ['npm run test --prefix frontend', 'frontend'],
    ['npm test --workspace=@acme/ui', 'frontend'],
    ['pnpm -r test', 'packages/frontend'],
    ['yarn workspace @acme/ui test', 'packages/frontend'],
    ['npm run test:e2e', ''],
  ])('with a browser are seen behind %s', (line, folder) => {
    const root = { scripts: { test: line, 'test:e2e': 'playwright test' } }
    const found = checks({
      'package.json': manifest(root),
      'package-lock.json': '',
      ...(folder === '' ? {} : { [`${folder}/package.json`]: manifest({ name: '@acme/ui', scripts: { test: 'bunx playwright test' } }) }),
    })
    expect(namesOf(found)).toEqual([])
    expect(found.notes).toContainEqual(
      expect.stringMatching(/^package\.json: "test" needs a browser or a running stack \(.*playwright test\)/),
    )
  })

  test('of parts with lists of their own are not run again by the script of the top that only calls them', () => {
    const part = { 'package-lock.json': '', 'package.json': manifest({ scripts: { lint: 'eslint .', test: 'vitest' } }) }
    const parts = ['client', 'server'].flatMap((folder) => Object.entries(part).map(([file, text]) => [`${folder}/${file}`, text]))
    const scripts = {
      'client:lint': 'npm run lint --prefix client',
      'server:lint': 'npm run lint --prefix server',
      lint: 'npm run server:lint && npm run client:lint',
      test: 'node --test && npm test --prefix client',
    }
    const found = checks({ ...Object.fromEntries(parts), 'package.json': manifest({ scripts }), 'package-lock.json': '' })
    expect(namesOf(found)).toEqual(['test', 'client-lint', 'client-test', 'server-lint', 'server-test'])
  })
})

test.each([
  ['pom.xml', 'mvn -B test'],
  ['build.gradle.kts', 'gradle test'],
  ['api/build.gradle', 'cd api && gradle test'],
])('tests of Java, %s, are said with what to write', (file, run) => {
  const found = checks({ [file]: '', [file.replace(/[^/]*$/, 'src/test/java/ATest.java')]: '' })
  expect(found.notes).toEqual([expect.stringContaining(`{ name: test, container: IMAGE, run: ${run} }`)])
  expect(found.stages).toEqual([])
  expect(checks({ [file]: '' }).notes).toEqual(['no lint or test set-up was recognised'])
})
