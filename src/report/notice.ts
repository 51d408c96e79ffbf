import type { Notice, NotifyConfig } from '../config/notify.ts'
import type { ResultDocument } from './document.ts'

/** What is known of a run when somebody is told of it. */
export interface NoticeFacts {
  readonly project: string
  readonly environment: string | null
  readonly commit: string
  readonly ref: string | null
  readonly repository: string | null
  readonly actor: string
  /** Address of the run, or of the result; null where there is none. */
  readonly link: string | null
  /** Milliseconds so far. */
  readonly duration: number
  /** Null at the start. */
  readonly document: Pick<ResultDocument, 'command' | 'outcome' | 'failureCode' | 'message' | 'release' | 'previousRelease' | 'url'> | null
}

/** An HTTP request that tells it; the address is secret. */
export interface NoticeRequest {
  readonly url: string
  readonly body: unknown
}

/** What happened, in the words of the config; null where nobody has to hear of it. */
export const noticeOf = (document: Pick<ResultDocument, 'outcome' | 'failureCode'>, wasBroken: boolean): Notice | null => {
  if (document.failureCode === 'BROKEN') return 'broken'
  if (document.outcome === 'rolled-back') return 'rolled-back'
  if (document.outcome === 'succeeded') return wasBroken ? 'healed' : 'succeeded'
  return document.outcome === 'unchanged' ? null : 'failed'
}

const SIGNS: Readonly<Record<Notice, string>> = { started: '▶', succeeded: '✔', healed: '✔', 'rolled-back': '↩', failed: '✘', broken: '‼' }
const WORDS: Readonly<Record<Notice, string>> = {
  started: 'started',
  succeeded: 'succeeded',
  healed: 'healed: it was BROKEN before',
  'rolled-back': 'was rolled back',
  failed: 'failed',
  broken: 'is BROKEN: a person must act',
}

/** A few lines for people. */
export const noticeText = (notice: Notice, facts: NoticeFacts): string =>
  [
    `${SIGNS[notice]} ${facts.project}${facts.environment === null ? '' : ` (${facts.environment})`} ${WORDS[notice]}${facts.document === null ? '' : `, after ${shown(facts.duration)}`}`,
    facts.document?.message ?? '',
    `commit ${facts.commit.slice(0, 7)}${facts.ref === null ? '' : ` of ${facts.ref}`}${facts.repository === null ? '' : ` in ${facts.repository}`}, by ${facts.actor}`,
    facts.link ?? '',
  ]
    .filter((line) => line !== '')
    .join('\n')
    .slice(0, LONGEST)

/** Discord takes 2000 characters, Telegram 4096 (discord.com/developers/docs/resources/webhook, core.telegram.org/bots/api#sendmessage). */
const LONGEST = 1900

const shown = (milliseconds: number): string => {
  const seconds = Math.round(milliseconds / 1000)
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`
}

const TELEGRAM = 'https://api.telegram.org'

/** As each service wants it. What others wrote can mention nobody and format nothing. */
export const noticeRequest = (to: NotifyConfig, notice: Notice, facts: NoticeFacts): NoticeRequest => {
  const text = noticeText(notice, facts)
  const { url = TELEGRAM } = to
  switch (to.type) {
    case 'discord':
      return { url, body: { content: text, allowed_mentions: { parse: [] } } }
    case 'slack':
      // docs.slack.dev: these three are all that has to be escaped
      return { url, body: { text: text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;') } }
    case 'telegram':
      return {
        url: `${url.replace(/\/+$/, '')}/bot${to.token}/sendMessage`,
        body: { chat_id: to.chat, text, link_preview_options: { is_disabled: true } },
      }
    default: {
      const { document, ...others } = facts
      return { url, body: { event: notice, text, ...others, ...document } }
    }
  }
}
