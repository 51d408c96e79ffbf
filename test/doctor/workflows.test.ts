import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { prepareScript } from '../../src/doctor/prepare.ts'
import { workflowFindings } from '../../src/doctor/workflows.ts'

const read = (name: string): string => readFileSync(join(import.meta.dirname, '../../workflows', name), 'utf8')
const starter = read('one-job.yml')
const wrong = (text: string, isGhcr = true, environments = ['production']): readonly string[] =>
  workflowFindings({ workflows: { 'deploy.yml': text }, environments, isGhcr })
    .filter(({ result }) => result !== 'pass')
    .map(({ result, sentence }) => `${result}: ${sentence}`)

test.each(['deploy.yml', 'pipeline.yml', 'one-job.yml', 'rollback.yml', 'scheduled.yml'])('the starter %s is well', (name) => {
  expect(wrong(read(name))).toEqual([])
})

test.each([
  [
    '      packages: write # to push images to ghcr.io\n',
    '',
    'fail: deploy.yml: job deploy pushes images but its token may not write packages',
  ],
  [
    '          fetch-depth: 0\n',
    '',
    'warn: deploy.yml: job deploy checks out one commit only, so nobody can tell an older commit from a newer one',
  ],
  [
    'environment: production\n    permissions',
    'environment: prod\n    permissions',
    'warn: deploy.yml: job deploy is for the environment prod, which the config does not have',
  ],
  ['contents: read # to check the source and its history out', 'actions: read', 'fail: deploy.yml: job deploy may not read the repository'],
  ['jobs:', 'jobs: [', 'fail: deploy.yml:'],
])('what is wrong in it is said: %s', (there, instead, sentence) => {
  const text = starter.replace(there, instead)
  expect(text).not.toBe(starter)
  expect(wrong(text)[0]).toContain(sentence)
})

test('a caller of the pipeline grants what its jobs ask for', () => {
  const text = read('pipeline.yml').replace('pull-requests: write, ', '').replace('packages: write', 'packages: read')
  expect(wrong(text, false)).toEqual([
    'fail: deploy.yml: job pipeline calls the pipeline without packages: write, so GitHub starts nothing of it',
    'fail: deploy.yml: job pipeline calls the pipeline without pull-requests: write, so GitHub starts nothing of it',
  ])
})

test('another registry needs no right of the job token', () => {
  expect(wrong(starter.replace('      packages: write # to push images to ghcr.io\n', ''), false)).toEqual([])
})

test('a dry run pushes nothing, so it needs no right to', () => {
  expect(wrong(starter).filter((sentence) => sentence.includes('pull-request'))).toEqual([])
})

test('where no workflow uses the action, init is named', () => {
  expect(workflowFindings({ workflows: { 'ci.yml': 'jobs: {}' }, environments: [], isGhcr: true })).toEqual([
    { check: 'workflow', result: 'warn', sentence: 'no workflow uses deploy-action yet', mend: 'deploy-action init' },
  ])
})

test('what prepares a server is printed with the names of the config and the public half of the key', () => {
  const text = prepareScript({ user: 'ops', path: '/srv/shop/live', environmentFile: '.env', publicKey: 'ssh-ed25519 AAAAkey' })
  expect(text).toContain("printf '\\n%s\\n' 'restrict ssh-ed25519 AAAAkey deploy-action' >> /home/ops/.ssh/authorized_keys")
  expect(text).toContain('install -d -o ops -g ops /srv/shop/live')
  expect(text).toContain('docker-compose-plugin')
})
