import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { given, hosts, ssh, withFiles } from './machine.ts'

const [first = ''] = hosts()

describe('the sandbox’s servers', () => {
  test('each answers with its pinned key and runs an engine of its own, new enough', () => {
    const answers = hosts().map((host) => ssh(host, 'docker info --format "{{.ServerVersion}} {{.ID}}"').out.split(' '))
    expect(answers).toHaveLength(3)
    for (const [version] of answers) expect(Number.parseFloat(version ?? '')).toBeGreaterThanOrEqual(28.5)
    expect(new Set(answers.map(([, id]) => id)).size).toBe(3)
  })

  test('a server with another key than the pinned one is refused', () => {
    const pinned = readFileSync(given('SANDBOX_KNOWN_HOSTS'), 'utf8').split('\n')
    const [one, other] = [hosts()[0], hosts()[1]]
    const swapped = pinned.filter((line) => line.startsWith(`${other} `)).map((line) => line.replace(`${other}`, `${one}`))
    withFiles({ known_hosts: `${swapped.join('\n')}\n` }, (folder) => {
      const refused = ssh(first, 'true', join(folder, 'known_hosts'))
      expect(refused.code).toBe(255)
      expect(refused.all).toContain('Host key verification failed')
    })
  })

  test('the user who deploys is not root, may use docker, and owns the deploy directory', () => {
    expect(ssh(first, 'id -u; id -Gn; stat -c %U /opt/stacks').out.split('\n')).toEqual(['1000', 'deploy docker', 'deploy'])
  })

  test('nothing is there that a bare Debian server has not', () => {
    expect(ssh(first, 'for tool in curl wget jq python python3 perl busybox nc node; do command -v "$tool"; done; true').all).toBe('')
  })

  test.each([
    ['nanoseconds', 'date +%s.%N', /^\d+\.\d{9}$/],
    ['one file flushed to disk', 'f=$(mktemp) && sync "$f" && rm "$f" && echo done', /^done$/],
    ['a lock', 'f=$(mktemp); flock -n "$f" echo held; rm "$f"', /^held$/],
    ['a session of its own', 'setsid -w echo free', /^free$/],
    ['a deadline', 'timeout 0.1 sleep 5; echo $?', /^124$/],
    ['a POSIX shell that is not bash', 'readlink -f /bin/sh', /dash$/],
    ['an awk that is not GNU’s', 'readlink -f "$(command -v awk)"', /mawk$/],
    ['an archive', 'd=$(mktemp -d); echo x > "$d/a"; tar -cz -C "$d" a | tar -tz; rm -r "$d"', /^a$/],
    ['compose', 'docker compose version --short', /^2\.\d+/],
  ])('has %s', (_, command, expected) => {
    expect(ssh(first, command).out).toMatch(expected)
  })

  test.each(['python:3.12-slim', 'postgres:16-alpine', 'redis:7-alpine', 'alpine:latest'])('pulls %s by its Docker Hub name', (name) => {
    expect(ssh(first, `docker pull -q ${name}`).out).toBe(`docker.io/library/${name}`)
  })
})
