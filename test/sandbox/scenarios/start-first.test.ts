/** A service that may overlap with its successor is never silent, also while a bad version is undone. */
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals'
import { expectDocument, expectFailure } from './document.ts'
import { Project, pinned } from './project.ts'
import { scenarioServer } from './server.ts'
import { PATH, tinyFiles, tinyImage } from './tiny.ts'

jest.setTimeout(600_000)

const server = scenarioServer()
let project: Project

/** Stands for the proxy that people have: in the network, it takes whichever container answers. */
const CLIENT = `import json, os, time, urllib.request
def ask():
    try:
        return json.load(urllib.request.urlopen("http://web/version", timeout=2))["version"]
    except urllib.error.HTTPError as error:
        return f"status {error.code}"
    except Exception as error:
        return f"none: {error}"
answers = {}
while not os.path.exists("/tmp/enough"):
    answer = ask()
    if answer.startswith("none"):
        # one that is just leaving may cut a connection; whoever asks again must be answered
        answer = ask()
    answers[answer] = answers.get(answer, 0) + 1
    time.sleep(0.02)
print(json.dumps(answers))
`

const shape = { port: null, service: ', order: start-first', health: 'http: { port: 80, path: /health }, deadline: 4s' }
const deploy = async (version: string) => {
  await project.commit(tinyFiles(shape))
  return project.cli(['deploy', ...pinned({ web: await tinyImage(version) })])
}

/** Asks from inside the network while the work goes on. @returns answer → how often it came */
const asked = async (work: () => Promise<void>): Promise<Readonly<Record<string, number>>> => {
  await server.run(`docker run --detach --name asking --network tiny_default python:3.12-slim python -c '${CLIENT}'`)
  await work()
  await server.run('docker exec asking touch /tmp/enough && docker wait asking > /dev/null')
  return JSON.parse(await server.run('docker logs asking; docker rm --force asking > /dev/null')) as Record<string, number>
}

beforeAll(async () => {
  await server.reset('tiny', PATH)
  project = await Project.in(server.host)
  expectDocument(await deploy('1'), 0, { outcome: 'succeeded' })
})
afterAll(async () => {
  await server.run('docker rm --force asking 2> /dev/null; true')
  await server.reset('tiny', PATH)
  await server.leave()
  await project.remove()
})

test('no moment without an answer while one version takes the place of another', async () => {
  const answers = await asked(async () => expectDocument(await deploy('2'), 0, { outcome: 'succeeded' }))
  expect(Object.keys(answers).sort()).toEqual(['1', '2'])
  expect(answers['1']).toBeGreaterThan(5)
})

test('the old one goes on while a version that is never healthy is tried and undone, and is the very same container', async () => {
  const ids = await server.ids('tiny')
  const answers = await asked(async () => expectFailure(await deploy('3-sick'), 'HEALTH', 24, { outcome: 'rolled-back' }))
  expect(Object.keys(answers).filter((answer) => answer.startsWith('none'))).toEqual([])
  expect(answers['2']).toBeGreaterThan(5)
  expect(await server.ids('tiny')).toEqual(ids)
  expect(await server.containers('tiny')).toHaveLength(1)
})

test('a rollback by hand leaves no gap either', async () => {
  const answers = await asked(async () => expectDocument(await project.succeeds(['rollback']), 0, { outcome: 'succeeded' }))
  expect(Object.keys(answers).sort()).toEqual(['1', '2'])
})
