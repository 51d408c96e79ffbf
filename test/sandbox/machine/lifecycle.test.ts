import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { ran, withFiles } from './machine.ts'
import { NAME, SecondSandbox } from './second.ts'

/** Everything of a sandbox that a machine could still hold. */
const REMAINS = `
  for process in /proc/[0-9]*; do
    tr '\\0' ' ' <"$process/cmdline" 2>/dev/null | grep -E "(/run|/var/lib)/${NAME}/" | sed "s|^|process \${process#/proc/}: |"
  done
  grep -E "/(run|var/lib)/${NAME}" /proc/self/mountinfo | sed 's/^/mount /'
  ip -o link show | grep -v ' lo:' | sed 's/^/interface /'
  grep -n second.test /etc/hosts | sed 's/^/hosts /'
  find /run /var/lib /run/lock -maxdepth 1 -name '${NAME}*' 2>/dev/null | sed 's/^/file /'
  find /sys/fs/cgroup -type d -name '${NAME}*' | sed 's/^/cgroup /'
  iptables-save | grep -i docker | sed 's/^/firewall /'
  ip6tables-save | grep -i docker | sed 's/^/firewall /'
  true`

const remains = (second: SecondSandbox): string => second.run('bash', '-c', REMAINS).out

describe('a sandbox from up to down', () => {
  let second: SecondSandbox
  beforeAll(async () => {
    second = await SecondSandbox.open()
  })
  afterAll(() => second.close(), 60_000)

  const works = `eval "$(script/sandbox env)" && for host in $SANDBOX_HOSTS; do
    ssh -i "$SANDBOX_SSH_KEY" -o BatchMode=yes -o StrictHostKeyChecking=yes -o UserKnownHostsFile="$SANDBOX_KNOWN_HOSTS" \
      "$SANDBOX_SSH_USER@$host" docker pull -q redis:7-alpine || exit
  done && crane digest "$SANDBOX_BUILDKIT_IMAGE" >/dev/null && echo all work`

  test('an up that is killed after one step is carried on by the next, which is killed after a later one, until one is left alone', async () => {
    expect(second.run('script/sandbox', 'down').code).toBe(0)
    for (const step of ['engine', 'registry', 'base images', 'server image']) {
      const killed = await second.upKilledAfter(step)
      expect(killed).toContain(step)
      expect(killed).not.toContain('sandbox is up')
    }
    expect(second.run('script/sandbox', 'up')).toMatchObject({ code: 0, all: expect.stringContaining('sandbox is up') })
    expect(second.run('bash', '-c', works).all).toContain('all work')
  }, 300_000)

  test('a second up only looks whether everything runs', () => {
    const again = second.run('script/sandbox', 'up')
    expect(again.code).toBe(0)
    for (const made of ['certificates', 'keys', 'base images', 'builder image', 'server image']) expect(again.all).not.toContain(made)
  }, 60_000)

  test('a stopped server, a dead engine and a dead registry come back with up', () => {
    const damage = `eval "$(script/sandbox env)"; docker stop -t 1 ${NAME}-server2; for file in /run/${NAME}/*.pid; do kill -9 "$(cat "$file")"; done`
    second.run('bash', '-c', damage)
    expect(second.run('script/sandbox', 'env').code).not.toBe(0)
    expect(second.run('script/sandbox', 'up')).toMatchObject({ code: 0, all: expect.stringContaining('sandbox is up') })
    expect(second.run('bash', '-c', works).all).toContain('all work')
  }, 120_000)

  test('down leaves no process, mount, network, firewall rule, hosts line or file behind', () => {
    expect(remains(second)).toContain('interface')
    expect(second.run('script/sandbox', 'down').code).toBe(0)
    expect(remains(second)).toBe('')
  }, 60_000)

  test('down after down has nothing to do and says so with success', () => {
    expect(second.run('script/sandbox', 'down')).toMatchObject({ code: 0 })
  })

  test('purge also removes the prefix and the cache, but nothing else that lies there', () =>
    withFiles({}, (folder) => {
      const [prefix, cache] = [join(folder, 'prefix'), join(folder, 'cache')]
      for (const made of [join(prefix, 'engine'), join(cache, 'roots'), join(cache, 'trivy-0.74.0')]) mkdirSync(made, { recursive: true })
      writeFileSync(join(cache, 'of-somebody-else'), '')
      second.run('env', `DEPLOY_ACTION_PREFIX=${prefix}`, `DEPLOY_ACTION_CACHE=${cache}`, 'script/sandbox', 'down', '--purge')
      expect(existsSync(prefix)).toBe(false)
      expect(ran(['ls', cache]).out).toBe('of-somebody-else')
    }))
})
