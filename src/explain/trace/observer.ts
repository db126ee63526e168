/** Turns what was seen of a running network into hops. */
import { hostAndPort } from '../../lib/ip.ts'
import { clusterIPs } from './addresses.ts'
import { fail, ok, type HopFinding } from './finding.ts'
import { connectionEvidence, culpritText, foreignEvidence, foreignFixes, packetEvidence } from './observed-evidence.ts'
import { applicationHop } from './observed-answer.ts'
import { podHop, socketHop, type Sight } from './observed-pod.ts'
import type { Connection, Observation, ProbeRequest, Query } from './observation.ts'
import type { Dial, Plan, Way } from './plan.ts'
import { podKey } from './probe.ts'
import type { Evidence, PacketJourney } from './report.ts'
import { NAME_TIMEOUT, NO_SUCH_NAME, symptomOf } from './symptoms.ts'
import type { Observer } from './trace.ts'
import type { World } from './world.ts'

export interface ObserverOptions {
  /** Whether the trace is to hold the rules that the packets met. */
  readonly rules?: boolean
  /** Whether it is to hold the way of the packets. */
  readonly packets?: boolean
}

export function observerOf(
  world: World,
  request: ProbeRequest,
  observation: Observation,
  { rules = false, packets = false }: ObserverOptions = {},
): Observer {
  const sightOf = (plan: Plan, way: Way): Sight => ({
    world,
    plan,
    way,
    connection: connectionTo(observation, way),
    sockets: way.branch?.workload === undefined ? undefined : observation.sockets[podKey(way.branch.workload)],
    foreign: observation.foreign,
    packets: observation.packets ?? [],
    asked: request.send !== undefined,
  })
  return {
    name: (plan, declared) => nameHop(plan, declared, observation),
    service: (plan, way, declared) => serviceHop(plan, way, declared, observation),
    pod: (plan, way, declared) => podHop(sightOf(plan, way), declared),
    socket: (plan, way, declared) => socketHop(sightOf(plan, way), declared),
    application: (plan, way) => applicationHop(sightOf(plan, way)),
    notes: notesOf(request, observation),
    ...(rules && { rules: observation.rules }),
    ...(packets && { packets: observation.packets ?? [] }),
  }
}

/** The endpoint itself, or the Pod's own address where that is what the client dials. */
function connectionTo({ direct, dials }: Observation, { branch }: Way): Connection | undefined {
  if (branch === undefined) return undefined
  return [...direct, ...dials].find(({ address, port }) => address === branch.address && port === branch.port)
}

function queryEvidence({ name, type, result, addresses, milliseconds }: Query): Evidence {
  const answer = addresses.length > 0 ? addresses.join(', ') : result
  return { source: 'probe', text: `${type} ${name}: ${answer} (${milliseconds} ms)`, location: null }
}

function nameHop({ route, found }: Plan, declared: HopFinding, { queries, server }: Observation): HopFinding {
  const last = queries.at(-1)
  if (last === undefined || declared.status === 'skipped') return declared
  const evidence = [...(declared.evidence ?? []), ...queries.map(queryEvidence)]
  const of = { object: declared.object }
  const count = `${queries.length} ${queries.length === 1 ? 'query' : 'queries'} to ${server}`
  if (last.addresses.length > 0) {
    const took = Math.round(queries.reduce((sum, { milliseconds }) => sum + milliseconds, 0) * 10) / 10
    const text = `${last.name} -> ${last.addresses.join(', ')} (${took} ms, ${count})`
    const service = route.target?.kind === 'service' ? route.target.service : undefined
    const wanted = service === undefined || service.headless ? [] : clusterIPs(service)
    if (wanted.length > 0 && !wanted.includes(last.addresses[0] ?? '')) {
      const wrong = `${text}, but the Service has ${wanted.join(', ')}`
      return fail('name', wrong, symptomOf('ETIMEDOUT', 0), { ...of, rule: 'PTL909', evidence })
    }
    return ok('name', text, { ...of, evidence })
  }
  if (declared.status === 'fail') return { ...declared, evidence }
  // Nothing is wrong with the name itself: a headless Service without a ready Pod has no address.
  if (found !== undefined && route.target?.kind === 'service' && route.target.service.headless) {
    return ok('name', `${last.name}: no address, as no Pod is ready (${count})`, { ...of, evidence })
  }
  const symptom = last.result === 'timeout' ? NAME_TIMEOUT : NO_SUCH_NAME
  return fail('name', `DNS says ${last.result} to ${last.name} (${count})`, symptom, { rule: 'PTL909', evidence })
}

