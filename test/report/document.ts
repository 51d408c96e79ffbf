import type { ResultDocument } from '../../src/report/document.ts'

const digest = (letter: string): string => `sha256:${letter.repeat(64)}`

/** A deploy that went well, to be changed by tests. */
export const deployed: ResultDocument = {
  command: 'deploy',
  outcome: 'succeeded',
  failureCode: null,
  message: 'release 17-3f2c1ab serves on web-1',
  hint: null,
  places: [],
  environment: 'production',
  release: '17-3f2c1ab',
  previousRelease: '16-9d8e7f6',
  serving: [
    {
      host: 'web-1',
      services: { api: { digest: digest('a'), image: 'ghcr.io/acme/shop-api', since: '2026-11-21T12:00:00Z', state: 'running' } },
    },
  ],
  images: {
    api: {
      reference: `ghcr.io/acme/shop-api@${digest('a')}`,
      digest: digest('a'),
      platforms: { 'linux/amd64': digest('b'), 'linux/arm64': digest('c') },
      tags: ['latest', 'sha'],
    },
  },
  steps: [
    { name: 'pull', cause: 'api: image changed', start: '2026-11-21T12:00:00Z', duration: 2345, result: 'succeeded' },
    {
      name: 'health api',
      cause: 'api: switched',
      start: '2026-11-21T12:00:03Z',
      duration: 61_000,
      result: 'succeeded',
      detail: '3 attempts: refused, 503, 200',
    },
    { name: 'seed', cause: 'done before', start: null, duration: null, result: 'skipped' },
  ],
  reportPath: 'reports/result.json',
  url: 'https://shop.example.org',
}
