import type { FailureCode, FailureDetails, Place } from '../errors.ts'

/** What became of the command, as outputs, `--json` and the summary all tell it. */
export type Outcome = 'succeeded' | 'unchanged' | 'rolled-back' | 'failed' | 'refused' | 'unknown'

/** One step of any command: what it was, why it was there, how it went. */
export interface StepReport {
  readonly name: string
  /** Why the step was there: "api: image changed". */
  readonly cause: string
  /** ISO 8601, by the clock of the machine that ran it; null where it did not start. */
  readonly start: string | null
  /** Milliseconds by a clock that does not jump; null where it did not start. */
  readonly duration: number | null
  readonly result: 'succeeded' | 'failed' | 'skipped' | 'undone' | 'planned'
  /** A sentence for people: attempts of a health check, findings of a scan. */
  readonly detail?: string
}

export interface ImageReport {
  /** repository@sha256:…: the index, or the one manifest of an image for one platform. */
  readonly reference: string
  readonly digest: string
  /** "linux/amd64" → digest of that platform's manifest. */
  readonly platforms: Readonly<Record<string, string>>
  readonly tags?: readonly string[]
  /** "linux/amd64" → what the scanner said of that digest; absent where nothing was scanned yet. */
  readonly scans?: Readonly<Record<string, ScannedPlatform>>
}

/** The verdict on one platform's manifest. */
export interface ScannedPlatform {
  readonly digest: string
  readonly result: 'passed' | 'failed'
  readonly scanner: string
  /** ISO 8601. */
  readonly at: string
}

/** One machine's share of a build, as one entry of a workflow's `strategy.matrix`. */
export interface BuildLeg {
  /** Counted from 1: the job hands its images on under this number. */
  readonly slot: number
  /** For people, and so the name of a check: "api (arm64)". */
  readonly name: string
  /** Label of the runner. */
  readonly runner: string
  /** For the input `only`: one name a line. */
  readonly only: string
  /** For the input `platform`: one a line. */
  readonly platform: string
  /** The runner has to run programs of another architecture than its own. */
  readonly emulated: boolean
}

export interface BuildMatrix {
  readonly include: readonly BuildLeg[]
}

/** Everything in a registry that the servers of one environment may have to pull again. */
export interface KeptImages {
  readonly environment: string
  /** repository@sha256:… of every release that is kept: the index and each platform. */
  readonly references: readonly string[]
}

/** Something that a scan found, on one or several platforms of an image. */
export interface FindingReport {
  readonly image: string
  readonly platforms: readonly string[]
  readonly severity: 'CRITICAL' | 'HIGH' | 'MEDIUM' | 'LOW' | 'UNKNOWN'
  /** CVE-…, or the rule by which a secret was found. */
  readonly id: string
  /** The package, or the file that holds a secret. */
  readonly subject: string
  readonly installed: string | null
  /** null where there is no fix. */
  readonly fixed: string | null
  /** The last day on which an exception of the config accepts it; null where none does. */
  readonly acceptedUntil: string | null
}

export interface ServingReport {
  readonly host: string
  readonly services: Readonly<
    Record<string, { readonly digest: string | null; readonly image: string; readonly since: string | null; readonly state: string }>
  >
}

/** With `--json`, standard output is exactly one of these. */
export interface ResultDocument {
  readonly command: string
  readonly outcome: Outcome
  readonly failureCode: FailureCode | null
  readonly message: string
  readonly hint: string | null
  /** Everything that is wrong in the user's own files, each at its place; empty where it is something else. */
  readonly places: readonly Place[]
  readonly environment: string | null
  readonly release: string | null
  readonly previousRelease: string | null
  readonly serving: readonly ServingReport[]
  readonly images: Readonly<Record<string, ImageReport>>
  readonly steps: readonly StepReport[]
  readonly reportPath: string | null
  readonly url: string | null
  /** Of a scan only: the worst first; of very many, the worst. */
  readonly findings?: readonly FindingReport[]
  /** Of `build --matrix` only. */
  readonly matrix?: BuildMatrix
  /** Of `status` only: a sentence for each place where what runs is not what the record says. */
  readonly drift?: readonly string[]
  /** Of `status` only; absent where a record on a server cannot be read. */
  readonly kept?: KeptImages
  /** doctor: each thing that was looked at. */
  readonly checks?: readonly CheckReport[]
}

/** One line of doctor. */
export interface CheckReport {
  readonly check: string
  readonly result: 'pass' | 'warn' | 'fail' | 'unknown'
  readonly sentence: string
  /** The command that mends it; null where nothing has to be mended. */
  readonly mend: string | null
}

/** The facts a command gathers while it works; they are reported even where it then throws. */
export type Facts = {
  matrix?: BuildMatrix /** Before this run; in no document. */
  wasBroken?: boolean
  drift?: readonly string[]
  kept?: KeptImages
  findings?: readonly FindingReport[]
} & {
  -readonly [K in 'environment' | 'release' | 'previousRelease' | 'serving' | 'images' | 'steps' | 'url']: ResultDocument[K]
} & { -readonly [K in 'checks']?: ResultDocument[K] }

/** What a command says at its end when it did not throw: `refused` and `unknown` are thrown as DeployErrors. */
export interface Verdict {
  readonly outcome: Outcome
  readonly message: string
  readonly hint?: string
  /** Set where the outcome is a failure that was handled, such as a deploy that rolled itself back. */
  readonly failureCode?: FailureCode
  /** With a failure that was handled: what was seen, and what serves now. */
  readonly details?: Pick<FailureDetails, 'evidence' | 'serving'>
}
