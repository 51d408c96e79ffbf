import { authorizedKeys, makeKeyFolder, makeUser } from '../doctor/prepare.ts'
import type { Answers, RegistryChoice } from './config-text.ts'
import type { Proposal } from './proposal.ts'
import { folderOf } from './tree.ts'

/** One thing that a person does, and the commands for it. */
export interface Task {
  readonly title: string
  readonly commands: readonly string[]
}

export interface Question {
  /** That were written. */
  readonly files: readonly string[]
  readonly proposal: Proposal
  readonly answers: Answers
  readonly registry: RegistryChoice
  readonly repository: string | null
}

/** What is left to do, in order; each command can be typed as it stands, once the host is known. */
export const checklist = ({ files, proposal, answers, registry, repository }: Question): readonly Task[] => {
  const { variables, mounts, compose, buildVariables, tracked } = proposal
  const host = answers.host ?? 'HOST'
  const { key, hosts } = keyFiles(proposal)
  const { user, path } = answers
  const keys = authorizedKeys(user)
  const bring = (file: string): string =>
    `ssh -i ${key} ${user}@${host} 'umask 077; mkdir -p ${[path, folderOf(file)].filter(Boolean).join('/')}; cat > ${path}/${file}' < ${file}`
  // the file is written before it is brought: a command that reads it would fail
  const content = (file: string): string =>
    [
      variables.examples[file] === undefined ? '' : ` (what belongs into it: ${variables.examples[file]})`,
      variables.unwritten.includes(file) && !file.startsWith('/') ? `; write ${file} here first, where git ignores it` : '',
    ].join('')
  const inRepository = repository === null ? '' : ` --repo ${repository}`
  return [
    {
      title: `The server, as root (deploy-action doctor --prepare prints the same for a server without Docker)`,
      commands: [...makeUser(user), `install -d -o ${user} -g ${user} ${path}`, makeKeyFolder(user)],
    },
    {
      title: 'A key for this purpose only',
      commands: [
        `ssh-keygen -t ed25519 -N '' -C deploy-action -f ${key}`,
        // added, on a line of its own: whoever else may log in there keeps that
        `sed 's/^/restrict /' ${key}.pub | ssh root@${host} '(echo; cat) >> ${keys} && chown ${user}:${user} ${keys} && chmod 600 ${keys}'`,
      ],
    },
    {
      title: 'The host key of the server; compare it with what the server itself prints: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub',
      commands: [`ssh-keyscan -t ed25519 ${host} > ${hosts}`, `ssh-keygen -lf ${hosts}`],
    },
    {
      title: `Secrets and variables on GitHub${buildVariables.length === 0 ? '' : `; what builds take is asked for: ${buildVariables.map((name) => (tracked[name] ? `${name} (${tracked[name]} in .env)` : name)).join(', ')}`}`,
      commands: [
        `gh api --method PUT repos/${repository ?? 'OWNER/NAME'}/environments/production`,
        `gh secret set SSH_KEY --env production${inRepository} < ${key}`,
        `gh variable set KNOWN_HOSTS --env production${inRepository} < ${hosts}`,
        `gh variable set SSH_HOST --env production${inRepository} --body ${host}`,
        ...buildVariables.map((name) => `gh variable set ${name}${inRepository}`),
        ...(registry.host === 'ghcr.io'
          ? []
          : [
              `gh variable set REGISTRY_USERNAME --env production${inRepository} --body USER_OF_${registry.host}`,
              `gh secret set REGISTRY_PASSWORD --env production${inRepository}`,
            ]),
      ],
    },
    ...(variables.isRead
      ? [
          {
            title: `The environment file ${path}/${variables.file}${variables.required.length === 0 ? '' : `, with ${variables.required.join(', ')}`}${content(variables.file)}`,
            commands: [bring(variables.file)],
          },
        ]
      : []),
    ...variables.others.map((file) => ({
      title: `${file}, which services read and the repository does not have${content(file)}`,
      commands: file.startsWith('/') ? [] : [bring(file)],
    })),
    ...mounts.data.map(({ service, source, isFile }) =>
      service === 'secrets'
        ? {
            title: `The file of a secret, ${source}`,
            commands: [bring(source)],
          }
        : isFile
          ? {
              title: `The file of ${service}, ${source}, which its container's user must be able to read, and to write where it does; Docker would make a folder of it`,
              commands: [bring(source)],
            }
          : {
              title: `The folder of ${service}, owned by the user that its container runs as`,
              commands: [`ssh -i ${key} ${user}@${host} mkdir -p ${path}/${source}`],
            },
    ),
    ...mounts.ignored
      .filter(({ source }) => ![variables.file, ...variables.others].includes(source))
      .map(({ service, source, example }) => ({
        title: `${source} in the folder that ${service} mounts: git ignores it, so no deploy brings it (what belongs into it: ${example})`,
        commands: [bring(source)],
      })),
    ...mounts.elsewhere.map(({ service, source }) => ({
      title: `${source}, which ${service} mounts, must be on the server`,
      commands: [],
    })),
    ...compose.external.map(({ kind, name }) => ({
      title: `The ${kind} ${name}, which compose expects to be there`,
      commands: [`ssh -i ${key} ${user}@${host} docker ${kind} create ${name}`],
    })),
    {
      title: 'What is missing yet, and the plan of the first deploy: reads the server and changes nothing',
      commands: [lookCommand(proposal, answers)],
    },
    { title: 'The first deploy', commands: [`git add ${files.join(' ')}`, "git commit -m 'Deploy with deploy-action'", 'git push'] },
  ]
}

/** Outside of the project, where no commit can take them along. */
const keyFiles = ({ project }: Proposal) => ({ key: `~/.ssh/${project}-deploy`, hosts: `~/.ssh/${project}-known-hosts` })

/** Asks the server what a deploy would find there and do. */
export const lookCommand = (proposal: Proposal, answers: Answers): string => {
  const { key, hosts } = keyFiles(proposal)
  return `deploy-action init --host ${answers.host ?? 'HOST'} --ssh-key ${key} --known-hosts ${hosts}`
}
