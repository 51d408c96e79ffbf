import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { plainText } from '../../src/adapters/plain-text.ts'
import { redaction } from '../../src/adapters/redaction.ts'
import { CANARIES } from './canaries.ts'
import { canaryForms, formsFound } from './canary-forms.ts'

const hiding = (...values: readonly string[]): ((text: string) => string) => {
  const hidden = redaction()
  for (const value of values) hidden.add(value)
  return hidden.apply
}

describe('a hidden value', () => {
  test('is not found in any text around it, in the forms that tools make of it', () => {
    const value = fc
      .string({ minLength: 8, maxLength: 40, unit: 'binary' })
      .filter((text) => text.trim().length >= 8 && text.isWellFormed())
    const around = fc.string({ maxLength: 12 })
    fc.assert(
      fc.property(value, around, around, (secret, before, after) => {
        const apply = hiding(secret)
        const bytes = Buffer.from(secret)
        for (const form of [
          secret,
          bytes.toString('base64'),
          bytes.toString('base64url'),
          bytes.toString('hex'),
          encodeURIComponent(secret),
          JSON.stringify(secret).slice(1, -1),
        ]) {
          expect(apply(`${before}${form}${after}`)).not.toContain(form)
        }
      }),
    )
  })

  test('is not left in the base64 of a longer text, but for the letters that belong to its neighbours', () => {
    const secret = 'correct horse battery staple'
    for (const prefix of ['', 'a', 'ab', 'abc', 'user:']) {
      for (const suffix of ['', 'z', 'zz']) {
        const shown = hiding(secret)(Buffer.from(prefix + secret + suffix).toString('base64'))
        const rest = Buffer.from(shown.replace('***', ''), 'base64').toString('latin1')
        for (let at = 0; at + 4 <= secret.length; at++) expect(rest).not.toContain(secret.slice(at, at + 4))
      }
    }
  })

  test('of several lines is hidden line by line, but not the frame of a key', () => {
    const apply = hiding('-----BEGIN PRIVATE KEY-----\nMIIEvQIBADAN\nBgkqhkiG9w0B\n-----END PRIVATE KEY-----\n')
    expect(apply('got BgkqhkiG9w0B and -----BEGIN PRIVATE KEY-----')).toBe('got *** and -----BEGIN PRIVATE KEY-----')
  })

  test('that overlaps another leaves nothing of either', () => {
    expect(hiding('abcdef', 'defghi')('x abcdefghi y')).toBe('x *** y')
    expect(hiding('abcdef')('abcdefabcdef')).toBe('***')
  })

  test.each(CANARIES)('%s is found in none of twelve forms, line by line, in any neighbourhood', (canary) => {
    const apply = hiding(canary)
    for (const { name, text } of canaryForms(canary)) {
      for (const [before, after] of [
        ['', ''],
        ['api | ', ''],
        ['password=', '; retrying'],
      ]) {
        const printed = `${before}${text}${after}`
        expect([name, formsFound(canary, printed)]).not.toEqual([name, []])
        expect([name, formsFound(canary, printed.split('\n').map(apply).join('\n'))]).toEqual([name, []])
      }
    }
  })

  test.each(CANARIES)('%s is not found in what is left of a text that was cut, wherever', (canary) => {
    const apply = hiding(canary)
    for (const { text } of canaryForms(canary)) {
      const line = text.replaceAll('\n', '')
      for (let cut = 1; cut < line.length; cut++) {
        expect(formsFound(canary, apply(line.slice(0, cut)))).toEqual([])
        expect(formsFound(canary, apply(`… ${line.slice(cut)}`))).toEqual([])
      }
    }
  })

  test('with colours and invisible characters inside of it is hidden before these are taken out', () => {
    const [canary = ''] = CANARIES
    const hide = hiding(canary)
    for (const inside of ['\u001b[31m', '\u200b', '\u0000']) {
      const printed = [...canary].join(inside)
      expect(plainText(`x ${printed} y`, undefined, hide)).toBe('x *** y')
    }
  })

  test('that is a JSON object hides its secret fields, and no others', () => {
    const apply = hiding(JSON.stringify({ type: 'service_account', private_key: 'kEy-0f-tHe-s3rvice', deep: { api_token: 't0ken-0f-it' } }))
    expect(apply('service_account kEy-0f-tHe-s3rvice t0ken-0f-it')).toBe('service_account *** ***')
  })

  test('hides no ordinary word that it happens to hold', () => {
    const apply = hiding('https://hooks.example.com/services/T0AB12CD/xYz98765')
    expect(apply('see https://example.com/services/list')).toBe('see https://example.com/services/list')
  })

  test('that is too short to mean anything hides nothing', () => {
    expect(hiding('', 'a', 'no')('a note')).toBe('a note')
  })
})

describe('plain text', () => {
  test.each([
    ['\u001b[31mred\u001b[0m', 'red'],
    ['\u001b]0;title\u0007text', 'text'],
    ['\u001b]8;;https://evil\u001b\\link\u001b]8;;\u001b\\', 'link'],
    ['10%\r50%\r100%', '100%'],
    ['done\r', 'done'],
    ['a\u0000b\u0008c\td', 'abc\td'],
    ['safe\u202egnp.exe', 'safegnp.exe'],
    ['zero\u200bwidth\u2028line', 'zerowidthline'],
    ['\u001b', ''],
  ])('of %j is %j', (line, text) => {
    expect(plainText(line)).toBe(text)
  })

  test('is bounded, and says how long it was', () => {
    expect(plainText('x'.repeat(10_000), 10)).toBe(`${'x'.repeat(10)}… (10000 characters)`)
  })

  test('never holds a control character, whatever came', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (line) => {
        // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
        expect(plainText(line)).not.toMatch(/[\u0000-\u0008\u000a-\u001f\u007f-\u009f]/)
      }),
    )
  })
})
