/** Hops 8 and 9 of a running network: whether the Pod is reached, and who listens in it. */
import { hostAndPort, parseIP } from '../../lib/ip.ts'
import { fail, ok, type Details, type HopFinding } from './finding.ts'
import {
  connectionEvidence,
  culpritText,
  foreignEvidence,
  foreignFixes,
  notSeen,
  packetEvidence,
} from './observed-evidence.ts'
import type { Connection, Socket } from './observation.ts'
import type { Plan, Way } from './plan.ts'
import type { Evidence, PacketJourney } from './report.ts'
import { targetFix } from './socket.ts'
import { refused, symptomOf, timeout } from './symptoms.ts'
import type { World } from './world.ts'

/** One way, and what was seen of it. */
export interface Sight {
  readonly world: World
  readonly plan: Plan
  readonly way: Way
  readonly connection: Connection | undefined
  /** Undefined where nobody could look. */
  readonly sockets: readonly Socket[] | undefined
  readonly foreign: readonly string[]
  readonly packets: readonly PacketJourney[]
  /** Whether something was sent that asks for an answer. */
  readonly asked: boolean
}

export function podHop(sight: Sight, declared: HopFinding): HopFinding {
  const { connection, way, foreign } = sight
  if (connection === undefined) return notSeen('pod', way.branch?.workload)
  const { address, errno, milliseconds } = connection
  const evidence = [...(declared.evidence ?? []), connectionEvidence(connection)]
  const details: Details = { ...(declared.object && { object: declared.object }), evidence }
  const who = declared.text.includes('itself') ? ` (${declared.text.replace(/^.*?: /, '')})` : ''
  const reached = `${rewriting(way)}${address} answers (${milliseconds} ms)${who}`
  const listener = listenerFor(sight)
  if (errno === null) return ok('pod', reached, details)
  const isRuled = listener !== undefined && listener.queue === 0
  if (errno === 'ECONNREFUSED' && !isRuled) return ok('pod', reached, details)
  if (errno === 'ETIMEDOUT' && listener !== undefined && listener.queue > 0)
    return ok('pod', `${rewriting(way)}${address} is there`, details)
  const own = packetsTo(sight)
  const others = culpritText(own, foreign)
  const text = isRuled
    ? `packets to ${address}:${connection.port} ${errno === 'ETIMEDOUT' ? 'are dropped' : 'are refused by a rule'}, though a program listens there${others}`
    : `${address} does not answer: ${errno} after ${milliseconds} ms${others}`
  return fail('pod', text, symptomOf(errno, milliseconds), {
    ...details,
    rule: foreign.length > 0 || isRuled ? 'PTL908' : 'PTL910',
    evidence: [...evidence, ...packetEvidence(own), ...foreignEvidence(foreign)],
    fixes: foreignFixes(foreign),
  })
}

/** Those that were followed to this endpoint, whatever they were addressed to first. */
function packetsTo({ packets, way: { branch } }: Sight): readonly PacketJourney[] {
  const endpoint = hostAndPort(branch?.address ?? '', branch?.port ?? 0)
  const isHere = (text: string): boolean => text.endsWith(`-> ${endpoint}`) || text.startsWith(`${endpoint} ->`)
  return packets.filter(({ crossings }) => crossings.some(({ packet, leaves }) => isHere(packet) || isHere(leaves)))
}

/** The address that the client dialled, where rules send it elsewhere. */
function rewriting({ dial, branch }: Way): string {
  if (dial?.address === undefined || (dial.address === branch?.address && dial.port === branch.port)) return ''
  return `${dial.address}:${dial.port} rewritten to ${branch?.address}:${branch?.port}, `
}

export const WILDCARD: ReadonlySet<string> = new Set(['0.0.0.0', '::'])

export function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.')
}

/** The socket that takes the packets of the way. */
function listenerFor({ sockets = [], way, connection }: Sight): Socket | undefined {
  const { port, address } = way.branch ?? {}
  const protocol = protocolOf(way)
  const fitting = sockets.filter((socket) => socket.protocol === protocol && socket.port === port)
  const exact = fitting.find((socket) => socket.address === address)
  // An IPv6 wildcard takes IPv4 too, unless the program asked for IPv6 alone: the refusal tells.
  const isRefused = connection?.errno === 'ECONNREFUSED'
  return exact ?? fitting.find((socket) => WILDCARD.has(socket.address) && !(isRefused && socket.address === '::'))
}

function protocolOf({ branch, dial }: Way): string {
  return branch?.hop.out?.protocol ?? dial?.protocol ?? 'TCP'
}

/** `*:8080`, `127.0.0.1:8080/UDP`. */
export function socketText({ address, port, protocol }: Socket): string {
  const host = WILDCARD.has(address) ? '*' : address.includes(':') ? `[${address}]` : address
  return `${host}:${port}${protocol === 'TCP' ? '' : `/${protocol}`}`
}

