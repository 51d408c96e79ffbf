/** What somebody sees first who opens the run of a deploy, measured on the page that a browser makes of it. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import type { ResultDocument } from '../../src/report/document.ts'
import { nextSteps } from '../../src/report/failure.ts'
import { type Box, hasChromium, pictured, SCREEN } from './pictures/chromium.ts'
import { COLUMN } from './pictures/page.ts'
import { botOf, type World, world } from './world.ts'

const PICTURES = join(import.meta.dirname, '../../reports/pictures')
const SECRET = 'c4nary-of-the-registry'
const LOG = [...Array.from({ length: 40 }, (_, line) => `Traceback, line ${line}: ${'x'.repeat(100)}`), `login with ${SECRET}`].join('\n')

/** The texts that are not on the first screen, or beside the column where one has to scroll to them. */
const unseen = async (name: string, markdown: string | null | undefined, texts: readonly string[]): Promise<readonly string[]> => {
  const boxes = await pictured(markdown ?? '', texts, join(PICTURES, `${name}.png`))
  return texts.filter((_, index) => !isSeen(boxes[index] ?? null))
}

const isSeen = (box: Box | null): boolean =>
  box !== null && box.left >= COLUMN.left && box.right <= COLUMN.left + COLUMN.width && box.top >= 0 && box.bottom <= SCREEN.height

const documentOf = ({ repository }: World): ResultDocument =>
  JSON.parse(readFileSync(join(repository.folder, 'reports/result.json'), 'utf8')) as ResultDocument

/** What a reader of a failure looks for: its code, what serves, what comes next. */
const wanted = ({ failureCode, hint, serving }: ResultDocument): readonly string[] => {
  const digests = ['api', 'bot'].map((service) => serving[0]?.services[service]?.digest)
  const next = nextSteps(hint).map((step) => step.replace(/^(by hand|on the server): /, ''))
  return [failureCode, ...digests, ...next].map((text) => text ?? 'nothing')
}

;(hasChromium ? test : test.skip)('the first screen of a deploy that failed has its code, what serves, and the next command', async () => {
  const one = await world()
  const first = one.next()
  const pull = { number: 7, head: { sha: first, repo: { full_name: 'Acme/Shop' } } }
  writeFileSync(join(one.repository.folder, 'event.json'), JSON.stringify({ pull_request: pull }))
  await one.run({ inputs: { command: 'plan' }, env: { GITHUB_EVENT_NAME: 'pull_request', GITHUB_EVENT_PATH: 'event.json' } })
  const { message, steps } = documentOf(one)
  const planned = ['Plan for production', message, ...steps.map(({ name }) => name)]
  expect(steps.length).toBeGreaterThan(5)
  expect(await unseen('plan', one.github.comments[0]?.body, planned)).toEqual([])

  const good = await one.run()
  const { release, url } = documentOf(one)
  const [, api, bot] = wanted(documentOf(one))
  expect(botOf(one, first)).toContain(bot)
  expect(await unseen('succeeded', good.summary, [release, api, bot, url].map(String))).toEqual([])

  one.next()
  one.server.tell('one-off/migrate', `cat <<'END'\n${LOG}\nEND\nexit 1`)
  const notMigrated = await one.run()
  expect(wanted(documentOf(one))).toEqual(['MIGRATE', api, bot, expect.any(String)])
  expect(await unseen('not-migrated', notMigrated.summary, wanted(documentOf(one)))).toEqual([])
  one.server.untell('one-off/migrate')

  const third = one.next()
  one.server.tell('sick', botOf(one, third))
  one.server.tell('log', LOG)
  const rolledBack = await one.run({ inputs: { 'registry-username': 'ci', 'registry-password': SECRET } })
  expect(wanted(documentOf(one))).toEqual(['HEALTH', api, bot, expect.any(String)])
  expect(await unseen('rolled-back', rolledBack.summary, wanted(documentOf(one)))).toEqual([])
  // folded below, with what the container printed
  expect(rolledBack.summary).toContain('Traceback, line 39')
  expect(rolledBack.summary).toContain('login with ***')

  one.server.tell('sick', `${botOf(one, first)}\n${botOf(one, third)}`)
  const broken = await one.run()
  expect(wanted(documentOf(one))).toEqual(['BROKEN', api, bot, expect.any(String), expect.any(String)])
  expect(await unseen('broken', broken.summary, wanted(documentOf(one)))).toEqual([])
})
