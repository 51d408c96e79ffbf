import type { Readiness } from './observed.ts'
import type { Step, SwitchService } from './steps.ts'

/** What a step will do, where its name and its cause do not say it: which images, which command, and how readiness is asked. */
export const stepDetail = (step: Step): string | null => {
  switch (step.kind) {
    case 'pull':
      return step.references.map(shortened).join(', ')
    case 'migrate':
      return step.tool === 'alembic' ? `alembic upgrade head in ${serviceOf(step.run)}` : ran(step.run)
    case 'seed':
      return ran(step.run)
    case 'await':
      return readySentence(step.readiness)
    case 'switch':
      return switched(step.services)
    default:
      return null
  }
}

/** Twelve digits of a digest are enough to tell it from another. */
const shortened = (reference: string): string => reference.replace(/(@sha256:[0-9a-f]{12})[0-9a-f]+$/, '$1')

/** Arguments of `docker compose run`, see oneOffArguments. */
const ran = (run: readonly string[]): string => {
  const [entrypoint, words] = run[0] === '--entrypoint' ? [[run[1] ?? ''], run.slice(2)] : [[], run]
  const [service = '', ...command] = words
  return [...entrypoint, ...command].length === 0
    ? `its own command in ${service}`
    : `${[...entrypoint, ...command].join(' ')} in ${service}`
}

const serviceOf = (run: readonly string[]): string => (run[0] === '--entrypoint' ? (run[2] ?? '') : (run[0] ?? ''))

/** Services that are asked alike are told together. */
const switched = (services: readonly SwitchService[]): string => {
  const sentences = [...new Set(services.map(({ readiness }) => readySentence(readiness)))]
  if (sentences.length === 1) return sentences.join()
  const alike = (sentence: string): string =>
    services.flatMap(({ service, readiness }) => (readySentence(readiness) === sentence ? [service] : [])).join(', ')
  return sentences.map((sentence) => `${alike(sentence)} ${sentence}`).join('; ')
}

const readySentence = ({ ask, stable }: Readiness): string => {
  const lasting = stable === 0 ? '' : ` and ${stable / 1000} s without a restart`
  if (ask.kind === 'http') return `ready by HTTP ${ask.status.join(' or ')} at :${ask.port}${ask.path}${lasting}`
  if (ask.kind === 'log') return `ready by ${JSON.stringify(ask.text)} in its log${lasting}`
  if (ask.kind === 'exec') return `ready by a command in its container${lasting}`
  return stable === 0 ? 'ready by its own health check, else when it runs' : `ready by its own health check, if it has one,${lasting}`
}
