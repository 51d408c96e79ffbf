/** @type {import('jest').Config} */
export default {
  rootDir: import.meta.dirname,
  testEnvironment: 'node',
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts', '.sh', '.yml'],
  moduleFileExtensions: ['ts', 'js', 'mjs', 'cjs', 'json', 'node', 'sh', 'yml'],
  transform: {
    '\\.ts$': ['@swc/jest', { jsc: { target: 'es2023', parser: { syntax: 'typescript' }, experimental: { keepImportAttributes: true } } }],
    '\\.(sh|yml)$': '<rootDir>/script/jest/text.js',
  },
  // examples/ and fixtures carry package.json files of their own, which are no modules of ours
  modulePathIgnorePatterns: [
    '<rootDir>/examples/',
    '<rootDir>/test/users/projects/',
    '<rootDir>/test/journeys/projects/',
    '<rootDir>/dist/',
    '<rootDir>/.deploy-action/',
  ],
  maxWorkers: 2,
  testSequencer: '<rootDir>/script/jest/longest-first.js',
  // machines may be slow and busy: a deadline says that something hangs, not how fast it should be
  testTimeout: 60_000,
}
