import { isWithin, labelsOf } from './names.ts'
import { parseReverse, type ReverseRequest } from './reverse.ts'
import type { Zone } from './zone.ts'

/** What a name asks for, by its shape alone: whether it exists is not looked at. All parts are in lower case. */
export type RecordRequest =
  /** Neither in the cluster domain nor in a reverse tree. */
  | { readonly shape: 'outside' }
  /** In the cluster domain, but no name of this shape can exist. */
  | { readonly shape: 'impossible' }
  | { readonly shape: 'apex' }
  /** `dns-version.Z` */
  | { readonly shape: 'version' }
  /** `ns.dns.Z` */
  | { readonly shape: 'nameServer' }
  /** `dns.Z`, `svc.Z`, `pod.Z`: names that exist only because names lie below them. */
  | { readonly shape: 'branch' }
  | { readonly shape: 'namespace'; readonly branch: 'svc' | 'pod'; readonly namespace: string }
  /**
   * `<service>.<namespace>.svc.Z` with what stands in front of it: nothing, an endpoint's name (or the protocol of a port
   * name), or `port.protocol` without underscores.
   */
  | { readonly shape: 'service'; readonly namespace: string; readonly service: string; readonly front: string }
  /** `<address with dashes>.<namespace>.pod.Z` */
  | { readonly shape: 'pod'; readonly namespace: string; readonly address: string }
  | ReverseRequest

const IMPOSSIBLE: RecordRequest = { shape: 'impossible' }
const OUTSIDE: RecordRequest = { shape: 'outside' }

/** The labels of the name in front of the zone are peeled from the right. */
export function parseRequest(qname: string, zone: Pick<Zone, 'origin' | 'config'>): RecordRequest {
  const name = qname.toLowerCase()
  if (!isWithin(name, zone.origin)) return parseReverse(name, zone.config.reverseCIDRs) ?? OUTSIDE
  const labels = [...labelsOf(name.slice(0, name.length - zone.origin.length))]
  const top = labels.pop()
  switch (top) {
    case undefined:
      return { shape: 'apex' }
    case 'svc':
    case 'pod':
      return parseBranch(top, labels)
    case 'dns-version':
      return labels.length === 0 ? { shape: 'version' } : IMPOSSIBLE
    case 'dns':
      if (labels.length === 0) return { shape: 'branch' }
      return labels.length === 1 && labels[0] === 'ns' ? { shape: 'nameServer' } : IMPOSSIBLE
    default:
      return IMPOSSIBLE
  }
}

function parseBranch(branch: 'svc' | 'pod', labels: string[]): RecordRequest {
  const namespace = labels.pop()
  if (namespace === undefined) return { shape: 'branch' }
  const name = labels.pop()
  if (name === undefined) return { shape: 'namespace', branch, namespace }
  if (branch === 'pod') return labels.length === 0 ? { shape: 'pod', namespace, address: name } : IMPOSSIBLE
  const [first = '', second] = labels
  if (labels.length > 2) return IMPOSSIBLE
  const front = second === undefined ? first : `${withoutUnderscore(first)}.${withoutUnderscore(second)}`
  return { shape: 'service', namespace, service: name, front }
}

/** The underscore of port and protocol may be missing: CoreDNS has never asked for it. */
export function withoutUnderscore(label: string): string {
  return label.startsWith('_') ? label.slice(1) : label
}
