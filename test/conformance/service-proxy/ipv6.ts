/** The same network, Services and rows in IPv6: every address of the plan has its counterpart. */
import { cidrSize, formatIP, parseCIDR, parseIP } from '../../../src/lib/ip.ts'
import type { ServicePortInfo } from '../../../src/model/resolve-services.ts'
import { type AddressPlan, IPV4, isIn } from './address-plan.ts'
import type { RowGroup } from './row.ts'

/** Ranges of the plan, the narrower before the wider; the place of an address within its range stays the same. */
const RANGES: readonly (readonly [string, string])[] = [
  ['10.244.1.0/24', 'fd00:10:244:1::/64'],
  ['10.244.2.0/24', 'fd00:10:244:2::/64'],
  ['10.244.0.0/16', 'fd00:10:244::/56'],
  ['10.96.0.0/12', 'fd00:10:96::/108'],
  ['192.168.1.0/24', 'fd00:192:168:1::/64'],
  ['203.0.113.0/24', '2001:db8:203:113::/64'],
  ['192.0.2.0/24', '2001:db8:192:2::/64'],
  ['198.51.100.0/24', '2001:db8:198:51::/64'],
  ['10.0.0.0/24', 'fd00:10::/64'],
  ['127.0.0.0/24', '::/64'],
]

/** Of one address or range. */
export function inIPv6(text: string): string {
  const whole = RANGES.find(([range]) => range === text)?.[1]
  if (whole !== undefined) return whole
  const [address = '', length] = text.split('/')
  const [range, counterpart] = RANGES.find(([from]) => isIn(from, address)) ?? []
  const [from, to, ip] = [parseCIDR(range ?? ''), parseCIDR(counterpart ?? ''), parseIP(address)]
  if (from === undefined || to === undefined || ip === undefined) throw new Error(`${text} is not in the plan`)
  const translated = formatIP({ family: 6, value: to.base + (ip.value % cidrSize(from)) })
  return length === undefined ? translated : `${translated}/${96 + Number(length)}`
}

const valuesInIPv6 = (addresses: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(addresses).map(([name, address]) => [name, inIPv6(address)]))

export const IPV6: AddressPlan = {
  family: 'IPv6',
  nodeCIDR: inIPv6(IPV4.nodeCIDR),
  podCIDR: inIPv6(IPV4.podCIDR),
  serviceCIDR: inIPv6(IPV4.serviceCIDR),
  loadBalancerCIDR: inIPv6(IPV4.loadBalancerCIDR),
  outsideCIDR: inIPv6(IPV4.outsideCIDR),
  fabric: {
    gateway: inIPv6(IPV4.fabric.gateway),
    nodePrefixLength: 64,
    outsideGateway: inIPv6(IPV4.fabric.outsideGateway),
  },
  nodes: IPV4.nodes.map((node) => ({
    name: node.name,
    address: inIPv6(node.address),
    podCIDR: inIPv6(node.podCIDR),
    podGateway: inIPv6(node.podGateway),
    held: node.held.map(inIPv6),
  })),
  pods: valuesInIPv6(IPV4.pods),
  outside: valuesInIPv6(IPV4.outside),
  routed: IPV4.routed.map(inIPv6),
}

/** Every IPv4 address in a text, with brackets where a port follows. */
export function textInIPv6(text: string): string {
  const addresses = /(\d+\.\d+\.\d+\.\d+)(:\d+)?/g
  return text.replace(addresses, (_, address: string, port?: string) =>
    port === undefined ? inIPv6(address) : `[${inIPv6(address)}]${port}`,
  )
}

export function serviceInIPv6(info: ServicePortInfo): ServicePortInfo {
  return {
    ...info,
    family: 'IPv6',
    clusterIP: inIPv6(info.clusterIP),
    externalIPs: info.externalIPs.map(inIPv6),
    loadBalancerVIPs: info.loadBalancerVIPs.map(inIPv6),
    loadBalancerProxyIPs: info.loadBalancerProxyIPs.map(inIPv6),
    sourceRanges: info.sourceRanges.map(inIPv6),
    endpoints: info.endpoints.map((endpoint) => ({ ...endpoint, ip: inIPv6(endpoint.ip) })),
  }
}

export function groupInIPv6({ name, services, rows, ...rest }: RowGroup): RowGroup {
  return {
    ...rest,
    name: `${name}, IPv6`,
    services: services.map(serviceInIPv6),
    rows: rows.map(([from, to, expected]) => [textInIPv6(from), textInIPv6(to), expected]),
  }
}
