import { readFileSync, writeFileSync } from 'node:fs'
import { inNamespace, type NetworkNamespace } from './namespaces.ts'

/** Sets values under /proc/sys/net, which shows those of the namespace that the writing thread is in. */
export function setSysctls(namespace: NetworkNamespace | undefined, values: Readonly<Record<string, string>>): void {
  inNamespace(namespace, () => {
    for (const [name, value] of Object.entries(values)) {
      writeFileSync(`/proc/sys/net/${name.replaceAll('.', '/')}`, value)
    }
  })
}

/**
 * Raises values of this namespace under net that are lower, and says of each that it could not why. Some are the whole
 * machine's, and only its first namespace may set them; in a container /proc/sys is often read-only.
 */
export function raiseSysctls(values: Readonly<Record<string, number>>): readonly string[] {
  return Object.entries(values).flatMap(([name, value]) => {
    const path = `/proc/sys/net/${name.replaceAll('.', '/')}`
    let found = ''
    try {
      found = readFileSync(path, 'latin1').trim()
      if (Number(found) < value) writeFileSync(path, String(value))
      return []
    } catch (error) {
      const why = error instanceof Error && 'code' in error ? String(error.code) : String(error)
      return [`net.${name} is ${found === '' ? 'unknown' : found} and not ${value} (${why})`]
    }
  })
}

type Sysctls = Readonly<Record<string, string>>

/** `all` sets `default` and each link too. */
const NO_IPV6: Sysctls = { 'ipv6.conf.all.disable_ipv6': '1' }
/** No link-local addresses, and with them no neighbour discovery, router solicitations and multicast reports. */
const IPV6_LEAF: Sysctls = { 'ipv6.conf.default.addr_gen_mode': '1' }
const IPV6_ROUTER: Sysctls = { ...IPV6_LEAF, 'ipv6.conf.all.forwarding': '1', 'ipv6.icmp.ratelimit': '0' }

/** The values of a namespace, by its place and by whether the network has IPv6. */
export function sysctlsOf(place: 'leaf' | 'node' | 'fabric', hasIPv6: boolean): Sysctls {
  const own = { leaf: LEAF, node: NODE, fabric: FABRIC }[place]
  return { ...own, ...(!hasIPv6 ? NO_IPV6 : place === 'leaf' ? IPV6_LEAF : IPV6_ROUTER) }
}

/**
 * Of a namespace with one link.
 *
 * TCP timestamps have no offset of each connection's own: masquerading gives connections each other's ports, and a server
 * drops a SYN whose timestamp is older than that of the connection in TIME_WAIT before it (PAWS, RFC 7323). After some
 * thousand connections a minute ever more would wait a second for the next SYN.
 *
 * Reno, which every kernel has: nothing is lost here, and the host's choice may be BBR, which paces (half the bytes/s).
 */
const LEAF: Sysctls = {
  'ipv4.tcp_timestamps': '2',
  'ipv4.tcp_congestion_control': 'reno',
}

/**
 * A new namespace takes IPv4 values from the host's (net.core.devconf_inherit_init_net is 0), so what matters is set:
 * replies may come in by other links than rp_filter expects.
 */
const ROUTER: Sysctls = {
  ...LEAF,
  'ipv4.conf.all.rp_filter': '0',
  'ipv4.conf.default.rp_filter': '0',
  'ipv4.ip_forward': '1',
  'ipv4.conf.all.send_redirects': '0',
  'ipv4.conf.default.send_redirects': '0',
  // Each refused connection is one ICMP message: without this all but the first few of a burst would hang.
  'ipv4.icmp_ratelimit': '0',
}

/** Of a node, which has hardly a socket of its own: looking for one before each packet is routed is in vain. */
const NODE: Sysctls = { ...ROUTER, 'ipv4.ip_early_demux': '0' }

/** Of the fabric, from which every connection of the host goes on: many to one target, one after the other. */
const FABRIC: Sysctls = {
  ...ROUTER,
  'ipv4.tcp_tw_reuse': '1',
  'ipv4.ip_local_port_range': '1024 65535',
}

/**
 * Keeps what a bridge carries away from this namespace's rules: where br_netfilter is loaded, a packet that they send back
 * to the bridge it came from would be lost. A kernel that has no such setting, or none of the namespace's own (before
 * 5.3), is left as it is.
 */
export function exemptBridges(hasIPv6: boolean): void {
  trySysctls(undefined, { 'bridge.bridge-nf-call-iptables': '0' })
  if (hasIPv6) trySysctls(undefined, { 'bridge.bridge-nf-call-ip6tables': '0' })
}

/**
 * Connection tracking forgets closed connections after two seconds instead of two minutes: here nothing comes late. Else
 * some thousand new connections a second soon use up the ports for masquerading, and each then searches long for one.
 * Where the module is not loaded yet, or not for unprivileged namespaces, it stays as it is.
 */
export function forgetClosedConnections(namespace: NetworkNamespace | undefined): void {
  trySysctls(namespace, { 'netfilter.nf_conntrack_tcp_timeout_time_wait': '2' })
}

function trySysctls(namespace: NetworkNamespace | undefined, values: Readonly<Record<string, string>>): void {
  try {
    setSysctls(namespace, values)
  } catch (error) {
    if (!(error instanceof Error && /ENOENT|EACCES|EPERM/.test(error.message))) throw error
  }
}
