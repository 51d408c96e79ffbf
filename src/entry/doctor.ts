import { type Finding, pass, unknown } from '../doctor/finding.ts'
import { DeployError, type FailureCode } from '../errors.ts'
import type { Verdict } from '../report/document.ts'
import type { EarlyCommand, Request } from './context.ts'
import { createContext } from './create-context.ts'
import { attempt, placed } from './doctor/attempt.ts'
import { prepared } from './doctor/prepared.ts'
import { lookAtRegistry } from './doctor/registry.ts'
import { lookAtSeeds } from './doctor/seeds.ts'
import { lookAtServer } from './doctor/server.ts'
import { tellFinding } from './doctor/tell.ts'
import { lookAtWorkflows } from './doctor/workflows.ts'
import { hostContexts } from './hosts.ts'
import { located } from './located.ts'
import { readProject } from './release-request.ts'

/** Each thing that a deploy needs, looked at; one connection to a server, and nothing is written anywhere. */
export const run: EarlyCommand = async ({ request, ports, facts }) => {
  const findings: Finding[] = []
  // how the server is reached does not matter for what is to be done on it
  const asked: Request = request.prepare === true ? { ...request, variables: { SSH_HOST: 'HOST', ...request.variables } } : request
  const context = await attempt(() => createContext(asked, ports, facts))
  if (request.prepare === true) return prepared(request, context instanceof DeployError ? null : context, ports.log)
  let code: FailureCode = 'CONFIG'
  if (context instanceof DeployError)
    findings.push(
      ...placed('config', context),
      ...['compose files', 'registry', 'server'].map((check) => unknown(check, 'the config says where it is, and cannot be read')),
    )
  else {
    findings.push(pass('config', `${request.configPath} is read; environment ${context.environment().name}`))
    findings.push(...lookAtWorkflows(context))
    const project = await attempt(async () => readProject(context))
    if (project instanceof DeployError) findings.push(...placed('compose files', located(project, request.configPath)))
    findings.push(...lookAtSeeds(context))
    findings.push(...(await lookAtRegistry(context)))
    const hosts = hostContexts(context)
    for (const { host, context: own } of hosts) {
      const looked = await lookAtServer(own, project instanceof DeployError ? null : project)
      code = looked.code ?? code
      findings.push(
        ...looked.findings.map((finding) => (hosts.length === 1 ? finding : { ...finding, check: `${host}: ${finding.check}` })),
      )
    }
  }
  facts.checks = findings
  // one screen, in the order in which things depend on each other; what is wrong is told once more at the end
  for (const finding of findings) tellFinding(ports, finding)
  return verdict(findings, code)
}

const verdict = (findings: readonly Finding[], code: FailureCode): Verdict => {
  const count = (result: Finding['result']): number => findings.filter((finding) => finding.result === result).length
  const counted = `${count('pass')} well, ${count('warn')} to look at, ${count('fail')} wrong, ${count('unknown')} not known`
  const first = findings.find(({ result }) => result === 'fail')
  if (first !== undefined)
    return { outcome: 'failed', failureCode: code, message: `${counted}; first: ${first.check}: ${first.sentence}`, hint: first.mend ?? '' }
  return { outcome: 'succeeded', message: counted }
}
