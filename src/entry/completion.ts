import { COMMANDS } from './context.ts'
import { OPTIONS, type Option } from './options.ts'

export const SHELLS = ['bash', 'zsh', 'fish'] as const

/** What a shell is told about our commands and their options; null for a shell that we do not know. */
export const completionScript = (shell: string | undefined): string | null => {
  if (shell === 'bash') return bash()
  // zsh runs bash's completions once it is asked to
  if (shell === 'zsh') return `autoload -U +X bashcompinit && bashcompinit\n${bash()}`
  return shell === 'fish' ? fish() : null
}

const options = (command: string): readonly Option[] =>
  OPTIONS.filter((option: Option) => option.onCommandLine !== 'never' && (option.commands?.includes(command) ?? true))

const bash = (): string => {
  const cases = COMMANDS.map(
    (name) =>
      `    ${name}) words='${options(name)
        .map((option) => `--${option.name}`)
        .join(' ')} --help' ;;`,
  )
  const files = OPTIONS.filter(
    (option: Option) => option.onCommandLine === 'file' || option.value === 'FILE' || option.value === 'FOLDER',
  ).map(({ name }) => `--${name}`)
  return `# source <(deploy-action completion bash)
_deploy_action() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD - 1]} words=''
  case $before in
    ${files.join('|')}) COMPREPLY=($(compgen -f -- "$word")); return ;;
  esac
  if [ "$COMP_CWORD" = 1 ]; then
    COMPREPLY=($(compgen -W '${[...COMMANDS, 'help', 'completion'].join(' ')} --help --version' -- "$word"))
    return
  fi
  case \${COMP_WORDS[1]} in
${cases.join('\n')}
    help) words='${COMMANDS.join(' ')}' ;;
    completion) words='${SHELLS.join(' ')}' ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -F _deploy_action deploy-action
`
}

const fish = (): string => {
  const quoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
  const isFile = ({ onCommandLine, value }: Option): boolean => onCommandLine === 'file' || value === 'FILE' || value === 'FOLDER'
  return [
    '# deploy-action completion fish | source',
    'complete -c deploy-action -f',
    `complete -c deploy-action -n __fish_use_subcommand -a ${quoted([...COMMANDS, 'help', 'completion'].join(' '))}`,
    ...COMMANDS.flatMap((name) =>
      options(name).map(
        (option) =>
          `complete -c deploy-action -n '__fish_seen_subcommand_from ${name}' -l ${option.name}${option.kind === 'flag' ? '' : isFile(option) ? ' -r -F' : ' -x'} -d ${quoted(option.description)}`,
      ),
    ),
    `complete -c deploy-action -n '__fish_seen_subcommand_from completion' -a ${quoted(SHELLS.join(' '))}`,
    '',
  ].join('\n')
}
