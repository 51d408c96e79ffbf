import { stringify } from 'yaml'
import { DeployError } from '../errors.ts'
import { checklist, type Task } from './checklist.ts'
import { wholeOf } from './compose-file.ts'
import { chosen, composeFiles, composeFilesElsewhere, otherReading } from './compose-files.ts'
import { type Answers, configText, registryOf } from './config-text.ts'
import { WRITTEN_BY_US, withoutSource } from './mounts.ts'
import { type Proposal, propose } from './proposal.ts'
import type { SourceTree } from './tree.ts'
import { composeToWrite } from './without-dockerfile.ts'
import { workflowText } from './workflow-text.ts'

export const WORKFLOW = '.github/workflows/deploy.yml'
/** The compose file that takes the mounts of developers away; the second where somebody has one of that name. */
const OVERRIDES = ['compose.deploy.yml', 'compose.deploy-action.yml']
const isOurs = (tree: SourceTree, file: string): boolean => OVERRIDES.includes(file) && (tree.read(file) ?? '').includes(WRITTEN_BY_US)

/** What init makes of a project. */
export interface Written {
  readonly proposal: Proposal
  /** Path → text; the config is under the name that is given. */
  readonly files: Readonly<Record<string, string>>
  readonly tasks: readonly Task[]
}

/** @throws DeployError CONFIG where there is nothing to begin with */
export const seen = (whole: SourceTree, config = 'deploy.yml'): Proposal => {
  // what an earlier run of ours wrote is written anew
  const tree = { ...whole, files: whole.files.filter((file) => !isOurs(whole, file)) }
  const { files: named, profiles } = chosen(wholeOf(tree, config))
  const kept = named.filter((file) => tree.files.includes(file))
  const files = kept.length > 0 ? kept : composeFiles(tree)
  if (files.length === 0) throw noComposeFile(tree, config)
  const found = propose(tree, files, profiles)
  const proposal = { ...found, notes: [...otherReading(tree, files, config), ...leftFiles(found), ...found.notes] }
  const [problem] = [...proposal.compose.problems, ...unusable(proposal)]
  if (problem !== undefined)
    throw new DeployError('CONFIG', `the compose file cannot be read: ${problem}`, {
      evidence: proposal.compose.problems,
      hint: `by hand: mend it; docker compose ${files.map((file) => `--file ${file}`).join(' ')} config says the same`,
    })
  if (proposal.images.images.length === 0) throw nothingBuilt(proposal, config)
  return proposal
}

const nothingBuilt = ({ compose: { files, services }, notes }: Proposal, config: string): DeployError => {
  const built = services.filter(({ build }) => build !== null)
  const profiles = [...new Set(services.flatMap((service) => service.profiles))].join(', ')
  const [sentence, hint] =
    built.length > 0 && built.every((service) => service.profiles.length > 0)
      ? [
          `every service of ${files.join(', ')} that is built has a profile, and a deploy starts none of those by itself`,
          `write \`compose: { profiles: [${profiles}] }\` into ${config}, without those that the server is not to start\ndeploy-action init --yes`,
        ]
      : [
          `no service of ${files.join(', ')} is built in this repository`,
          'give the service of your image `build: .` beside its `image:`\ndeploy-action init',
        ]
  return new DeployError('CONFIG', sentence, { evidence: notes, hint: `by hand: ${hint}` })
}

/** What compose reads only where it is there: whether the server is to have it is for a person to say. */
const leftFiles = ({ compose: { services } }: Proposal): readonly string[] =>
  services.flatMap(({ name, optionalEnvFiles, profiles }) =>
    (profiles.length === 0 ? optionalEnvFiles : []).map(
      (file) =>
        `${name} reads ${file} where it is there, and the repository does not have it: put it into the deploy directory if the server is to have it`,
    ),
  )

/** Which images run, under which names and with which databases, is for a person to say; the rest can be written down. */
const noComposeFile = (tree: SourceTree, config: string): DeployError => {
  const [elsewhere] = composeFilesElsewhere(tree)
  const lines = elsewhere === undefined ? composeToWrite(tree) : []
  const what =
    elsewhere !== undefined
      ? `where ${elsewhere} is what the server runs, write \`compose: { files: [${elsewhere}] }\` into ${config}\ndeploy-action init --yes`
      : lines.length === 0
        ? 'write compose.yaml, with a service for each image and each database (docs.docker.com/compose)\ndeploy-action init'
        : 'write these lines into compose.yaml, with the ports and volumes of each service and a service for each database; one image in several roles is one service for each, with its command or environment\ndeploy-action init'
  return new DeployError('CONFIG', 'there is no compose file here that says how the project runs', {
    evidence: lines,
    hint: `by hand: ${what}`,
  })
}

/** What compose itself would refuse, or what no config of ours could name. */
const unusable = ({ compose, images }: Proposal): readonly string[] => [
  ...compose.services.flatMap(({ name }) =>
    /^[a-zA-Z0-9][a-zA-Z0-9._-]*$/.test(name) && !(name in Object.prototype) ? [] : [`${JSON.stringify(name)} is no name of a service`],
  ),
  ...images.images.flatMap(({ key, args }) =>
    Object.keys(args).flatMap((name) =>
      /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && !(name in Object.prototype)
        ? []
        : [`${JSON.stringify(name)} is no name of a build argument of ${key}`],
    ),
  ),
]

export const written = (tree: SourceTree, proposal: Proposal, answers: Answers, config: string): Written => {
  const override = withoutSource(proposal.mounts, (value) => stringify(value))
  const name = OVERRIDES.find((file) => tree.read(file) === null || isOurs(tree, file)) ?? ''
  const files = [...proposal.compose.files, ...(override === null ? [] : [name])]
  const registry = registryOf(proposal, answers.owner)
  const made = {
    [config]: configText(proposal, answers, files),
    ...(override === null ? {} : { [name]: override }),
    [WORKFLOW]: workflowText(proposal, registry),
  }
  return { proposal, files: made, tasks: checklist({ files: Object.keys(made), proposal, answers, registry, repository: tree.repository }) }
}
