/** Who is told how a deploy or rollback went. */
import * as z from 'zod'

/** What may be told; `healed`: a success after a BROKEN. */
export const NOTICES = ['started', 'succeeded', 'rolled-back', 'failed', 'broken', 'healed'] as const
export type Notice = (typeof NOTICES)[number]

export const notify = z
  .strictObject({
    type: z.enum(['discord', 'slack', 'telegram', 'webhook']).describe('Which kind of service; webhook: JSON to an address of your own'),
    url: z
      .string()
      .regex(/^(https:\/\/|http:\/\/(localhost|127\.0\.0\.1)[:/])[^\s]+$/, 'must be an https address')
      .refine(URL.canParse, 'must be an https address')
      .optional()
      .describe('The address with its secret; usually ${NAME}, from a secret. With telegram: a Bot API server of your own'),
    token: z.string().optional().describe('With telegram: the token of the bot; usually ${NAME}, from a secret'),
    chat: z.string().optional().describe('With telegram: number of the chat, or @name of a channel'),
    on: z.array(z.enum(NOTICES)).min(1).default(['succeeded', 'rolled-back', 'failed', 'broken', 'healed']).describe('What is told'),
  })
  .refine(
    ({ type, url, token, chat }) =>
      type === 'telegram' ? Boolean(token && chat) : url !== undefined && token === undefined && chat === undefined,
    'needs `url`, and with telegram `token` and `chat` instead',
  )

export type NotifyConfig = z.output<typeof notify>

/** All of it that must not be shown: addresses carry their secret in the path. */
export const notifySecrets = (config: { readonly notify: readonly NotifyConfig[] }): readonly string[] =>
  config.notify.flatMap(({ url, token }) => [
    ...(token === undefined ? [] : [token]),
    ...(url === undefined ? [] : [url, ...new URL(url).pathname.split('/').filter((part) => part.length >= 12)]),
  ])
