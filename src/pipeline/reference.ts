import { DeployError } from '../errors.ts'

/** One image in a registry, by digest. */
export interface ImageReference {
  readonly host: string
  /** Without the host. */
  readonly repository: string
  readonly digest: string
}

const REFERENCE = /^([a-z0-9][a-z0-9.-]*(?::[0-9]{1,5})?)\/([a-z0-9]+(?:[._/-]+[a-z0-9]+)*)@(sha256:[0-9a-f]{64})$/

/** @throws DeployError CONFIG where it is not HOST/REPOSITORY@sha256:… */
export const parseReference = (text: string): ImageReference => {
  const [, host, repository, digest] = REFERENCE.exec(text) ?? []
  if (host === undefined || repository === undefined || digest === undefined || text.length > 400)
    throw new DeployError('CONFIG', `${JSON.stringify(text.slice(0, 300))} is not an image with its digest`, {
      hint: 'by hand: give it as HOST/REPOSITORY@sha256:<64 hex digits>, as `build` and `publish` print it',
    })
  return { host, repository, digest }
}

/** Splits HOST/PATH as `imageNames` makes it. */
export const splitRepository = (name: string): { readonly host: string; readonly repository: string } => {
  const slash = name.indexOf('/')
  return { host: name.slice(0, slash), repository: name.slice(slash + 1) }
}
