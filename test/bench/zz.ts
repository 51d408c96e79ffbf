import { delayedLink } from '../link/link.ts'
import { namespaceOf } from '../sandbox/ssh/servers.ts'
import { deployWithoutChange, handWritten, withManyFilesAndSteps } from './no-change.ts'
import { environmentFor, bundled } from './product.ts'
import { FOLDER, benchSample } from './sample.ts'
import { benchServer, onServer } from './server.ts'
import { benchStack } from './stack.ts'
import { succeeded } from './programs.ts'
const product = await bundled(), near = benchServer()
const sample = await benchSample(product, near)
{
await using _stack = await benchStack(product, sample, near)
await withManyFilesAndSteps(sample)
const wire = await delayedLink({ namespace: namespaceOf(near.name), roundTripMs: 50 })
const far = { ...near, host: wire.host }
const env = await environmentFor(far)
await onServer(near, `mkdir -p ${FOLDER}/.hand-files`)
await deployWithoutChange(product, sample, env)
for (let i = 0; i < 3; i++) {
  const d = await deployWithoutChange(product, sample, env)
  const h = await handWritten(sample, far)
  console.log('ours', d.milliseconds.toFixed(0), 'hand', h.toFixed(0))
}
await sample.git('commit', '--quiet', '--allow-empty', '--message', 'Nothing new')
const r = await succeeded(['strace', '-f', '-r', '-tt', '-s', '50', '-e', 'trace=execve,connect,write,read,exit_group', '-o', '/tmp/w/strace.out', process.execPath, `${product.dist}/cli.js`, 'deploy', ...sample.images[1], '--json'], { cwd: sample.folder, env })
console.log(r.milliseconds)
await sample.git('commit', '--quiet', '--allow-empty', '--message', 'Nothing new')
// times of lines as they come: fed through ssh debug
const out = await onServer(near, `cd ${FOLDER}/.deploy/operations && ls -t | head -1 | xargs -I{} cat {}/journal`)
console.log(JSON.stringify(out).replaceAll('\\n', '\n'))
await wire.close()
}
