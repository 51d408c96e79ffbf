import type { Place } from '../../errors.ts'

/** What BuildKit said of a build that failed. */
export interface BuildFailure {
  /** The step: `[linux/arm64 3/5] RUN false`. */
  readonly step: string | null
  readonly reason: string
  readonly places: readonly Place[]
  readonly hint: string
}

/** Reads the end of `--progress=plain`: the failed step in `> [...]:`, its place in `Dockerfile:7`, the reason in `ERROR:`. */
export const readBuildFailure = (output: string, dockerfile: string): BuildFailure => {
  const reason = lastMatch(output, /^ERROR: (.+)$/gm) ?? 'docker buildx build failed'
  const step = lastMatch(output, /^ > (\[.+\].*?):?$/gm)
  const line = Number(
    lastMatch(output, /^\S*?ockerfile\S*?:(\d+)$/gm) ?? lastMatch(output, />>> *\n|dockerfile parse error on line (\d+)/gm) ?? Number.NaN,
  )
  const sentence = shorten(reason)
  return {
    step,
    reason: sentence,
    places: Number.isInteger(line) && line > 0 ? [{ file: dockerfile, line, column: 1, message: `${step ?? 'build'}: ${sentence}` }] : [],
    hint: hintFor(output),
  }
}

const lastMatch = (text: string, pattern: RegExp): string | null => [...text.matchAll(pattern)].at(-1)?.[1] ?? null

/** `failed to solve: process "/bin/sh -c x" did not complete successfully: exit code: 1` */
const shorten = (reason: string): string =>
  reason
    .replace(/^failed to (build|solve): /, '')
    .replace(/^failed to solve: /, '')
    .slice(0, 300)

const hintFor = (output: string): string => {
  if (/exec format error/.test(output))
    return 'by hand: this machine cannot run the other architecture: add a step `docker/setup-qemu-action`, or docker run --privileged --rm tonistiigi/binfmt --install all'
  if (/no space left on device/.test(output)) return 'docker builder prune\ndocker system df'
  if (/x509:|certificate signed by unknown/.test(output))
    return 'by hand: the builder does not trust the registry of a base image: give it the authority in a buildkitd.toml (DEPLOY_BUILDKIT_CONFIG)'
  if (/(401|403|unauthorized|denied)[^\n]*$/im.test(output) && /failed to (resolve|authorize|load metadata)/i.test(output))
    return 'by hand: a base image is not public: docker login where it lies'
  if (/failed to resolve source metadata|not found/.test(output) && /load metadata/.test(output))
    return 'by hand: check the name of the base image in FROM'
  return 'by hand: repeat it here: docker buildx build --progress=plain with the same Dockerfile and context'
}
