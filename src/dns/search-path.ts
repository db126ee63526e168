import { parseIP } from '../lib/ip.ts'
import { isName } from './names.ts'
import { addressKey } from './reverse.ts'
import type { Zone } from './zone.ts'

/** The search domains of a Pod in `namespace`, as the kubelet writes them; no dots at the end. */
export function searchDomains(namespace: string, clusterDomain: string): readonly string[] {
  return [`${namespace}.svc.${clusterDomain}`, `svc.${clusterDomain}`, clusterDomain]
}

/**
 * The names that the resolver of the asking Pod will try one after the other, or undefined where the server is not to
 * walk for it: autopath is off, the client is no Pod, or the name is not below the Pod's first search domain.
 */
export function searchNames(zone: Zone, qname: string, client: string | undefined): readonly string[] | undefined {
  const { autopath, clusterDomain } = zone.config
  if (autopath === undefined || client === undefined) return undefined
  const [namespace] = podAt(zone, client)?.split('/') ?? []
  if (namespace === undefined) return undefined
  const [first = '', ...others] = searchDomains(namespace, clusterDomain)
  if (!qname.toLowerCase().endsWith(`.${first}.`)) return undefined
  const base = qname.slice(0, -first.length - 2)
  const names = [...others, ...autopath].map((domain) => `${base}.${domain}.`)
  return [qname, ...names, `${base}.`].filter((name) => name === qname || isName(name))
}

/** `namespace/name` of the live Pod that has an address; known where Pods have names, or the server walks for them. */
export function podAt(zone: Zone, address: string): string | undefined {
  const ip = parseIP(address)
  const prefix = ip && `${addressKey(ip)}/`
  const found = prefix === undefined ? undefined : zone.pods.withPrefix(prefix).next().value
  return found?.[0].slice(prefix?.length)
}
