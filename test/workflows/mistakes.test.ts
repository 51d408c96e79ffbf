/** Each mistake of the list, made in a workflow that is right, is found by at least one of the validators. */
import { beforeAll, describe, expect, jest, test } from '@jest/globals'
import { actionlintOfAll, has, languageService, shippedWorkflows, zizmorOf } from './linters.ts'
import { MISTAKES, type Mistake } from './mistakes.ts'
import { textOf } from './shipped.ts'

jest.setTimeout(120_000)

const withMistake = ({ file, from, to }: Mistake): string => {
  const text = textOf(file)
  const wrong = text.replace(from, to)
  if (wrong === text) throw new Error(`${file} has nothing to get ${String(from)} wrong at`)
  return wrong
}

test('there are twenty', () => {
  expect(new Set(MISTAKES.map(({ what }) => what)).size).toBe(20)
})

const describeWithAll = has('actionlint') && has('zizmor') ? describe : describe.skip

describeWithAll('each mistake is found', () => {
  /** By the language service, all at once: it is loaded once. */
  let service: readonly (readonly string[])[]

  beforeAll(() => {
    const found = languageService(MISTAKES.map((mistake) => ({ path: mistake.file, text: withMistake(mistake) })))
    service = MISTAKES.map((_, at) => found.filter((finding) => finding.at === at).map(({ message }) => message))
  })

  test.each(MISTAKES.map((mistake, at) => [mistake.what, mistake, at] as const))('%s', (_what, mistake, at) => {
    const text = withMistake(mistake)
    const found = {
      service: service[at] ?? [],
      zizmor: zizmorOf(mistake.file, text),
      actionlint: actionlintOfAll(new Map([...shippedWorkflows(), [mistake.file, text]])).map(({ message }) => message),
    }
    if (process.env.TEST_SHOW_LOG) process.stderr.write(`${mistake.what}: ${JSON.stringify(found)}\n`)
    expect([found.service.length, found.zizmor.length, found.actionlint.length]).not.toEqual([0, 0, 0])
  })
})
