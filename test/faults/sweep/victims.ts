/** Who may be killed, and how. */
import type { Running } from '../../sandbox/scenarios/programs.ts'
import type { RunningProcess } from './machine.ts'
import type { Stack } from './stack.ts'

export const VICTIMS = ['server program', 'client', 'engine', 'connection'] as const
export type Victim = (typeof VICTIMS)[number]

/** @param turn the how-manieth blow at this place: a program dies whole, or only its shell while what it called goes on
 * @returns what was done, for the table */
export const strike = (victim: Victim, stack: Stack, client: Running, turn: number): string => {
  switch (victim) {
    case 'client':
      client.process.kill('SIGKILL')
      return 'SIGKILL of the client'
    case 'connection':
      stack.link.reset()
      return 'TCP reset'
    case 'engine':
      return turn % 3 === 1 ? restarted(stack) : crashed(stack)
    case 'server program':
      return turn % 2 === 0 ? wholeProgram(stack) : shellOnly(stack)
  }
}

/** As an upgrade of the engine does it: it ends its containers, and its supervisor starts it again. */
const restarted = (stack: Stack): string => {
  stack.machine.kill(engineOf(stack), 'SIGTERM')
  return 'SIGTERM to dockerd'
}

/**
 * With everything that it runs. A dockerd that is killed alone finds its containers alive when it is started again, and
 * stops those with the policy `unless-stopped` for good (28.5, without any deploy): not a fault that a deploy can mend.
 */
const crashed = (stack: Stack): string => {
  stack.machine.kill([...engineOf(stack), ...stack.machine.inContainers()], 'SIGKILL')
  return 'SIGKILL of dockerd, containerd and all containers'
}
const engineOf = (stack: Stack): readonly RunningProcess[] =>
  stack.machine.processes().filter(({ name }) => name === 'dockerd' || name === 'containerd')

/** Everything of the deploying user but his logins, as the kernel's memory killer or an administrator would. */
const wholeProgram = (stack: Stack): string => {
  stack.machine.kill(ofProgram(stack), 'SIGKILL')
  return 'SIGKILL of all the program consists of'
}

/** The shell alone: what it called goes on, and holds the lock as long. */
const shellOnly = (stack: Stack): string => {
  const processes = ofProgram(stack)
  const inside = Number(stack.machine.text(`${stack.operation()}/pid`))
  const shells = processes.filter(({ name }) => name === 'sh' || name === 'dash')
  const main =
    shells.find((one) => one.inside === inside) ??
    shells.find(({ command }) => / settle $/.test(command)) ??
    shells.find(({ parent }) => !shells.some(({ pid }) => pid === parent))
  stack.machine.kill(main === undefined ? [] : [main], 'SIGKILL')
  return "SIGKILL of the program's shell"
}

const DEPLOY_USER = 1000
/** Logins, fronts, programs, and what they called. */
export const ofDeployUser = (stack: Stack): readonly RunningProcess[] =>
  stack.machine.processes().filter(({ user }) => user === DEPLOY_USER)
const ofProgram = (stack: Stack): readonly RunningProcess[] => ofDeployUser(stack).filter(({ name }) => name !== 'sshd')