function listens(socket: Socket): string {
  return `${socket.process ?? 'a program'} listens on ${socketText(socket)}`
}

export function socketHop(sight: Sight, declared: HopFinding): HopFinding {
  const { sockets, connection } = sight
  if (sockets === undefined) return unseenSocket(sight)
  const evidence: readonly Evidence[] = sockets.map((socket) => ({
    source: 'socket',
    text: `${listens(socket)}${socket.queue === 0 ? '' : `, ${socket.queue} wait to be accepted`}`,
    location: null,
  }))
  const details: Details = { ...(declared.object && { object: declared.object }), evidence }
  const listener = listenerFor(sight)
  if (listener === undefined) return noListener(sight, details)
  if (connection?.errno === 'ETIMEDOUT' && listener.queue > 0) {
    const text = `${listens(listener)}, but accepts no connection: its queue is full with ${listener.queue}`
    return fail('socket', text, timeout(listener.protocol), {
      ...details,
      rule: 'PTL911',
      fixes: [{ title: 'see what the program waits for: portolan logs', location: null }],
    })
  }
  return ok('socket', listens(listener), details)
}

/** An address whose sockets nobody can look at: what it answers is all there is. */
function unseenSocket({ way, connection }: Sight): HopFinding {
  const port = way.branch?.port ?? 0
  const protocol = protocolOf(way)
  if (connection === undefined) return notSeen('socket', way.branch?.workload)
  const evidence = [connectionEvidence(connection)]
  if (connection.errno === 'ECONNREFUSED') {
    return fail('socket', `nothing listens on ${connection.address}:${port}`, refused(protocol), {
      rule: 'PTL901',
      evidence,
    })
  }
  const isTaken = connection.errno === null && (protocol === 'TCP' || connection.firstByte !== null)
  return isTaken
    ? ok('socket', `${connection.address}:${port} takes it`, { evidence })
    : notSeen('socket', way.branch?.workload)
}

function noListener(sight: Sight, details: Details): HopFinding {
  const { way, sockets = [], world, plan } = sight
  const port = way.branch?.port ?? 0
  const protocol = protocolOf(way)
  const symptom = refused(protocol)
  const same = sockets.filter((socket) => socket.port === port)
  const evidence = [...targetEvidence(sight), ...(details.evidence ?? [])]
  const other = same.find((socket) => socket.protocol !== protocol)
  const own = same.find((socket) => socket.protocol === protocol)
  if (own !== undefined) return wrongAddress(own, symptom, { ...details, evidence })
  if (other !== undefined) {
    const text = `nothing listens on ${port}/${protocol}: ${listens(other)}, which is ${other.protocol}`
    return fail('socket', text, symptom, { ...details, evidence, rule: 'PTL901' })
  }
  if (sockets.length === 0) {
    const text = `nothing listens on ${port}: no program of the Pod listens on any port`
    return fail('socket', text, symptom, { ...details, evidence, rule: 'PTL901' })
  }
  const usable = sockets.filter((socket) => socket.protocol === protocol && !isLoopback(socket.address))
  const ports = [...new Set(usable.map((socket) => socket.port))]
  const service = plan.route.target?.kind === 'service' ? plan.route.target.service : undefined
  const [only] = ports
  const fixes =
    ports.length === 1 && only !== undefined ? targetFix(world, { service, servicePort: plan.found?.port }, only) : []
  const has = sockets.slice(0, 3).map(listens).join(', ')
  return fail('socket', `nothing listens on ${port}: ${has}`, symptom, { ...details, evidence, rule: 'PTL901', fixes })
}

function wrongAddress(socket: Socket, symptom: ReturnType<typeof refused>, details: Details): HopFinding {
  if (isLoopback(socket.address)) {
    return fail('socket', `${listens(socket)} only: nothing from outside of the Pod reaches it`, symptom, {
      ...details,
      rule: 'PTL902',
      fixes: [{ title: 'let the program listen on 0.0.0.0 or ::', location: null }],
    })
  }
  const family = parseIP(socket.address)?.family
  const text = family === 6 ? `${listens(socket)} for IPv6 only` : `${listens(socket)}, another address of the Pod`
  return fail('socket', text, symptom, { ...details, rule: 'PTL903' })
}

/** Where it is written which port the packets go to. */
function targetEvidence({ world, plan }: Sight): readonly Evidence[] {
  const { target } = plan.route
  const port = plan.found?.port
  if (target?.kind !== 'service' || port === undefined) return []
  const { service } = target
  const path = ['spec', 'ports', service.ports.indexOf(port), 'targetPort']
  return [{ source: 'api', text: `targetPort: ${port.target}`, location: world.locate(service.object, path) }]
}
