import { stringify } from 'yaml'
import { DeployError } from '../errors.ts'
import { checklist, type Task } from './checklist.ts'
import { composeFiles } from './compose-files.ts'
import { type Answers, configText, registryOf } from './config-text.ts'
import { withoutSource } from './mounts.ts'
import { type Proposal, propose } from './proposal.ts'
import type { SourceTree } from './tree.ts'
import { composeToWrite } from './without-dockerfile.ts'
import { workflowText } from './workflow-text.ts'

export const WORKFLOW = '.github/workflows/deploy.yml'
/** The compose file that takes the mounts of developers away. */
const OVERRIDE = 'compose.deploy.yml'

/** What init makes of a project. */
export interface Written {
  readonly proposal: Proposal
  /** Path → text; the config is under the name that is given. */
  readonly files: Readonly<Record<string, string>>
  readonly tasks: readonly Task[]
}

/** @throws DeployError CONFIG where there is nothing to begin with */
export const seen = (tree: SourceTree): Proposal => {
  const files = composeFiles(tree)
  if (files.length === 0) throw noComposeFile(tree)
  // what an earlier run of ours wrote is written anew
  const proposal = propose({ ...tree, files: tree.files.filter((file) => file !== OVERRIDE) }, files)
  const [problem] = [...proposal.compose.problems, ...unusable(proposal)]
  if (problem !== undefined)
    throw new DeployError('CONFIG', `the compose file cannot be read: ${problem}`, {
      evidence: proposal.compose.problems,
      hint: `by hand: mend it; docker compose --file ${files[0]} config says the same`,
    })
  if (proposal.images.images.length === 0)
    throw new DeployError('CONFIG', `no service of ${files.join(', ')} is built in this repository`, {
      evidence: proposal.notes,
      hint: 'by hand: give the service of your image `build: .` beside its `image:`\ndeploy-action init',
    })
  return proposal
}

/** Which images run, under which names and with which databases, is for a person to say; the rest can be written down. */
const noComposeFile = (tree: SourceTree): DeployError => {
  const lines = composeToWrite(tree)
  return new DeployError('CONFIG', 'there is no compose file here that says how the project runs', {
    evidence: lines,
    hint:
      lines.length === 0
        ? 'by hand: write compose.yaml, with a service for each image and each database (docs.docker.com/compose)\ndeploy-action init'
        : 'by hand: write these lines into compose.yaml, with the ports and volumes of each service and a service for each database; one image in several roles is one service for each, with its command or environment\ndeploy-action init',
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
  const files = [...proposal.compose.files.filter((file) => file !== OVERRIDE), ...(override === null ? [] : [OVERRIDE])]
  const registry = registryOf(proposal, answers.owner)
  const made = {
    [config]: configText(proposal, answers, files),
    ...(override === null ? {} : { [OVERRIDE]: override }),
    [WORKFLOW]: workflowText(proposal, registry),
  }
  return { proposal, files: made, tasks: checklist({ files: Object.keys(made), proposal, answers, registry, repository: tree.repository }) }
}