function dialTo({ dials }: Observation, dial: Dial | undefined): Connection | undefined {
  return dials.find(({ address, port }) => (dial?.address ?? address) === address && port === dial?.port)
}

/** The rules on the way, and whether the connection through them went as the endpoints themselves do. */
function serviceHop(plan: Plan, way: Way, declared: HopFinding, observation: Observation): HopFinding {
  const dialled = dialTo(observation, way.dial)
  const rules = observation.rules.map(
    ({ place, outcome, chains, choices }): Evidence => ({
      source: 'packet',
      text: `rules of ${place}: ${outcome}${choices.length === 0 ? '' : ` to ${choices.join(' or ')}`} by ${chains.join(', ') || 'no chain'}`,
      location: null,
    }),
  )
  const seen = dialled === undefined ? [] : [connectionEvidence(dialled)]
  const evidence = [...(declared.evidence ?? []), ...rules, ...seen]
  if (declared.status === 'unknown' && dialled?.errno != null && way.branch === undefined) {
    const text = `${dialled.address}:${dialled.port}: nothing of this network has this address, and it does not answer`
    return fail('service', text, symptomOf(dialled.errno, dialled.milliseconds), { evidence })
  }
  const isLast = declared.status === 'fail' || declared.status === 'skipped'
  if (isLast || dialled === undefined || dialled.errno === null || way.branch === undefined) {
    return declared.status === 'skipped' ? declared : { ...declared, evidence }
  }
  const behind = plan.ways.filter((other) => other.dial === way.dial || other.dial?.address === way.dial?.address)
  const results = behind.map((other) => connectionTo(observation, other)?.errno)
  if (results.some((errno) => errno === undefined || errno === dialled.errno)) return { ...declared, evidence }
  const what = dialled.errno === 'ETIMEDOUT' ? 'are dropped' : `end with ${dialled.errno}`
  const { workload } = plan.client
  const isHairpin =
    workload !== undefined &&
    observation.foreign.length === 0 &&
    behind.every((other) => other.branch?.workload === workload)
  const sent = packetsOf(observation, dialled)
  const why = isHairpin
    ? ': the client is its only endpoint'
    : `, though the endpoints answer${culpritText(sent, observation.foreign)}`
  const text =
    declared.rule === undefined ? `connections to ${dialled.address}:${dialled.port} ${what}${why}` : declared.text
  return fail('service', text, symptomOf(dialled.errno, dialled.milliseconds), {
    ...(declared.object && { object: declared.object }),
    rule: declared.rule ?? (isHairpin ? 'PTL912' : 'PTL908'),
    evidence: [...evidence, ...packetEvidence(sent), ...foreignEvidence(observation.foreign)],
    fixes: foreignFixes(observation.foreign),
  })
}

/** Packets of the connection that the client dialled. */
function packetsOf({ packets = [] }: Observation, { address, port }: Connection): readonly PacketJourney[] {
  const to = hostAndPort(address, port)
  return packets.filter(({ kind, crossings }) => {
    const [sent, received] = [crossings[0]?.packet ?? '', crossings.at(-1)?.leaves ?? '']
    return kind === 'request' ? sent.endsWith(`-> ${to}`) : received.startsWith(`${to} ->`)
  })
}

const PACKETS_LOST =
  'the kernel had more to tell of packets than its queue holds (ENOBUFS): some of their ways may end too early'

function notesOf({ direct, dials }: ProbeRequest, observation: Observation): readonly string[] {
  const count = observation.dials.length + observation.direct.length
  if (count === 0) return []
  const lost = observation.packetsLost === true ? [PACKETS_LOST] : []
  const own = direct.length > 0 ? `, and ${direct.length} to the endpoints themselves` : ''
  const made = `${dials.length} ${dials.length === 1 ? 'connection' : 'connections'} as the client makes them${own}`
  const answered = observation.dials.flatMap(({ bytes }) => /^portolan-stand-in: (\S+)/im.exec(bytes)?.[1] ?? [])
  const turn = direct.length > 0 ? '; the first used one turn of the Service’s round robin' : ''
  const took = answered[0] === undefined ? '' : ` and was answered by ${answered[0].split('/').slice(0, 2).join('/')}`
  return [`this trace made ${made}${turn}${took}`, ...lost]
}
