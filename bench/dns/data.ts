/** The same names for every server: ClusterIP Services, headless Services of ten endpoints, their SRV records. Pure. */

export interface Names {
  /** Kubernetes objects, for Portolan. */
  readonly objects: string
  /** For dnsmasq: a hosts file, and lines of its configuration. */
  readonly hosts: string
  readonly dnsmasq: string
  /** For unbound: the lines of local data. */
  readonly unbound: readonly string[]
  /** By kind, as dnsperf reads them. */
  readonly questions: Readonly<Record<QuestionKind, string>>
}

export type QuestionKind = 'ClusterIP' | 'headless' | 'SRV' | 'NXDOMAIN' | 'forwarded'

const ENDPOINTS = 10
const NAMESPACES = 20
const HEADLESS = 50

interface Service {
  readonly name: string
  readonly namespace: string
  readonly host: string
  readonly addresses: readonly string[]
  readonly headless: boolean
}

function services(count: number, zone: string): readonly Service[] {
  const make = (name: string, i: number, addresses: readonly string[], headless: boolean): Service => {
    const namespace = `ns-${i % NAMESPACES}`
    return { name, namespace, host: `${name}.${namespace}.svc.${zone}`, addresses, headless }
  }
  const plain = Array.from({ length: count }, (_, i) => make(`web-${i}`, i, [`10.96.${i >> 8}.${i & 255}`], false))
  const headless = Array.from({ length: HEADLESS }, (_, i) => {
    const addresses = Array.from({ length: ENDPOINTS }, (_, e) => `10.244.${i}.${e + 1}`)
    return make(`db-${i}`, i, addresses, true)
  })
  return [...plain, ...headless]
}

function objectsOf({ name, namespace, addresses, headless }: Service): readonly object[] {
  const ports = [{ name: 'http', port: 80, protocol: 'TCP' }]
  const clusterIP = headless ? 'None' : addresses[0]
  const service = { apiVersion: 'v1', kind: 'Service', metadata: { name, namespace }, spec: { clusterIP, ports } }
  if (!headless) return [service]
  const slice = {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: `${name}-1`, namespace, labels: { 'kubernetes.io/service-name': name } },
    addressType: 'IPv4',
    ports,
    endpoints: addresses.map((address) => ({ addresses: [address] })),
  }
  return [service, slice]
}

const lines = (texts: readonly string[]): string => `${texts.join('\n')}\n`

/** `count` ClusterIP Services below `zone`; names below `foreign` are those that are forwarded. */
export function namesOf(count: number, zone: string, foreign: string): Names {
  const all = services(count, zone)
  const plain = all.filter(({ headless }) => !headless)
  return {
    objects: JSON.stringify({ apiVersion: 'v1', kind: 'List', items: all.flatMap(objectsOf) }),
    hosts: lines(all.flatMap(({ host, addresses }) => addresses.map((address) => `${address} ${host}`))),
    dnsmasq: lines(plain.map(({ host }) => `srv-host=_http._tcp.${host},${host},80,0,100`)),
    unbound: [
      `local-zone: "${zone}." static`,
      `local-data: "${zone}. 5 IN SOA ns.dns.${zone}. hostmaster.${zone}. 1 7200 1800 86400 5"`,
      ...all.flatMap(({ host, addresses }) => addresses.map((address) => `local-data: "${host}. 5 IN A ${address}"`)),
      ...plain.map(({ host }) => `local-data: "_http._tcp.${host}. 5 IN SRV 0 100 80 ${host}."`),
    ],
    questions: {
      ClusterIP: lines(plain.map(({ host }) => `${host} A`)),
      headless: lines(all.filter(({ headless }) => headless).map(({ host }) => `${host} A`)),
      SRV: lines(plain.map(({ host }) => `_http._tcp.${host} SRV`)),
      NXDOMAIN: lines(plain.map(({ host }) => `no-${host} A`)),
      forwarded: lines(services(count, foreign).map(({ host }) => `${host} A`)),
    },
  }
}
