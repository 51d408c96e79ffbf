import { accessSync, constants, readFileSync, statSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { given, output } from './machine.ts'

const promised = ['SANDBOX_REGISTRY', 'SANDBOX_REGISTRY_USER', 'SANDBOX_REGISTRY_PASSWORD', 'SANDBOX_HOSTS', 'SANDBOX_SSH_PORT']
promised.push(
  'SANDBOX_SSH_USER',
  'SANDBOX_SSH_KEY',
  'SANDBOX_KNOWN_HOSTS',
  'SANDBOX_SSH_KEY_ROOT',
  'PATH',
  'DOCKER_CONFIG',
  'SSL_CERT_FILE',
)

describe('what script/sandbox env prints', () => {
  const lines = output(['script/sandbox', 'env']).split('\n')

  test('is nothing but exports, with every promised name', () => {
    for (const line of lines) expect(line).toMatch(/^export [A-Z_]+=\S+(\\ \S+)*$/)
    const names = lines.map((line) => line.slice('export '.length, line.indexOf('=')))
    expect(names).toEqual(expect.arrayContaining(promised))
  })

  test('names a private key that only its owner can read, and keys pinned for every server', () => {
    expect(statSync(given('SANDBOX_SSH_KEY')).mode & 0o077).toBe(0)
    const pinned = readFileSync(given('SANDBOX_KNOWN_HOSTS'), 'utf8')
    for (const host of given('SANDBOX_HOSTS').split(' ')) {
      for (const kind of ['ssh-ed25519', 'ecdsa-sha2-nistp256', 'ssh-rsa']) expect(pinned).toContain(`${host} ${kind} `)
    }
  })

  test('names an engine with the containerd store', () => {
    expect(output(['docker', 'info', '--format', '{{.DriverStatus}}'])).toContain('io.containerd.snapshotter')
  })

  test('leaves the user’s own docker configuration and the system’s socket out of it', () => {
    expect(given('DOCKER_CONFIG')).not.toContain(given('HOME'))
    expect(given('DOCKER_HOST')).not.toBe('unix:///var/run/docker.sock')
    accessSync(given('DOCKER_HOST').replace('unix://', ''), constants.R_OK)
  })
})
