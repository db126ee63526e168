/** Follows one connection hop by hop: every path that it can take, and what becomes of it there. */
import type { ManifestObject } from '../../manifest/manifest.ts'
import { ok, skipped, unknown, type HopFinding } from './finding.ts'
import type { From, To } from './places.ts'
import { planWays, type Plan, type Way } from './plan.ts'
import { egressHop, ingressHop, type Receiver } from './policy-hops.ts'
import {
  HOP_KINDS,
  type Hop,
  type HopObject,
  type PacketJourney,
  type Path,
  type RuleOutcome,
  type Trace,
} from './report.ts'
import { declaredSocket } from './socket.ts'
import { seen, title, type World } from './world.ts'
import { collapse, judge, verdictOf } from './verdict.ts'

/** Says what it saw of one way. What it does not answer comes from the objects. */
export interface Observer {
  readonly name?: (plan: Plan, declared: HopFinding) => HopFinding
  readonly service?: (plan: Plan, way: Way, declared: HopFinding) => HopFinding
  readonly pod?: (plan: Plan, way: Way, declared: HopFinding) => HopFinding
  readonly socket?: (plan: Plan, way: Way, declared: HopFinding) => HopFinding
  readonly application?: (plan: Plan, way: Way) => HopFinding
  /** Has the last word on every hop. */
  readonly judge?: (finding: HopFinding) => HopFinding
  readonly notes?: readonly string[]
  readonly rules?: readonly RuleOutcome[]
  readonly packets?: readonly PacketJourney[]
}

export interface TraceRequest {
  readonly from: From
  readonly to: To
  /** As the user wrote them. */
  readonly text: { readonly from: string; readonly to: string }
}

/** Never throws, whatever the objects hold: every path has all ten hops. */
export function tracePacket(world: World, request: TraceRequest, observer: Observer = {}): Trace {
  const plan = planWays(world, request.from, request.to)
  const drafts = plan.ways.map((way) => ({ way, findings: findingsOf(world, plan, way, observer) }))
  const paths = drafts.map(({ way, findings }, i): Path => {
    const hops = findings.map((finding, n) => hopOf(world, finding, n))
    return {
      id: String(i + 1),
      verdict: verdictOf(hops),
      weight: way.share,
      node: way.node ?? null,
      family: way.family ?? null,
      hops,
    }
  })
  const { verdict, brokenAt, symptom, fixes, unknowns } = judge(
    paths,
    drafts.map(({ findings }) => findings),
  )
  return {
    schemaVersion: 1,
    verdict,
    from: request.text.from,
    to: request.text.to,
    mode: world.mode,
    brokenAt,
    symptom,
    paths: collapse(paths),
    unknowns,
    fixes,
    notes: observer.notes ?? [],
    ...(observer.rules !== undefined && { rules: observer.rules }),
    ...(observer.packets !== undefined && { packets: observer.packets }),
  }
}

/** The ten hops of one way, in order. After a failure the others are not reached. */
function findingsOf(world: World, plan: Plan, way: Way, observer: Observer): readonly HopFinding[] {
  const { client, route } = plan
  const { branch } = way
  const receiver = receiverOf(plan, way)
  const loopback = route.target?.kind === 'pod' && route.target.loopback === true
  const all: readonly (() => HopFinding)[] = [
    () => client.hop,
    () => (loopback ? ok('egress-policy', 'no policy applies to loopback') : egressHop(world, client, receiver)),
    () => observer.name?.(plan, route.name) ?? route.name,
    () => route.entry,
    () => observer.service?.(plan, way, way.service) ?? way.service,
    () => way.endpoint,
    () =>
      receiver === undefined
        ? skipped('ingress-policy', 'not reached')
        : loopback
          ? ok('ingress-policy', 'no policy applies to loopback')
          : ingressHop(world, client, receiver),
    () => {
      if (branch === undefined) return skipped('pod', 'not reached')
      const declared = declaredPod(world, plan, way)
      return observer.pod?.(plan, way, declared) ?? declared
    },
    () => {
      if (branch === undefined) return skipped('socket', 'not reached')
      const declared = declaredSocketOf(world, plan, way, loopback)
      return observer.socket?.(plan, way, declared) ?? declared
    },
    () =>
      branch === undefined
        ? skipped('application', 'not reached')
        : (observer.application?.(plan, way) ?? skipped('application', 'not asked: manifests cannot answer')),
  ]
  const { judge = (finding) => finding } = observer
  return untilFailure(all.map((find) => () => judge(find())))
}

function untilFailure(all: readonly (() => HopFinding)[]): readonly HopFinding[] {
  let isOver = false
  return all.map((find, i) => {
    const kind = HOP_KINDS[i] ?? 'application'
    if (isOver) return skipped(kind, 'not reached')
    const finding = find()
    isOver = finding.status === 'fail'
    return finding
  })
}

function receiverOf({ found }: Plan, { branch }: Way): Receiver | undefined {
  if (branch?.port === undefined) return undefined
  return {
    workload: branch.workload,
    address: branch.address,
    port: branch.port,
    protocol: branch.hop.out?.protocol ?? 'TCP',
    servicePort: found?.port?.port,
  }
}

function declaredPod(world: World, { client }: Plan, { branch }: Way): HopFinding {
  const workload = branch?.workload
  if (workload === undefined) {
    return unknown('pod', `${branch?.address}: whether anything has this address is not in the manifests`)
  }
  const isSelf = client.workload === workload
  const evidence = [seen(world, workload.object, workload.podPath, title(workload))]
  const itself = workload.kind === 'Pod' ? 'the client itself' : 'may be the client itself'
  const text = isSelf ? `${title(workload)}: ${itself}, so that the source is rewritten` : `a Pod of ${title(workload)}`
  return ok('pod', workload.kind === 'Pod' && !isSelf ? title(workload) : text, { object: workload.object, evidence })
}

function declaredSocketOf(world: World, plan: Plan, { branch, family }: Way, loopback: boolean): HopFinding {
  const workload = branch?.workload
  const number = branch?.port ?? 0
  if (workload === undefined) return unknown('socket', `who listens on ${number} is not in the manifests`)
  const service = plan.route.target?.kind === 'service' ? plan.route.target.service : undefined
  const protocol = branch?.hop.out?.protocol ?? 'TCP'
  const servicePort = plan.found?.port
  return declaredSocket(world, { workload, number, protocol, loopback, service, servicePort, family })
}

function hopOf(world: World, finding: HopFinding, index: number): Hop {
  const { kind, status, text, rule, object, evidence = [] } = finding
  return {
    n: index + 1,
    kind,
    status,
    text,
    rule: rule ?? null,
    object: object === undefined ? null : objectOf(world, object),
    in: finding.in ?? null,
    out: finding.out ?? null,
    evidence,
  }
}

function objectOf(world: World, object: ManifestObject): HopObject {
  const { apiVersion, kind, name = '' } = object
  return { apiVersion, kind, namespace: world.context.namespaceOf(object), name }
}
