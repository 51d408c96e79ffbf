import type { Context } from '../../entry/context.ts'
import { DeployError } from '../../errors.ts'
import { lastLines } from '../last-lines.ts'
import { type ImageJob, runForImage } from './image-job.ts'

/** What the config wants to be done on this machine before the image is built, such as a bundle that is copied in. @throws DeployError BUILD */
export const prebuild = async (context: Context, job: ImageJob): Promise<void> => {
  const command = job.image.prebuild
  if (command === undefined) return
  await context.step(`prebuild ${job.name}`, command.join(' '), async () => {
    const result = await runForImage(context, job, command)
    if (result.code === 0) return
    throw new DeployError('BUILD', `prebuild of image ${job.name} ended with ${result.code ?? result.signal}`, {
      evidence: lastLines(`${result.stdout}\n${result.stderr}`),
      hint: `by hand: run it in ${job.image.context}: ${command.join(' ')}`,
    })
  })
}
