import"./rolldown-runtime.js";import{t as e}from"./context.js";import{n as t}from"./options.js";const n=[`bash`,`zsh`,`fish`],r=e=>e===`bash`?a():e===`zsh`?`autoload -U +X bashcompinit && bashcompinit\n${a()}`:e===`fish`?o():null,i=e=>t.filter(t=>t.onCommandLine!==`never`&&(t.commands?.includes(e)??!0)),a=()=>{let r=e.map(e=>`    ${e}) words='${i(e).map(e=>`--${e.name}`).join(` `)} --help' ;;`);return`# source <(deploy-action completion bash)
_deploy_action() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD - 1]} words=''
  case $before in
    ${t.filter(e=>e.onCommandLine===`file`||e.value===`FILE`||e.value===`FOLDER`).map(({name:e})=>`--${e}`).join(`|`)}) COMPREPLY=($(compgen -f -- "$word")); return ;;
  esac
  if [ "$COMP_CWORD" = 1 ]; then
    COMPREPLY=($(compgen -W '${[...e,`help`,`completion`].join(` `)} --help --version' -- "$word"))
    return
  fi
  case \${COMP_WORDS[1]} in
${r.join(`
`)}
    help) words='${e.join(` `)}' ;;
    completion) words='${n.join(` `)}' ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -F _deploy_action deploy-action
`},o=()=>{let t=e=>`'${e.replaceAll(`\\`,`\\\\`).replaceAll(`'`,`\\'`)}'`,r=({onCommandLine:e,value:t})=>e===`file`||t===`FILE`||t===`FOLDER`;return[`# deploy-action completion fish | source`,`complete -c deploy-action -f`,`complete -c deploy-action -n __fish_use_subcommand -a ${t([...e,`help`,`completion`].join(` `))}`,...e.flatMap(e=>i(e).map(n=>`complete -c deploy-action -n '__fish_seen_subcommand_from ${e}' -l ${n.name}${n.kind===`flag`?``:r(n)?` -r -F`:` -x`} -d ${t(n.description)}`)),`complete -c deploy-action -n '__fish_seen_subcommand_from completion' -a ${t(n.join(` `))}`,``].join(`
`)};export{n as SHELLS,r as completionScript};