import { mkdir, rename, rm, stat } from 'node:fs/promises'
import { tarExtract } from '../../commands/tar.ts'
import type { Context } from '../../entry/context.ts'
import { DeployError } from '../../errors.ts'
import { untilCancelled } from '../cancelled.ts'
import { lastLines } from '../last-lines.ts'
import { type ImageJob, runForImage } from './image-job.ts'
import { labelLayout } from './labelled-layout.ts'
import { labelsOf } from './labels.ts'

/**
 * Builds an image by the project's own command, such as ko, bazel or nix, and makes of the OCI layout that it wrote one
 * as BuildKit would have left it: for the platforms of the config, with our labels, under one index.
 * @throws DeployError BUILD
 */
export const runOwnBuilder = async (context: Context, job: ImageJob, command: readonly string[]): Promise<void> => {
  const { name, image, layoutFolder } = job
  const written = `${layoutFolder}.written`
  const result = await runForImage(context, job, command, { IMAGE_LAYOUT: written })
  if (result.code !== 0)
    throw new DeployError('BUILD', `image ${name} was not built: its builder ended with ${result.code ?? result.signal}`, {
      evidence: lastLines(`${result.stdout}\n${result.stderr}`),
      hint: `by hand: run it in ${image.context}, with IMAGE_LAYOUT and IMAGE_PLATFORMS set: ${command.join(' ')}`,
    })
  await takeLayout(context, job, written)
  await labelLayout(layoutFolder, { name, platforms: image.platforms, labels: labelsOf(context, name) })
}

/** A folder stays one, an archive is unpacked. */
const takeLayout = async ({ ports }: Context, { name, layoutFolder }: ImageJob, written: string): Promise<void> => {
  const found = await stat(written).catch(() => null)
  if (found === null)
    throw new DeployError('BUILD', `the builder of image ${name} ended well and wrote nothing to $IMAGE_LAYOUT`, {
      hint: 'by hand: it has to write an OCI layout there; with ko: ko build --push=false --oci-layout-path="$IMAGE_LAYOUT" --platform="$IMAGE_PLATFORMS"',
    })
  if (found.isDirectory()) return rename(written, layoutFolder)
  await mkdir(layoutFolder, { recursive: true })
  const result = await untilCancelled(ports, () => ports.programs.run(tarExtract(written, layoutFolder)))
  if (result.code !== 0)
    throw new DeployError('BUILD', `what the builder of image ${name} wrote to $IMAGE_LAYOUT is neither a folder nor a tar file`, {
      evidence: lastLines(result.stderr),
      hint: 'by hand: it has to be an OCI layout, as docker save of Docker 25 writes it too',
    })
  await rm(written)
}
