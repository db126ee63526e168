// The Services after each change: those of one namespace with eight endpoints on its loopback device.
import { OrderedMap } from '../../../dist/lib/ordered-map.js'

export const ENDPOINTS = Array.from({ length: 8 }, (_, i) => `10.244.0.${i + 1}`)
export const SERVICE = { address: '10.96.0.1', port: 80 }
/** Beyond 512 Service ports the table has another layout: every so many changes it goes there or back. */
export const CROSSING = 125
const MORE = 520

/** The endpoints of the Service that clients connect to, after change `index`. */
export function endpointsAt(index) {
  const count = 1 + (index % 5)
  return Array.from({ length: count }, (_, i) => ENDPOINTS[(index * 3 + i) % ENDPOINTS.length])
}

export function servicesAt(index) {
  const others = Math.floor(index / CROSSING) % 2 === 0 ? 10 : MORE
  const infos = [
    info('web', SERVICE.address, endpointsAt(index)),
    ...Array.from({ length: others }, (_, i) => info(`other-${i}`, `10.97.${i >> 8}.${i & 255}`, [ENDPOINTS[i % 8]])),
  ]
  return OrderedMap.from(infos.map((one) => [`default/${one.name.name}`, [one]]))
}

export const NODE = {
  name: 'node-1',
  family: 'IPv4',
  addresses: ['10.0.0.1'],
  podCIDR: '10.244.0.0/16',
  serviceCIDRs: ['10.96.0.0/12'],
}

function info(name, clusterIP, addresses) {
  const endpoint = (ip) => ({ ip, port: 8080, nodeName: 'node-1', ready: true, serving: true, terminating: false })
  return {
    name: { namespace: 'default', name, port: '', protocol: 'TCP' },
    family: 'IPv4',
    clusterIP,
    port: 80,
    nodePort: 0,
    loadBalancerVIPs: [],
    loadBalancerProxyIPs: [],
    externalIPs: [],
    sourceRanges: [],
    externalTrafficPolicy: 'Cluster',
    internalTrafficPolicy: 'Cluster',
    healthCheckNodePort: 0,
    creationTimestamp: '2026-01-01T00:00:00Z',
    endpoints: ENDPOINTS.filter((ip) => addresses.includes(ip)).map(endpoint),
  }
}
