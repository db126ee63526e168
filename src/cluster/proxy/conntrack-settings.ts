/** What a node's connection tracking is told, as kube-proxy tells it. */

/** Of each 0, or false: left as it is. */
export interface ConntrackSettings {
  /** Connections for each core of the machine, together at least `min` and at most 1,048,576. */
  readonly maxPerCore: number
  readonly min: number
  /** Seconds. */
  readonly tcpTimeoutEstablished: number
  readonly tcpTimeoutCloseWait: number
  readonly udpTimeout: number
  readonly udpTimeoutStream: number
  /** Packets outside of a TCP window are not marked as invalid. */
  readonly tcpBeLiberal: boolean
}

const MOST_CONNECTIONS = 1_048_576
/** The kernel's own proportion is between 1 and 8. */
const CONNECTIONS_PER_BUCKET = 4

/** Names under net, and the value that each should have at least. */
export function conntrackSysctls(settings: ConntrackSettings, cores: number): Readonly<Record<string, number>> {
  const most = Math.max(settings.min, Math.min(settings.maxPerCore * cores, MOST_CONNECTIONS))
  const connections = settings.maxPerCore === 0 ? 0 : most
  const values = {
    nf_conntrack_max: connections,
    nf_conntrack_buckets: Math.floor(connections / CONNECTIONS_PER_BUCKET),
    nf_conntrack_tcp_timeout_established: settings.tcpTimeoutEstablished,
    nf_conntrack_tcp_timeout_close_wait: settings.tcpTimeoutCloseWait,
    nf_conntrack_udp_timeout: settings.udpTimeout,
    nf_conntrack_udp_timeout_stream: settings.udpTimeoutStream,
    nf_conntrack_tcp_be_liberal: Number(settings.tcpBeLiberal),
  }
  const set = Object.entries(values).filter(([, value]) => value > 0)
  return Object.fromEntries(set.map(([name, value]) => [`netfilter.${name}`, value]))
}
