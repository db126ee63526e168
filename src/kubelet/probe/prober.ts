import type { Container, HTTPGetAction, Pod, Probe } from '../../api/core.ts'
import type { IntOrString } from '../../api/meta.ts'
import type { PodSandbox, RunningContainer } from '../container-runtime.ts'
import type { Connect, Target } from './dial.ts'
import { timeoutOf, type ProbeOutcome } from './probe.ts'

/** Whom a probe or a hook is about. */
export interface Subject {
  readonly pod: Pod
  readonly container: Container
  readonly sandbox: Pick<PodSandbox, 'podIP'>
  readonly child: RunningContainer
}

export interface Prober {
  /** One attempt of a probe, or what a lifecycle hook does. Never rejects. */
  probe(subject: Subject, probe: Probe): Promise<ProbeOutcome>
}

/**
 * `connectOf` gives what opens connections to a Pod: from its node, as a kubelet does. No probe costs a process, but for
 * those that ask for one (exec). The protocols are loaded when the first probe needs them.
 */
export function createProber(connectOf: (pod: Pod) => Connect): Prober {
  const guarded = async (attempt: () => Promise<ProbeOutcome>): Promise<ProbeOutcome> => {
    try {
      return await attempt()
    } catch (error) {
      return { passed: false, message: error instanceof Error ? error.message : String(error) }
    }
  }
  const httpGet = async (subject: Subject, action: HTTPGetAction, timeout: number): Promise<ProbeOutcome> => {
    const { scheme = 'HTTP', path = '/', httpHeaders: headers = [] } = action
    const target = targetOf(subject, action, connectOf, timeout)
    if (scheme === 'HTTPS' && subject.child.exec === undefined) return unanswered('HTTPS')
    const { probeHttpGet } = await import('./http-get.ts')
    return orUnanswered(subject, target, await probeHttpGet({ ...target, scheme, path, headers }))
  }
  const attempt = async (subject: Subject, probe: Probe): Promise<ProbeOutcome> => {
    const timeout = timeoutOf(probe)
    const { tcpSocket, grpc, exec } = probe
    if (probe.httpGet !== undefined) return httpGet(subject, probe.httpGet, timeout)
    if (exec !== undefined) return probeExec(subject, exec.command ?? [], timeout)
    if (tcpSocket !== undefined) {
      const { probeTcpSocket } = await import('./tcp-socket.ts')
      const target = targetOf(subject, tcpSocket, connectOf, timeout)
      return orUnanswered(subject, target, await probeTcpSocket(target))
    }
    if (grpc === undefined) return { passed: false, message: 'the probe has no action' }
    if (subject.child.exec === undefined) return unanswered('gRPC')
    const { probeGrpc } = await import('./grpc-health.ts')
    return probeGrpc(targetOf(subject, grpc, connectOf, timeout), grpc.service ?? '')
  }
  return {
    probe: (subject, probe) => guarded(() => attempt(subject, probe)),
  }
}

async function probeExec({ child }: Subject, command: readonly string[], timeout: number): Promise<ProbeOutcome> {
  if (child.exec === undefined) return unanswered('exec')
  const { exitCode, output } = await child.exec(command, timeout)
  const line = command.join(' ')
  if (exitCode === undefined) {
    return { passed: false, message: `command timed out: ${JSON.stringify(line)} timed out after ${timeout / 1000}s` }
  }
  if (exitCode === 0) return { passed: true, message: output }
  return { passed: false, message: output === '' ? `command ${JSON.stringify(line)} exited with ${exitCode}` : output }
}

/** What a stand-in cannot do is no fault of the Pod. */
const unanswered = (what: string): ProbeOutcome => ({ passed: true, message: '', unanswered: what })

/**
 * A port that no containerPort declares is none of a stand-in's: that it is refused says nothing of the program that it
 * stands for.
 */
function orUnanswered({ child }: Subject, { port }: Target, outcome: ProbeOutcome): ProbeOutcome {
  const isForeign = child.exec === undefined && child.answersOn?.(port) === false
  return isForeign && !outcome.passed && outcome.message.endsWith('connection refused')
    ? unanswered(`port ${port}, which no containerPort declares`)
    : outcome
}

interface Address {
  readonly port: IntOrString
  readonly host?: string
}

/** Throws an Error where the container has no port of the name. */
function targetOf(
  subject: Subject,
  { port, host }: Address,
  connectOf: (pod: Pod) => Connect,
  timeout: number,
): Target {
  const { container, pod, sandbox } = subject
  const address = host === undefined || host === '' ? sandbox.podIP : host
  return { connect: connectOf(pod), address, port: portNumber(container, port), timeout }
}

function portNumber({ ports = [] }: Container, port: IntOrString): number {
  if (typeof port === 'number') return port
  const named = ports.find(({ name }) => name === port)?.containerPort
  const number = named ?? (/^\d+$/.test(port) ? Number(port) : undefined)
  if (number === undefined) throw new Error(`couldn't find port: ${JSON.stringify(port)} in the container's ports`)
  if (number < 1 || number > 65535) throw new Error(`invalid port number: ${port}`)
  return number
}
