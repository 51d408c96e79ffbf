import { execFileSync } from 'node:child_process'
import { expect, test } from '@jest/globals'
import { COMMANDS } from '../../src/entry/context.ts'
import { runCli } from './command-line.ts'

const script = async (shell: string): Promise<string> => (await runCli(['completion', shell], { cwd: '/' })).stdout

const completed = async (...words: readonly string[]): Promise<readonly string[]> => {
  const text = `${await script('bash')}\nCOMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _deploy_action; printf '%s\\n' "\${COMPREPLY[@]}"`
  return execFileSync('bash', ['-c', text, 'bash', 'deploy-action', ...words], { encoding: 'utf8' })
    .split('\n')
    .filter(Boolean)
}

test('bash completes commands, the options of the command, and files', async () => {
  expect(await completed('ro')).toEqual(['rollback'])
  expect(await completed('')).toEqual(expect.arrayContaining([...COMMANDS]))
  expect(await completed('rollback', '--do')).toEqual(['--down'])
  expect(await completed('plan', '--do')).toEqual([])
  expect(await completed('deploy', '--ssh-key', '/etc/host')).toContain('/etc/hosts')
})

test('zsh and fish name every command', async () => {
  for (const shell of ['zsh', 'fish']) for (const name of COMMANDS) expect(await script(shell)).toContain(name)
  expect(await script('zsh')).toContain('bashcompinit')
})

test('no secret can be completed into a command line', async () => {
  for (const shell of ['bash', 'fish']) expect(await script(shell)).not.toContain('registry-password')
})

test('another shell is refused', async () => {
  const { code, stdout, stderr } = await runCli(['completion', 'tcsh'], { cwd: '/' })
  expect([code, stdout]).toEqual([78, ''])
  expect(stderr).toContain('completion is for bash, zsh, fish, not "tcsh"')
})

test('exec is refused with its reason, whatever stands behind it', async () => {
  const { code, stderr } = await runCli(['exec', 'api', '--', 'sh', '-c', 'id'], { cwd: '/' })
  expect(code).toBe(78)
  expect(stderr).toContain('CONFIG: exec is refused: ')
  expect(stderr).toContain('docker compose exec SERVICE COMMAND')
})

test.each(COMMANDS)('the help of %s fits a screen of 100 columns', async (command) => {
  const lines = (await runCli([command, '--help'], { cwd: '/' })).stdout.trimEnd().split('\n')
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(110)
  expect(lines.length).toBeLessThanOrEqual(50)
})
