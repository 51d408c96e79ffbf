import { type TestProject, testProject } from '../../../pipeline/support/project.ts'

/** A package of Debian 12 that the sandbox's vulnerability database has, or has not, something to say about. */
export interface FixturePackage {
  readonly name: string
  readonly version: string
}

export const HARMLESS: FixturePackage = { name: 'sandbox-harmless', version: '1.0' }
export const CRITICAL: FixturePackage = { name: 'sandbox-critical', version: '1.0' }
export const UNFIXED: FixturePackage = { name: 'sandbox-unfixed', version: '1.0' }

interface Wanted {
  readonly name: string
  readonly amd64?: FixturePackage
  readonly arm64?: FixturePackage
  readonly dockerfile?: string
  /** YAML, at the end of deploy.yml. */
  readonly config?: string
  readonly files?: Readonly<Record<string, string>>
}

/** A project with one small image that differs by platform, committed once. */
export const imageProject = ({
  name,
  amd64 = HARMLESS,
  arm64 = HARMLESS,
  dockerfile = DOCKERFILE,
  config = '',
  files = {},
}: Wanted): TestProject & { readonly sha: string } => {
  const project = testProject({
    Dockerfile: dockerfile,
    'packages/amd64': stanza(amd64, 'amd64'),
    'packages/arm64': stanza(arm64, 'arm64'),
    'deploy.yml': `project: ${name}\nregistry: { namespace: Tests }\nimages: { app: {} }\n${config}`,
    '.gitignore': 'reports/\n',
    ...files,
  })
  return { ...project, sha: project.commit('one') }
}

/** Distroless images keep one such file for each package, and the scanner reads them. */
const DOCKERFILE = `FROM debian:12-slim
ARG TARGETARCH
COPY packages/\${TARGETARCH} /var/lib/dpkg/status.d/fixture
CMD ["true"]
`

const stanza = ({ name, version }: FixturePackage, architecture: string): string =>
  `Package: ${name}\nStatus: install ok installed\nMaintainer: nobody <nobody@example.invalid>\nArchitecture: ${architecture}\nVersion: ${version}\nDescription: fixture\n`
