/** What only a running network can say: a question that does not arrive, servers that do not answer, caches that are behind. */
import { SERVICE_NAME_LABEL } from '../../api/discovery.ts'
import { isWithin } from '../../dns/names.ts'
import { parseRequest } from '../../dns/parse-request.ts'
import type { Zone } from '../../dns/zone.ts'
import { listIn, type Snapshot } from '../../model/snapshot.ts'
import type { ForwardingState, Reached, UpstreamState } from './observed.ts'
import { serviceTitle, type Reason, type ServiceRequest } from './reason.ts'

/** Whether a question of the Pod never arrives, or its answer never comes back. */
export function isCutOff({ result }: Reached): boolean {
  return result === 'timeout' || result.startsWith('E')
}

export function reachReasons(reached: Reached, pod: string): readonly Reason[] {
  if (!isCutOff(reached)) return []
  const { server, result, packets = [] } = reached
  const text = `a question of Pod ${pod} to ${server} gets no answer: ${result}`
  const ended = packets.find(({ end }) => end !== 'delivered')
  const kind = ended?.kind === 'reply' ? 'the reply is ' : 'the packet is '
  return [{ text, ...(ended === undefined ? {} : { hint: `${kind}${ended.text}` }) }]
}

/** Seconds after which a refusal says nothing about now. */
const LATELY = 60

/** Of the servers that are asked for `name`. */
export function forwardingReasons({ looping, upstreams }: ForwardingState, name: string): readonly Reason[] {
  if (looping) {
    const text = 'the servers upstream lead back to cluster DNS: names that are not the cluster’s fail at once'
    return [{ text, hint: 'name another server with --dns-upstream' }]
  }
  const state = upstreamFor(upstreams, name)
  if (state === undefined || state.servers.length === 0) {
    return [{ text: `nobody is asked for ${name}: there is no server upstream`, hint: 'name one with --dns-upstream' }]
  }
  return [...downReasons(state), ...refusalReasons(state)]
}

function upstreamFor(upstreams: readonly UpstreamState[], name: string): UpstreamState | undefined {
  const fitting = upstreams.filter(({ domain }) => domain === '.' || isWithin(name.toLowerCase(), domain))
  return fitting.toSorted((a, b) => b.domain.length - a.domain.length)[0]
}

function downReasons({ servers }: UpstreamState): readonly Reason[] {
  const down = servers.filter((server) => server.down).map(({ address }) => address)
  if (down.length === 0) return []
  const verb = down.length === 1 ? 'does' : 'do'
  const text = `${down.join(', ')} upstream ${verb} not answer`
  return [{ text: down.length === servers.length ? text : `${text}: the others are asked` }]
}

function refusalReasons({ refused, refusedAgo, most }: UpstreamState): readonly Reason[] {
  if (refused === 0 || refusedAgo === undefined || refusedAgo > LATELY) return []
  const ago = `the last ${Math.round(refusedAgo)} s ago`
  return [{ text: `${refused} questions were refused because ${most} others were under way, ${ago}` }]
}

const TRIGGER_TIME = 'endpoints.kubernetes.io/last-change-trigger-time'
/** Kubernetes writes times in whole seconds. */
const ROUNDED = 1000

/** The answer is right now, and was another a moment ago: who asked then may keep that one for its TTL. */
export function freshReasons(zone: Zone, snapshot: Snapshot, name: string, now: number): readonly Reason[] {
  const request = parseRequest(name, zone)
  if (request.shape !== 'service') return []
  const service = snapshot.objects.Service.get(`${request.namespace}/${request.service}`)
  const until = (since: number): number => since + zone.config.ttl * 1000
  const isFresh = (since: number): boolean => now - since < zone.config.ttl * 1000 + ROUNDED
  const created = Date.parse(service?.metadata.creationTimestamp ?? '')
  if (isFresh(created)) {
    const text = `${serviceTitle(request)} was created ${ago(now - created)}`
    return [{ text, hint: `a client that asked before may hold NXDOMAIN until ${clock(until(created))}` }]
  }
  const changed = service?.spec.clusterIP === 'None' ? lastChange(snapshot, request) : Number.NaN
  if (!isFresh(changed)) return []
  const text = `the endpoints of ${serviceTitle(request)} changed ${ago(now - changed)}`
  return [{ text, hint: `a client that asked before may hold the earlier answer until ${clock(until(changed))}` }]
}

/** NaN where no slice says when it changed. */
function lastChange(snapshot: Snapshot, { namespace, service }: ServiceRequest): number {
  const times = listIn(snapshot, 'EndpointSlice', namespace)
    .filter(({ metadata }) => metadata.labels?.[SERVICE_NAME_LABEL] === service)
    .map(({ metadata }) => Date.parse(metadata.annotations?.[TRIGGER_TIME] ?? ''))
    .filter(Number.isFinite)
  return times.length === 0 ? Number.NaN : Math.max(...times)
}

function ago(milliseconds: number): string {
  return `${Math.max(0, Math.round(milliseconds / 1000))} s ago`
}

/** `12:00:31 UTC` */
function clock(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(11, 19)} UTC`
}
