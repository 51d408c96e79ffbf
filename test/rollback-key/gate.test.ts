/** The gate before a key for rollbacks, as text; what it lets through is tried at a real sshd, in test/sandbox/scenarios. */
import { execFileSync } from 'node:child_process'
import { describe, expect, test } from '@jest/globals'
import { isPlain, rollbackKeyScript } from '../../src/rollback-key/install.ts'
import { shellcheck } from '../transaction/support/shellcheck.ts'

const KEY = { user: 'deploy', path: '/opt/stacks/shop', project: 'shop', environmentFile: '.env', publicKey: 'ssh-ed25519 AAAA' }

test('the line for authorized_keys names one stack, and restricts everything else', () => {
  const lines = rollbackKeyScript(KEY).split('\n')
  expect(lines.at(-2)).toContain(
    `echo 'restrict,command="/usr/local/lib/deploy-action/rollback-key /opt/stacks/shop shop .env" ssh-ed25519 AAAA deploy-action rollback'`,
  )
})

test('what sshd would read as something else is not put into its line', () => {
  for (const odd of ['/opt/my shop', '/opt/"shop"', '/opt/$shop', '/opt/shop\n', "/opt/'", '/opt/a;b'])
    expect([odd, isPlain(odd)]).toEqual([odd, false])
  expect(isPlain('/opt/stacks/shop-1.2')).toBe(true)
})

;(shellcheck === undefined ? describe.skip : describe)('shellcheck', () => {
  const script = rollbackKeyScript(KEY)
  const [, gate = ''] = /<< 'END OF THE GATE'\n([\s\S]*?)END OF THE GATE\n/.exec(script) ?? []
  // which of its small questions is asked is a word of the program
  test.each([
    ['bash', gate, 'SC2317'],
    ['sh', script, 'SC2154'],
  ])('what %s runs of it is clean', (shell, text, besides) => {
    expect(text).not.toBe('')
    expect(execFileSync(shellcheck ?? '', ['-s', shell, '-e', besides, '-'], { input: text, encoding: 'utf8' })).toBe('')
  })
})
