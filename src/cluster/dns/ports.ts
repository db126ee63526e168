/** CoreDNS' ports. */
export const DNS_PORT = 53

/** What a DNS server tells of itself, by path. */
export type MonitorPath = '/metrics' | '/health' | '/ready'

export const MONITOR_PORTS: Readonly<Record<MonitorPath, number>> = {
  '/metrics': 9153,
  '/health': 8080,
  '/ready': 8181,
}
