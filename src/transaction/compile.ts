import { quote } from '../commands/quote.ts'
import type { BackupConfig } from '../config/backup.ts'
import type { Ask, Readiness, ReleaseRecord } from '../plan/observed.ts'
import { ownKey, partLines } from '../plan/parts.ts'
import type { Plan, Step, SwitchService } from '../plan/steps.ts'
import { databaseRoom } from './database.ts'
import addedInfrastructure from './program/added-infrastructure.sh'
import firstStart from './program/first-start.sh'
import httpSeed from './program/http-seed.sh'
import restore from './program/restore.sh'
import retire from './program/retire.sh'
import { ROOMS } from './rooms.ts'

/** What the program has to know besides the plan. */
export interface ProgramFacts {
  readonly directory: string
  readonly project: string
  readonly operation: string
  readonly environmentFile: string
  /** The function `compose_over`, as made by `composeFunction`. */
  readonly compose: string
  /** The revision that the current release left; empty where none is known. */
  readonly schema: string
  /** How the database is asked, where the config says. */
  readonly database?: BackupConfig | undefined
  /** The record as it will be kept, apart from what only the server can add at the end. */
  readonly record: Omit<ReleaseRecord, 'schema' | 'committed'>
}

/** The whole program as text: fixed rooms, then one call for each step. Pure; golden in tests. */
export const compile = (plan: Plan, facts: ProgramFacts): string =>
  [
    '#!/bin/sh',
    `# Operation ${facts.operation}: ${plan.kind} of release ${plan.release.replaceAll(/\s/g, ' ')}. Made by deploy-action; kept for its record and for settling.`,
    assignments(plan, facts),
    ...ROOMS,
    ...(facts.database === undefined ? [] : [databaseRoom(facts.database)]),
    ...(plan.steps.some((step) => step.kind === 'infrastructure' && step.added !== undefined)
      ? [addedInfrastructure, addedFunction(plan.steps)]
      : []),
    ...(plan.steps.some(({ kind }) => kind === 'swap') ? [restore] : []),
    ...(plan.steps.some(({ kind }) => kind === 'retire') ? [retire] : []),
    ...(plan.steps.some(({ kind }) => kind === 'http-seed') ? [httpSeed] : []),
    ...(plan.steps.some((step) => step.kind === 'await' && step.first === true) ? [firstStart] : []),
    facts.compose,
    composeRoles(plan),
    ...readinessFunctions(plan.steps),
    ...plan.steps.flatMap((step, index) => (step.kind === 'http-seed' ? [uploadFunction(step, index + 1)] : [])),
    ...wayBackFunctions(plan.steps),
    `release_start() { printf '%s' ${quote(recordStart(facts.record))}; }`,
    'steps() {',
    ...plan.steps.map((step, index) => `  step ${index + 1} ${call(step, index + 1)}`),
    '}',
    'main "$@"',
    '',
  ].join('\n')

const assignments = (plan: Plan, facts: ProgramFacts): string =>
  Object.entries({
    directory: facts.directory,
    project: facts.project,
    env_file: facts.environmentFile,
    operation: `${facts.directory}/.deploy/operations/${facts.operation}`,
    kind: plan.kind,
    release: plan.release,
    previous: plan.previous ?? '',
    fallback: plan.fallback ?? '',
    known_schema: facts.schema,
    repository: ownKey(facts.record),
    parts: partLines(facts.record),
  })
    .map(([name, value]) => `${name}=${quote(value)}`)
    .join('\n')

/** The object without its end: the server adds the schema and the time. */
const recordStart = (record: ProgramFacts['record']): string => `${JSON.stringify(record).slice(0, -1)},`

const composeRoles = (plan: Plan): string =>
  [
    'compose_program() { compose_over "$directory" "$dot/releases/$release" "" "$@"; }',
    // the definitions that are to come back, before they are in place
    'compose_stage() { compose_over "$operation/stage/project" "$operation/stage" "" "$@"; }',
    // the previous release's own definitions, in a shell of their own
    `compose_before() ( . "$dot/releases/$previous/compose.sh"; compose_over "$dot/releases/$previous/project" "$dot/releases/$previous" "" "$@" )`,
    plan.previous === null ? '# nothing was deployed here before' : `# before: ${JSON.stringify(plan.previous)}`,
  ].join('\n')

