import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
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

const shellOf = (name: string): string | undefined =>
  [...(process.env.PATH ?? '').split(':'), `${process.env.DEPLOY_ACTION_PREFIX ?? '/opt/deploy-action-sandbox'}/bin`]
    .map((folder) => join(folder, name))
    .find(existsSync)
const [zsh, fish] = [shellOf('zsh'), shellOf('fish')]

/** What a person has in the line after the tab key, by a zsh at a terminal; {} is a folder of its own with one file in it. */
const afterTab = async (...lines: readonly string[]): Promise<readonly string[]> => {
  const folder = mkdtempSync(join(tmpdir(), 'zsh '))
  try {
    writeFileSync(join(folder, 'deploy-key'), '')
    writeFileSync(join(folder, 'completion'), await script('zsh'))
    writeFileSync(
      join(folder, 'start'),
      `autoload -U compinit && compinit -u -D; source "$FOLDER/completion"
show() { print -r -- "$BUFFER" >> "$FOLDER/shown"; zle kill-whole-line }
zle -N show; bindkey '^X' show; bindkey '^I' complete-word; cd -- "$FOLDER"; : > ready
`,
    )
    const driver = `zmodload zsh/zpty; zpty -b person "$ZSH_PROGRAM" -i; zpty -w person 'source "$FOLDER/start"'
wait_for() { repeat 400; do zpty -rt person > /dev/null; eval "$1" && return; sleep 0.02; done; exit 1 }
wait_for '[[ -e $FOLDER/ready ]]'; : > "$FOLDER/shown"; asked=0
for line; do
  zpty -wn person "$line"$'\t\x18'
  asked=$((asked + 1)); wait_for '(( $(wc -l < "$FOLDER/shown") == asked ))'
done; zpty -d person`
    execFileSync(zsh ?? '', ['-c', driver, 'zsh', ...lines], { env: { ...process.env, FOLDER: folder, ZSH_PROGRAM: zsh, TERM: 'dumb' } })
    return readFileSync(join(folder, 'shown'), 'utf8').replace(/\n$/, '').split('\n')
  } finally {
    rmSync(folder, { recursive: true })
  }
}

;(zsh === undefined ? test.skip : test)('zsh completes commands, the options of the command, and files', async () => {
  expect(
    await afterTab(
      'deploy-action ro',
      'deploy-action rollback --dow',
      'deploy-action plan --dow',
      'deploy-action deploy --ssh-key dep',
      'deploy-action completion f',
    ),
  ).toEqual([
    'deploy-action rollback ',
    'deploy-action rollback --down ',
    'deploy-action plan --dow',
    'deploy-action deploy --ssh-key deploy-key ',
    'deploy-action completion fish ',
  ])
})

/** What fish offers for a line: each with its description behind a tab. */
const offered = async (line: string): Promise<readonly string[]> => {
  const text = `${await script('fish')}\ncomplete -C ${JSON.stringify(line)}\n`
  return execFileSync(fish ?? '', ['--no-config', '-c', text], {
    encoding: 'utf8',
    cwd: '/etc',
    env: { ...process.env, HOME: '/nonexistent' },
  })
    .split('\n')
    .filter(Boolean)
}

;(fish === undefined ? test.skip : test)('fish completes commands, the options of the command with what they mean, and files', async () => {
  expect(await offered('deploy-action ro')).toEqual(['rollback'])
  expect(await offered('deploy-action ')).toEqual(expect.arrayContaining([...COMMANDS]))
  expect(await offered('deploy-action rollback --dow')).toEqual([expect.stringMatching(/^--down\t\S/)])
  expect(await offered('deploy-action plan --dow')).toEqual([])
  expect(await offered('deploy-action deploy --ssh-key host')).toContain('hosts')
  expect(await offered('deploy-action completion z')).toEqual(['zsh'])
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
