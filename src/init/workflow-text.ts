import starter from '../../workflows/one-job.yml'
import type { RegistryChoice } from './config-text.ts'
import type { Proposal } from './proposal.ts'

/**
 * `.github/workflows/deploy.yml`: our starter of one job, for this project's branch and registry. Build arguments and logins
 * reach it as they are; a reusable workflow would get neither `env` nor the secrets of an environment.
 */
export const workflowText = ({ branch, submodules, buildVariables }: Proposal, registry: RegistryChoice): string => {
  const login =
    registry.host === 'ghcr.io'
      ? []
      : ['registry-username: ${{ vars.REGISTRY_USERNAME }}', 'registry-password: ${{ secrets.REGISTRY_PASSWORD }}']
  const text = starter
    .replace(
      /^# Copy to .*\n(?:# .*\n)*?# Needs: .*\n/m,
      `# Written by deploy-action init. Needs: the secret SSH_KEY${login.length > 0 ? ' and REGISTRY_PASSWORD' : ''}, and the variables SSH_HOST${login.length > 0 ? ', REGISTRY_USERNAME' : ''} and KNOWN_HOSTS, of the environment production.\n`,
    )
    .replace('branches: [main]', `branches: [${/^[\w./-]+$/.test(branch) ? branch : JSON.stringify(branch)}]`)
    .replace(/^( *)known-hosts: .*$/m, (line, indent: string) => [line, ...login.map((one) => indent + one)].join('\n'))
  const environment = buildVariables.map((name) => `  ${name}: \${{ vars.${name} }}\n`).join('')
  const built =
    environment === ''
      ? text
      : text.replace(
          /^permissions: \{\}\n/m,
          `$&\n# build arguments; variables of the repository, because pull requests are built too\nenv:\n${environment.replaceAll('$', '$$$$')}`,
        )
  return submodules ? built.replace(/^( *)persist-credentials: false$/gm, '$&\n$1submodules: recursive') : built
}
