/** The same Services in the layout of kube-proxy 1.36's nftables mode, as text for `nft -f`: see its proxier.go. */
import { createHash } from 'node:crypto'
import type { ServicePortInfo } from '../../src/model/resolve-services.ts'
import type { NodeContext } from '../../src/proxy/node-context.ts'
import { POD_RANGE } from './state.ts'

export function kubeProxyTable(services: readonly ServicePortInfo[], node: NodeContext): string {
  const dispatch = services.map((info) => `${info.clusterIP} . tcp . ${info.port} : goto ${chainOf(info)}`)
  const hairpin = services.flatMap(({ endpoints }) =>
    endpoints.filter(({ nodeName }) => nodeName === node.name).map(({ ip, port }) => `${ip} . ${ip} . tcp . ${port}`),
  )
  const frontend = 'type ipv4_addr . inet_proto . inet_service : verdict'
  return `table ip kube-proxy {
${services.map((info) => `  chain ${chainOf(info)} {\n${rulesOf(info)}\n  }`).join('\n')}
  set cluster-ips { type ipv4_addr; elements = { ${services.map(({ clusterIP }) => clusterIP).join(', ')} } }
  set nodeport-ips { type ipv4_addr; elements = { ${node.addresses.join(', ')} } }
  set hairpin-connections { type ipv4_addr . ipv4_addr . inet_proto . inet_service
    ${hairpin.length > 0 ? `elements = { ${hairpin.join(', ')} }` : ''} }
  map service-ips { ${frontend}; elements = { ${dispatch.join(', ')} } }
  map service-nodeports { type inet_proto . inet_service : verdict; }
  map no-endpoint-services { ${frontend}; }
  map no-endpoint-nodeports { type inet_proto . inet_service : verdict; }
  map firewall-ips { ${frontend}; }
${BASE.replaceAll('SERVICE_CIDR', node.serviceCIDRs[0] ?? '')}
}
`
}

/** What an incremental sync writes where one endpoint of a Service is replaced: its whole rule. */
export function kubeProxyChange(info: ServicePortInfo): string {
  const rules = rulesOf(info).split('\n')
  const add = rules.map((rule) => `add rule ip kube-proxy ${chainOf(info)} ${rule.trim()}`)
  return [`flush chain ip kube-proxy ${chainOf(info)}`, ...add].join('\n')
}

function rulesOf({ clusterIP, port, endpoints }: ServicePortInfo): string {
  const targets = endpoints.map((endpoint, i) => `${i} : ${endpoint.ip} . ${endpoint.port}`).join(', ')
  const masquerade = `ip daddr ${clusterIP} tcp dport ${port} ip saddr != ${POD_RANGE} jump mark-for-masquerade`
  const choose = `meta l4proto tcp dnat ip addr . port to numgen random mod ${endpoints.length} map { ${targets} }`
  return `    ${masquerade}\n    ${choose}`
}

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

function chainOf({ name }: ServicePortInfo): string {
  const label = `${name.namespace}/${name.name}/tcp/${name.port}`
  const hash = [...createHash('sha256').update(label).digest().subarray(0, 8)].map((byte) => BASE32[byte & 31])
  return `service-${hash.join('')}-${label}`
}

const BASE = `  chain mark-for-masquerade { mark set mark or 0x4000; }
  chain masquerading {
    mark and 0x4000 == 0 return
    mark set mark xor 0x4000
    masquerade fully-random
  }
  chain reject-chain { reject; }
  chain services {
    ip daddr . meta l4proto . th dport vmap @service-ips
    ip daddr @nodeport-ips meta l4proto . th dport vmap @service-nodeports
  }
  chain firewall-check { ip daddr . meta l4proto . th dport vmap @firewall-ips; }
  chain nodeport-endpoints-check { ip daddr @nodeport-ips meta l4proto . th dport vmap @no-endpoint-nodeports; }
  chain service-endpoints-check { ip daddr . meta l4proto . th dport vmap @no-endpoint-services; }
  chain cluster-ips-check {
    ip daddr @cluster-ips reject
    ip daddr SERVICE_CIDR drop
  }
  chain filter-prerouting { type filter hook prerouting priority -110; ct state new jump firewall-check; }
  chain filter-output-pre { type filter hook output priority -110; ct state new jump firewall-check; }
  chain nat-prerouting { type nat hook prerouting priority -100; jump services; }
  chain nat-output { type nat hook output priority -100; jump services; }
  chain nat-postrouting {
    type nat hook postrouting priority 100
    ip saddr . ip daddr . meta l4proto . th dport @hairpin-connections jump mark-for-masquerade
    jump masquerading
  }
  chain filter-input {
    type filter hook input priority 0
    ct state new jump nodeport-endpoints-check
    ct state new jump service-endpoints-check
  }
  chain filter-forward {
    type filter hook forward priority 0
    ct state new jump service-endpoints-check
    ct state new jump cluster-ips-check
  }
  chain filter-output {
    type filter hook output priority 0
    ct state new jump service-endpoints-check
    ct state new jump cluster-ips-check
  }`
