import { describe, expect, test } from '@jest/globals'
import { seen } from '../../src/init/written.ts'
import { treeOf } from '../users/support/tree.ts'

const kindsOf = (services: object, files: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(
    seen(treeOf({ 'compose.yaml': JSON.stringify({ services }), ...files })).services.map(({ service, kind }) => [service.name, kind]),
  )

const SHARED = { 'pyproject.toml': 'dependencies = ["aiogram", "sqladmin"]\n', Dockerfile: 'FROM python:3.13\nCOPY . .\n' }

describe('what is built beside a bot', () => {
  test.each<[string, object]>([
    ['starts a web server', { command: 'gunicorn admin:app' }],
    ['has a port', { ports: ['8000:8000'] }],
  ])('and %s is no bot', (_, more) => {
    const services = { bot: { build: '.', command: 'python -m bot' }, admin: { build: { context: '.', target: 'admin' }, ...more } }
    expect(kindsOf(services, SHARED)).toMatchObject({ bot: 'bot', admin: expect.not.stringMatching('bot') })
  })

  test('from the top of the project, is none because of the libraries of the bot', () => {
    const files = { Dockerfile: 'FROM php:8\nCOPY . .\n', 'bot/Dockerfile': 'FROM python:3.13\n', 'bot/requirements.txt': 'aiogram\n' }
    expect(kindsOf({ php: { build: '.' }, bot: { build: './bot' } }, files)).toEqual({ php: 'worker', bot: 'bot' })
  })

  test.each(['bot', 'app'])('a bot with a port is one where no other is called so: %s', (name) =>
    expect(kindsOf({ [name]: { build: '.', ports: ['8080:8080'] } }, SHARED)).toEqual({ [name]: 'bot' }),
  )
})
