import { expect, test } from '@jest/globals'
import { output, ran } from './machine.ts'

const scripts = output(['git', 'ls-files', 'script/sandbox', 'script/setup', 'test/sandbox'])
  .split('\n')
  .filter((path) => /^script\/|\/(install|steps)\/|\.(bash|sh)$/.test(path))

// unpacked by `script/setup tools`
const here = ran(['sh', '-c', 'command -v shellcheck']).code === 0

;(here ? test : test.skip)('shellcheck finds nothing in the scripts of setup and sandbox', () => {
  expect(scripts.length).toBeGreaterThan(20)
  expect(ran(['shellcheck', '-x', ...(scripts as [string, ...string[]])]).all).toBe('')
})
