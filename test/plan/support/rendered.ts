import type { Ask, Readiness } from '../../../src/plan/observed.ts'
import type { Plan, Step } from '../../../src/plan/steps.ts'

/** A plan as text, a line for each step: what is done, with what, and why. */
export const rendered = ({ kind, release, previous, fallback, steps }: Plan): string =>
  [
    `${kind} ${release}, before it ${previous ?? 'nothing'}, back to ${fallback ?? 'nothing'}`,
    ...steps.map((step) => `${step.kind} ${detail(step)} — ${step.cause}`.replaceAll(/ +/g, ' ')),
  ].join('\n')

const detail = (step: Step): string => {
  switch (step.kind) {
    case 'files':
      return [...step.changed, ...step.removed.map((file) => `-${file}`)].join(' ')
    case 'pull':
      return step.references.map((reference) => reference.replace(/@sha256:(..).*/, '@$1')).join(' ')
    case 'infrastructure':
      return [...step.services, ...(step.alone === true ? ['alone'] : [])].join(' ')
    case 'await-created':
    case 'stable':
      return step.services.join(' ')
    case 'await':
      return `${step.service} ${asked(step.readiness)}`
    case 'create':
      return step.services.map(({ name, scale }) => `${name}=${scale}`).join(' ')
    case 'schema':
      return `${step.when} [${step.run.join(' ')}]`
    case 'migrate':
      return step.tool === 'alembic' ? 'alembic' : `[${step.run.join(' ')}]`
    case 'switch':
      return step.services
        .map(({ service, order, old, policy, readiness }) => `${service} ${order} old [${old.join(' ')}] ${policy} ${asked(readiness)}`)
        .join(', ')
    case 'down':
      return step.revision
    case 'way-back':
      return `[${step.run.at(-1)}]`
    case 'load':
    case 'swap':
      return step.backup
    case 'halt':
      return step.services.map(({ service }) => service).join(' ')
    case 'retire':
      return `${step.service} [${step.ids.join(' ')}] ${step.policy}`
    case 'start':
    case 'restart':
      return step.service
    case 'seed':
      return `${step.name} [${step.run.join(' ')}]`
    case 'http-seed':
      return `${step.name} ${step.service} ${step.request.method} :${step.request.port}${step.request.path}`
    case 'smoke':
      return `${step.name} ${step.service} ${how(step.ask)}`
    case 'verify':
      return Object.entries(step.services)
        .map(([service, digest]) => `${service}=${digest.slice(7, 9)}`)
        .join(' ')
    case 'hook':
      return `${step.name} ${step.onFailure}`
    case 'gate':
      return step.gate
    case 'known':
    case 'commit-restore':
    case 'tidy-database':
    case 'revisions':
    case 'backup':
    case 'commit':
      return ''
    case 'tidy':
      return Object.entries(step.services)
        .map(([service, name]) => `${service}=${name}`)
        .join(' ')
  }
}

const asked = ({ ask, stable }: Readiness): string => `${how(ask)}${stable > 0 ? ` stable ${stable}` : ''}`
const how = (ask: Ask): string => (ask.kind === 'http' ? `http :${ask.port}${ask.path}` : ask.kind)
