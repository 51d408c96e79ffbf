import { expect, test } from '@jest/globals'
import { readDockerfile } from '../../src/init/dockerfile.ts'

const copied = (line: string): readonly string[] =>
  readDockerfile('Dockerfile', `FROM x\nWORKDIR /app\n${line}\n`).copies.map(({ from, to }) => `${from} > ${to}`)

test.each([
  ['COPY --chown=a:b ["LICENSES/Our License -- DE.md", "./Our License.md"]', ['LICENSES/Our License -- DE.md > /app/Our License.md']],
  ['COPY ["a b", "c", "./"]', ['a b > /app', 'c > /app']],
  ['COPY --link --chown=a:b a b ./', ['a > /app', 'b > /app']],
  ['COPY [a b] ./', []],
])('%s copies whole names', (line, expected) => expect(copied(line)).toEqual(expected))
