// the first input is read before anything is loaded: a misplaced step must not cost the time of a whole bundle
const command = process.env.INPUT_COMMAND

const { runOnRunner } = await import('./runner-front.ts')
process.exit(await runOnRunner(command))

export {}
