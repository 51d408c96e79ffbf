import { describe, expect, test } from '@jest/globals'
import { type Notice, type NotifyConfig, notifySecrets } from '../../src/config/notify.ts'
import { type NoticeFacts, noticeOf, noticeRequest, noticeText } from '../../src/report/notice.ts'
import { problemsOf } from '../config/problems.ts'

const FACTS: NoticeFacts = {
  project: 'shop',
  environment: 'production',
  commit: 'a'.repeat(40),
  ref: 'main',
  repository: 'acme/shop',
  actor: 'ada',
  link: 'https://github.com/acme/shop/actions/runs/7',
  duration: 83_400,
  document: {
    command: 'deploy',
    outcome: 'succeeded',
    failureCode: null,
    message: 'release 7-aaaaaaa serves',
    release: '7-aaaaaaa',
    previousRelease: '6-b',
    url: null,
  },
}
const ON: Notice[] = ['succeeded']

test('what happened is told with commit, time and link', () => {
  expect(noticeText('succeeded', FACTS)).toBe(
    '✔ shop (production) succeeded, after 1 min 23 s\nrelease 7-aaaaaaa serves\ncommit aaaaaaa of main in acme/shop, by ada\nhttps://github.com/acme/shop/actions/runs/7',
  )
  expect(noticeText('started', { ...FACTS, document: null, link: null })).toBe(
    '▶ shop (production) started\ncommit aaaaaaa of main in acme/shop, by ada',
  )
})

test.each([
  ['succeeded', null, false, 'succeeded'],
  ['succeeded', null, true, 'healed'],
  ['unchanged', null, false, null],
  ['rolled-back', 'HEALTH', false, 'rolled-back'],
  ['failed', 'BROKEN', false, 'broken'],
  ['refused', 'CONFIG', false, 'failed'],
  ['unknown', 'UNKNOWN', true, 'failed'],
] as const)('%s with %s is told as it is', (outcome, failureCode, wasBroken, expected) => {
  expect(noticeOf({ outcome, failureCode }, wasBroken)).toBe(expected)
})

describe('what a service is sent', () => {
  const sent = (to: Omit<NotifyConfig, 'on'>, message = 'fine') =>
    noticeRequest({ ...to, on: ON }, 'succeeded', {
      ...FACTS,
      document: { ...(FACTS.document as NonNullable<NoticeFacts['document']>), message },
    })

  test('Discord: nobody can be mentioned, and no more than it takes', () => {
    const { url, body } = sent({ type: 'discord', url: 'https://discord.com/api/webhooks/1/x' }, `@everyone ${'x'.repeat(5000)}`)
    expect(url).toBe('https://discord.com/api/webhooks/1/x')
    expect(body).toMatchObject({ allowed_mentions: { parse: [] } })
    expect((body as { content: string }).content.length).toBeLessThanOrEqual(2000)
  })

  test('Slack: what others wrote is no markup', () => {
    expect(sent({ type: 'slack', url: 'https://hooks.slack.com/x' }, '<!channel> & more').body).toEqual({
      text: expect.stringContaining('&lt;!channel&gt; &amp; more'),
    })
  })

  test('Telegram: the token is in the address only', () => {
    const { url, body } = sent({ type: 'telegram', token: '1:abc', chat: '-100' })
    expect(url).toBe('https://api.telegram.org/bot1:abc/sendMessage')
    expect(body).toMatchObject({ chat_id: '-100' })
    expect(JSON.stringify(body)).not.toContain('1:abc')
  })

  test('an address of your own: everything as JSON', () => {
    expect(sent({ type: 'webhook', url: 'https://x.example.org/' }).body).toMatchObject({
      event: 'succeeded',
      project: 'shop',
      environment: 'production',
      commit: 'a'.repeat(40),
      outcome: 'succeeded',
      release: '7-aaaaaaa',
      duration: 83_400,
    })
  })
})

test('addresses and tokens are secret, also their parts', () => {
  const secrets = notifySecrets({
    notify: [
      { type: 'discord', url: 'https://discord.com/api/webhooks/123/abcdefghijklmnop', on: ON },
      { type: 'telegram', token: '1:abc', chat: '5', on: ON },
    ],
  })
  expect(secrets).toEqual(['https://discord.com/api/webhooks/123/abcdefghijklmnop', 'abcdefghijklmnop', '1:abc'])
})

test.each([
  ['{ type: discord, url: "http://discord.com/x" }', 'notify[0].url: must be an https address'],
  ['{ type: discord }', 'needs `url`, and with telegram `token` and `chat` instead'],
  ['{ type: telegram, url: "https://x.org" }', 'needs `url`, and with telegram `token` and `chat` instead'],
  ['{ type: discrod, url: "https://x.org" }', 'did you mean "discord"?'],
  ['{ type: slack, url: "https://x.org", on: [succeded] }', 'did you mean "succeeded"?'],
])('%s is refused', (entry, expected) => {
  expect(problemsOf(`project: shop\nimages: { api: {} }\nnotify: [${entry}]\n`).join('\n')).toContain(expected)
})
