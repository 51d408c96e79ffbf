import { describe, expect, test } from '@jest/globals'
import { seen, written } from '../../src/init/written.ts'
import { treeOf } from '../users/support/tree.ts'

const made = (service: object, files: Readonly<Record<string, string>>) => {
  const tree = treeOf({ 'compose.yaml': JSON.stringify({ services: { web: { build: '.', ...service } } }), ...files })
  const proposal = seen(tree)
  return written(tree, proposal, { host: 'h', user: 'deploy', path: '/opt/stacks/shop', owner: 'acme' }, 'deploy.yml')
}

describe('a mount of the source that is taken away', () => {
  const noted = (dockerfile: string, more: Readonly<Record<string, string>> = {}) =>
    made(
      { volumes: ['.:/app'] },
      { Dockerfile: dockerfile, 'main.php': '', 'php.ini': '', 'package.json': '{}', ...more },
    ).proposal.notes.filter((note) => note.includes('bring the source'))

  test.each([
    'FROM php:8\nRUN docker-php-ext-install pdo\nCMD ["php-fpm"]\n',
    'FROM php:8 AS base\nCOPY php.ini /etc/php.ini\nCOPY --from=composer:2 /usr/bin/composer /usr/bin/composer\nFROM base AS prod\nUSER app\n',
    'FROM node:22\nCOPY package*.json ./\nRUN npm ci\n',
  ])('is said where nothing else brings the source into the image', (dockerfile) =>
    expect(noted(dockerfile)).toEqual([expect.stringMatching(/^web: only the mounts .*, not Dockerfile: write a COPY of it there$/)]),
  )

  test.each([
    'FROM php:8\nCOPY . /app\n',
    'FROM php:8\nCOPY main.php /app/\n',
    'FROM php:8\nCOPY *.php /app/\n',
    'FROM node:22 AS build\nRUN make\nFROM node:22\nCOPY --from=build /out /app\n',
    'FROM node:22 AS build\nRUN make\nFROM node:22\nCOPY --chown=a --from=0 /out /app\n',
    'FROM eclipse-temurin:21\nCOPY target/app.jar /app.jar\n',
    'FROM php:8\nRUN git clone https://example.org/x /app\n',
  ])('is not said where something may', (dockerfile) => expect(noted(dockerfile)).toEqual([]))
})

describe('a folder that is brought', () => {
  const files = {
    Dockerfile: 'FROM x\nCOPY main.py .\n',
    'main.py': '',
    'config/settings.example.yml': '',
    'config/config.env.example': '',
  }
  const asked = (gitignore: string): readonly string[] =>
    made({ volumes: ['./config:/app/config'] }, { ...files, '.gitignore': gitignore }).tasks.flatMap(({ title, commands }) =>
      title.includes('git ignores') ? [title, ...commands] : [],
    )

  test('leaves out what git ignores in it: that is brought by hand', () => {
    expect(asked('config/settings.yml\n')).toEqual([
      expect.stringMatching(
        /^config\/settings\.yml in the folder that web mounts: .*\(what belongs into it: config\/settings\.example\.yml\)$/,
      ),
      expect.stringMatching(
        /mkdir -p \/opt\/stacks\/shop\/config; cat > \/opt\/stacks\/shop\/config\/settings\.yml' < config\/settings\.yml$/,
      ),
    ])
    expect(asked('/config/*.yml\n*.env\n!*.example.yml\n').filter((line) => line.includes(' in the folder'))).toHaveLength(2)
  })

  test('names such a file once, however many read it', () => {
    const services = {
      web: { build: '.', volumes: ['./config:/c'] },
      jobs: { build: '.', volumes: ['./config:/c'], env_file: 'config/config.env' },
    }
    const tree = treeOf({ ...files, 'compose.yaml': JSON.stringify({ services }), '.gitignore': 'config/*\n' })
    const proposal = seen(tree)
    const { tasks } = written(tree, proposal, { host: 'h', user: 'deploy', path: '/opt/stacks/shop', owner: 'acme' }, 'deploy.yml')
    expect(tasks.flatMap(({ commands }) => commands).filter((command) => command.includes('config/config.env'))).toHaveLength(1)
    expect(tasks.flatMap(({ commands }) => commands).filter((command) => command.includes('config/settings.yml'))).toHaveLength(1)
  })

  test('lacks nothing where git ignores no twin of an example', () => expect(asked('dist\n# config/settings.yml\n')).toEqual([]))
})
