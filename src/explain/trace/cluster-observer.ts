/** What the API of a real cluster tells, and what it does not: nothing is sent, and no Pod is entered. */
import { probePorts, type ProbePort } from '../check/evidence.ts'
import { findNamedPort, type Workload } from '../check/workload.ts'
import { ok, unknown, type HopFinding } from './finding.ts'
import type { Way } from './plan.ts'
import { podFacts } from './pod-facts.ts'
import type { HopKind } from './report.ts'
import type { Observer } from './trace.ts'
import { seen, title, type World } from './world.ts'

/** Kinds that the API server does not list for this user, each with its own words. */
export type Refusals = ReadonlyMap<string, string>

/** What each hop is judged by. */
const NEEDED: Readonly<Record<HopKind, readonly string[]>> = {
  client: ['pods'],
  'egress-policy': ['networkpolicies', 'pods'],
  name: ['services'],
  entry: ['services', 'nodes', 'ingresses'],
  service: ['services'],
  endpoint: ['pods', 'endpointslices'],
  'ingress-policy': ['networkpolicies', 'pods'],
  pod: ['pods'],
  socket: ['pods'],
  application: [],
}

export function clusterObserver(world: World, refusals: Refusals): Observer {
  return {
    judge: (finding) => judge(finding, refusals),
    pod: (_plan, way, declared) => podHop(world, way, declared),
    socket: (_plan, way, declared) => socketHop(world, way, declared),
    notes: ['this trace read from the API server and sent nothing else'],
  }
}

/** A permission that is missing leaves a hop open, whatever the rest says. */
function judge(finding: HopFinding, refusals: Refusals): HopFinding {
  if (finding.status === 'skipped') return finding
  const missing = NEEDED[finding.kind].flatMap((kind) => refusals.get(kind) ?? [])
  const [reason] = missing
  return reason === undefined ? finding : unknown(finding.kind, `cannot be judged: ${reason}`)
}

function podHop(world: World, { branch }: Way, declared: HopFinding): HopFinding {
  const workload = branch?.workload
  if (workload === undefined || declared.status !== 'ok') return declared
  const { ip, node, ready } = podFacts(workload)
  const evidence = [seen(world, workload.object, ['status', 'conditions'], `Ready: ${ready ? 'True' : 'False'}`)]
  const text = `${declared.text} ${ip ?? 'without an address'}${node === undefined ? '' : ` on ${node}`}`
  return ready && ip !== undefined
    ? ok('pod', `${text}, which its kubelet calls ready`, { object: workload.object, evidence })
    : unknown('pod', `${text}: whether it is reached was not looked at`, { object: workload.object, evidence })
}

/** The kubelet connects to the Pod from its node: a probe that succeeds on the port has seen the socket. */
function socketHop(world: World, { branch }: Way, declared: HopFinding): HopFinding {
  const workload = branch?.workload
  if (workload === undefined || declared.status === 'fail') return declared
  const number = branch?.port ?? 0
  const probe = branch?.hop.out?.protocol === 'UDP' ? undefined : readinessProbe(workload, number)
  if (probe === undefined || !podFacts(workload).ready) {
    const { object, evidence = [] } = declared
    return unknown('socket', `${declared.text}; who listens on ${number} was not looked at`, { object, evidence })
  }
  const evidence = [seen(world, workload.object, probe.path, `readinessProbe on ${probe.port}`)]
  return ok('socket', `the readiness probe of ${title(workload)} on ${number} succeeds`, {
    object: workload.object,
    evidence,
  })
}

function readinessProbe(workload: Workload, number: number): ProbePort | undefined {
  const probes = workload.containers.flatMap(probePorts).filter(({ probe }) => probe === 'readinessProbe')
  return probes.find(({ port }) => {
    const found = typeof port === 'number' ? port : findNamedPort(workload, port, 'TCP')?.containerPort
    return found === number
  })
}