/** One small function per way of asking, so that a step's line stays readable and undoing finds it again. */
const readinessFunctions = (steps: readonly Step[]): string[] => {
  const functions: string[] = []
  const before: string[] = []
  for (const [index, step] of steps.entries()) {
    if (step.kind === 'switch')
      for (const [place, { service, readiness, readinessBefore }] of step.services.entries()) {
        const name = `${index + 1}_${place + 1}`
        functions.push(`ready_${name}() { ${asking(readiness.ask)}; }`, `before_${name}() { ${asking(readinessBefore.ask)}; }`)
        before.push(`    ${quote(service)}) wait_ready "$1" "$2" before_${name} ${times(readinessBefore)} ;;`)
      }
    if (step.kind === 'retire') {
      functions.push(`before_${index + 1}() { ${asking(step.readinessBefore.ask)}; }`)
      before.push(`    ${quote(step.service)}) wait_ready "$1" "$2" before_${index + 1} ${times(step.readinessBefore)} ;;`)
    }
    if (step.kind === 'start') {
      functions.push(`ready_${index + 1}() { ${asking(step.readiness.ask)}; }`)
      before.push(`    ${quote(step.service)}) wait_ready "$1" "$2" ready_${index + 1} ${times(step.readiness)} ;;`)
    }
    if (step.kind === 'await') functions.push(`ready_${index + 1}() { ${asking(step.readiness.ask)}; }`)
    if (step.kind === 'smoke') functions.push(`ready_${index + 1}() { ${asking(step.ask)}; }`)
  }
  return [...functions, 'ready_before() {', '  case $1 in', ...before, '    *) return 0 ;;', '  esac', '}']
}

/** Whether a service is infrastructure that the release before does not know: no, new, or there all the same. */
const addedFunction = (steps: readonly Step[]): string => {
  const added = steps.flatMap((step) => (step.kind === 'infrastructure' ? Object.entries(step.added ?? {}) : []))
  return [
    'added() {',
    '  case $1 in',
    ...added.map(([service, how]) => `    ${quote(service)}) echo ${how} ;;`),
    '    *) echo no ;;',
    '  esac',
    '}',
  ].join('\n')
}

/** Called when everything is undone, by this program or by the next run, with the revision to go to. */
const wayBackFunctions = (steps: readonly Step[]): string[] =>
  steps.flatMap((step, index) =>
    step.kind === 'way-back'
      ? [
          `way_back_${index + 1}() { one_off down ${seconds(step.timeout)} ${step.run.map((word) => word.split('{revision}').map(quote).join('"$1"')).join(' ')}; }`,
        ]
      : [],
  )

/** The body of a function that asks a container whether it is ready. */
export const asking = (ask: Ask): string => {
  switch (ask.kind) {
    case 'http':
      return [
        'ask_http "$1"',
        quote(String(ask.port)),
        quote(ask.path),
        quote(ask.status.join(' ')),
        quote(ask.contains ?? ''),
        ...ask.patterns.map(quote),
      ].join(' ')
    case 'exec':
      return `ask_exec "$1" ${ask.argv.map(quote).join(' ')}`
    case 'log':
      return `ask_log "$1" ${quote(ask.text)}`
    case 'auto':
      return 'ask_auto "$1"'
  }
}

const times = ({ grace, interval, retries, deadline, stable }: Readiness): string =>
  words([grace, interval, retries, deadline, stable].map(String))
const seconds = (milliseconds: number): string => String(Math.max(1, Math.ceil(milliseconds / 1000)))
const words = (values: readonly string[]): string => values.map(quote).join(' ')

