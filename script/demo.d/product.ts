import { readFileSync } from 'node:fs'
import { type Environment, run } from './program.ts'

/** The command line as a user has it: `node cli.js COMMAND` in the project's folder. Only its exit code is taken from it. */
export interface Product {
  readonly run: (args: readonly string[], log: string) => Promise<number>
}

interface Surroundings {
  readonly cli: string
  readonly project: string
  readonly env: Environment
  readonly onLine: (line: string) => void
}

export const product = ({ cli, project, env, onLine }: Surroundings): Product => ({
  run: async (args, log) => (await run([process.execPath, cli, ...args], { cwd: project, env, log, onLine })).code,
})

/** What a user sets so that the sample goes to the sandbox, whose own files name ghcr.io and no server. */
export const userEnvironment = (sandbox: Environment, host: string): Record<string, string> => ({
  SSH_HOST: host,
  DEPLOY_SSH_KEY: readFileSync(String(sandbox.SANDBOX_SSH_KEY), 'utf8'),
  DEPLOY_KNOWN_HOSTS: readFileSync(String(sandbox.SANDBOX_KNOWN_HOSTS), 'utf8'),
  DEPLOY_REGISTRY: String(sandbox.SANDBOX_REGISTRY),
  DEPLOY_REGISTRY_USERNAME: String(sandbox.SANDBOX_REGISTRY_USER),
  DEPLOY_REGISTRY_PASSWORD: String(sandbox.SANDBOX_REGISTRY_PASSWORD),
  DEPLOY_SCAN_PATH: String(sandbox.SANDBOX_TRIVY),
  // the public database's name, as the sandbox's registry has it
  DEPLOY_SCAN_DATABASE: `${sandbox.SANDBOX_REGISTRY}/aquasecurity/trivy-db:2`,
})
