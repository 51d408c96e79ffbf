import type { Context } from '../entry/context.ts'

/** Runs a step; what it found is told in the report beside its result, also when it then failed. */
export const detailedStep = async <T>(
  context: Context,
  name: string,
  cause: string,
  work: (tell: (detail: string) => void) => Promise<T>,
): Promise<T> => {
  let told: string | undefined
  try {
    return await context.step(name, cause, () =>
      work((detail) => {
        told = detail
      }),
    )
  } finally {
    if (told !== undefined) addDetail(context, name, told)
  }
}

/** A step that was not needed, or not allowed, with the reason. */
export const skippedStep = (context: Context, name: string, cause: string, detail: string): void => {
  context.facts.steps = [...context.facts.steps, { name, cause, start: null, duration: null, result: 'skipped', detail }]
}

const addDetail = (context: Context, name: string, detail: string): void => {
  const index = context.facts.steps.findLastIndex((step) => step.name === name)
  context.facts.steps = context.facts.steps.map((step, at) => (at === index ? { ...step, detail } : step))
}
