import { join } from 'node:path'
import { trivyVersion } from '../../commands/trivy.ts'
import type { Context } from '../../entry/context.ts'
import { DeployError } from '../../errors.ts'
import type { InstallTool, ToolDownload } from '../../ports.ts'
import { lastLines } from '../last-lines.ts'

export interface Scanner {
  readonly program: string
  readonly version: string
}

const VERSION = '0.74.0'
const RELEASES = 'https://github.com/aquasecurity/trivy/releases/download'

/**
 * What the release's archives hash to. A tag of Trivy's was moved to a malicious build before (GHSA-69fq-xp46-6x23):
 * a version is a promise, a hash is not.
 */
const PINS: Readonly<Record<string, Pick<ToolDownload, 'sha256'> & { readonly archive: string }>> = {
  x64: { archive: 'Linux-64bit', sha256: '2ae6fe3ee734b7fdf11335663e18c75ea12dccc76062f09f164a3b0f8be4371a' },
  arm64: { archive: 'Linux-ARM64', sha256: 'b94ce1976bbf3c15b514b605ee88be7c6d94a29be2302847ff01cb794d47aad5' },
}

/** The first version whose behaviour was measured against the guards of `scan`. */
const OLDEST = [0, 70] as const

/** The scanner that the config (or DEPLOY_SCAN_PATH) names, else the pinned one through the tool cache. */
export const findScanner = async (context: Context, install: InstallTool): Promise<Scanner> => {
  const path = context.ports.env.DEPLOY_SCAN_PATH || context.config.scan.path
  const program = path === undefined ? await install(pinnedScanner(process.arch)) : resolve(context.project, path)
  const version = await versionOf(context, program)
  if (!isNewEnough(version))
    throw new DeployError('SCANNER', `${program} is Trivy ${version}; ${OLDEST.join('.')} or newer is needed`, {
      hint: 'by hand: update it, or leave scan.path out',
    })
  return { program, version }
}

export const pinnedScanner = (architecture: string, releases = RELEASES): ToolDownload => {
  const pin = PINS[architecture]
  if (pin === undefined)
    throw new DeployError('SCANNER', `there is no pinned Trivy for ${architecture}`, {
      hint: 'by hand: install it on the machine and say where: scan.path',
    })
  const url = `${releases}/v${VERSION}/trivy_${VERSION}_${pin.archive}.tar.gz`
  return { name: 'trivy', version: VERSION, url, sha256: pin.sha256, program: 'trivy' }
}

/** A name without a slash is looked for in PATH. */
const resolve = (project: string, path: string): string => (path.includes('/') && !path.startsWith('/') ? join(project, path) : path)

const versionOf = async (context: Context, program: string): Promise<string> => {
  const result = await context.ports.programs.run(trivyVersion(program), { timeoutMs: 30_000 }).catch((cause) => {
    throw new DeployError('SCANNER', `${program} cannot be run`, { cause, hint: 'by hand: check scan.path' })
  })
  const version = parseVersion(result.stdout)
  if (result.code === 0 && version !== null) return version
  throw new DeployError('SCANNER', `${program} does not say which Trivy it is`, {
    evidence: lastLines(`${result.stdout}\n${result.stderr}`, 5),
    hint: `by hand: look at what it says: ${program} version`,
  })
}

const parseVersion = (text: string): string | null => {
  try {
    const { Version: version } = JSON.parse(text) as { readonly Version?: unknown }
    return typeof version === 'string' && /^\d+\.\d+/.test(version) ? version : null
  } catch {
    return null
  }
}

export const isNewEnough = (version: string): boolean => {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])
}