/** What the program calls for a step. */
export const call = (step: Step, number: number): string => {
  switch (step.kind) {
    case 'files':
      return 'place_files'
    case 'pull':
      return `pull_images ${words(step.references)}`
    case 'infrastructure':
      return `${step.alone === true ? 'start_alone' : 'start_infrastructure'} ${words(step.services)}`
    case 'await':
      return `${step.first === true ? 'await_set_up' : 'await_running'} ${quote(step.service)} ready_${number} ${times(step.readiness)}`
    case 'create':
      return `create_containers ${words(step.services.map(({ name, scale }) => `${name}=${scale}`))}`
    case 'await-created':
      return `await_created ${words(step.services)}`
    case 'revisions':
      return `ask_revisions ${seconds(step.timeout)} ${words(step.run)}`
    case 'backup':
      return 'backup_database'
    case 'known':
      return `ask_known ${seconds(step.timeout)} ${words(step.run)}`
    case 'down':
      return `migrate_down ${quote(step.revision)} ${seconds(step.timeout)} ${words(step.run)}`
    case 'way-back':
      return `prepare_way_back way_back_${number}`
    case 'load':
      return `load_backup ${quote(step.backup)}`
    case 'halt':
      return `halt ${words(step.services.flatMap(({ service, ids }) => [service, ids.join(' ')]))}`
    case 'swap':
      return `swap_database ${quote(step.backup)} ${quote(step.revision)}`
    case 'start':
      return `start_halted ${quote(step.service)} ${quote(step.ids.join(' '))} ready_${number} ${times(step.readiness)}`
    case 'commit-restore':
      return 'commit_restore'
    case 'tidy-database':
      return 'tidy_database'
    case 'schema':
      return `schema ${step.when} ${seconds(step.timeout)} ${words(step.run)}`
    case 'migrate':
      return `migrate_${step.tool} ${seconds(step.timeout)} ${words(step.run)}`
    case 'retire':
      return `retire ${words([step.service, step.ids.join(' '), step.running.join(' '), step.policy])}`
    case 'switch':
      return `switch_services ${step.services.map((service, place) => switched(service, `ready_${number}_${place + 1}`)).join(' ')}`
    case 'stable':
      return `stayed_up ${words(step.services)}`
    case 'restart':
      return `restart_service ${quote(step.service)}`
    case 'seed':
      return `run_seed ${quote(step.name)} ${step.hash} ${seconds(step.timeout)} ${words(step.run)}`
    case 'http-seed':
      return `http_seed ${words([step.name, step.hash, seconds(step.timeout), step.service, `upload_${number}`])}${polling(step)}`
    case 'smoke':
      return `smoke_test ${quote(step.name)} ${quote(step.service)} ${step.retries} ${seconds(step.timeout)} ready_${number}`
    case 'verify':
      return `verify_digests ${words(Object.entries(step.services).map(([service, digest]) => `${service}=${digest}`))}`
    case 'hook':
      return `server_hook ${quote(step.name)} ${seconds(step.timeout)} ${step.onFailure} ${quote(step.directory)} ${words(step.argv)}`
    case 'gate':
      return `gate ${step.gate}`
    case 'commit':
      return 'commit_release'
    case 'tidy':
      return `tidy ${step.keep} ${words(Object.entries(step.services).map(([service, name]) => `${service}=${name}`))}`
  }
}

type HttpSeed = Extract<Step, { kind: 'http-seed' }>

const uploadFunction = ({ request }: HttpSeed, number: number): string => {
  const { method, port, path, status, bearer = '', type, file = '', field = '' } = request
  // as browsers name a file in a form: HTML, "multipart form data"
  const name = (file.split('/').at(-1) ?? '').replaceAll('"', '%22')
  return `upload_${number}() { upload "$1" ${words([method, String(port), path, status.join(' '), bearer, type, file, field, name])}; }`
}

const polling = ({ request: { poll } }: HttpSeed): string => {
  if (poll === undefined) return ''
  // what is between the keys, and the keys: "/jobs/{id}" is "/jobs/", "id", ""
  const route = poll.path.split(/\{([^}]*)\}/)
  return ` ${words([String(poll.interval), poll.field, poll.succeeded.join(' '), poll.failed.join(' '), ...route])}`
}

const switched = ({ service, order, parallelism, old, policy, readiness }: SwitchService, ready: string): string =>
  `${quote(service)} ${order} ${parallelism} ${quote(old.join(' '))} ${quote(policy)} ${ready} ${times(readiness)}`
