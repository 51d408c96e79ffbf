import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'

function scripts(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name)
    return statSync(path).isDirectory() ? scripts(path) : [path]
  })
}

// $PREFIX/NAME and $CACHE/NAME, up to where a version or a key begins
const made = (variable: string, text: string) =>
  [...text.matchAll(new RegExp(`\\$\\{?${variable}\\}?/([a-z][a-z-]*)`, 'g'))].map(([, name]) => name as string)

const teardown = 'test/sandbox/lib/teardown.bash'

test.each(['PREFIX', 'CACHE'])('purge removes whatever any script puts into the folder of %s', (variable) => {
  const names = new Set(
    ['script', 'test/sandbox']
      .flatMap(scripts)
      .filter((path) => path !== teardown && !path.endsWith('.ts'))
      .flatMap((path) => made(variable, readFileSync(path, 'utf8'))),
  )
  const list = new RegExp(`"\\$\\{${variable}:\\?\\}"/\\{([^}]*)\\}`).exec(readFileSync(teardown, 'utf8'))?.[1]?.split(',') ?? []
  const removed = (name: string) => list.some((entry) => entry === name || (entry.endsWith('-*') && name.startsWith(entry.slice(0, -1))))
  expect(names.size).toBeGreaterThan(4)
  expect([...names].filter((name) => !removed(name))).toEqual([])
})
