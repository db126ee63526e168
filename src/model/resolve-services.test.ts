import { describe, expect, test } from 'vitest'
import type { Service, ServiceSpec, ServiceStatus } from '../api/core.ts'
import type { EndpointPort, EndpointSlice, SliceEndpoint } from '../api/discovery.ts'
import type { AnyObject } from '../api/kinds.ts'
import { resolvedServices, resolveService, resolveServices, type ServicePortInfo } from './resolve-services.ts'
import { snapshotOf, type Snapshot } from './snapshot.ts'

const http: EndpointPort = { name: 'http', protocol: 'TCP', port: 8080 }

function service(spec: ServiceSpec, extra: Partial<Service['metadata']> = {}, status: ServiceStatus = {}): Service {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { namespace: 'default', name: 'web', ...extra },
    spec: { clusterIP: '10.96.0.9', ports: [{ name: 'http', port: 80 }], ...spec },
    status,
  }
}

function slice(
  name: string,
  endpoints: readonly (string | SliceEndpoint)[],
  extra: Partial<EndpointSlice> & { labels?: Record<string, string> } = {},
): EndpointSlice {
  const { labels = { 'kubernetes.io/service-name': 'web' }, ...fields } = extra
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { namespace: 'default', name, labels },
    addressType: 'IPv4',
    ports: [http],
    endpoints: endpoints.map((entry) => (typeof entry === 'string' ? { addresses: [entry] } : entry)),
    ...fields,
  }
}

const resolve = (...objects: AnyObject[]): readonly ServicePortInfo[] => resolveServices(snapshotOf(objects))
const addresses = (infos: readonly ServicePortInfo[]): readonly string[][] =>
  infos.map(({ endpoints }) => endpoints.map(({ ip, port }) => `${ip}:${port}`))

describe('which Services count', () => {
  test.each<[string, Service, number]>([
    ['ClusterIP', service({}), 1],
    ['headless', service({ clusterIP: 'None' }), 0],
    ['not allocated yet', service({ clusterIP: '' }), 0],
    ['ExternalName with a clusterIP', service({ type: 'ExternalName', externalName: 'x.example' }), 0],
    ['called headless', service({}, { labels: { 'service.kubernetes.io/headless': '' } }), 0],
    ['served by somebody else', service({}, { labels: { 'service.kubernetes.io/service-proxy-name': '' } }), 0],
    [
      'one port number, three protocols',
      service({
        ports: (['TCP', 'UDP', 'SCTP'] as const).map((protocol) => ({
          name: protocol.toLowerCase(),
          protocol,
          port: 53,
        })),
      }),
      3,
    ],
  ])('%s', (_name, object, count) => {
    expect(resolve(object)).toHaveLength(count)
  })
})

test('one record for each family that has a clusterIP, in the order of ipFamilies', () => {
  const dual = service({ ipFamilies: ['IPv6', 'IPv4'], clusterIP: 'fd00::9', clusterIPs: ['fd00::9', '10.96.0.9'] })
  const infos = resolve(dual, slice('a', ['10.0.0.1']), slice('b', ['fd00::10', 'fd00::9'], { addressType: 'IPv6' }))
  expect(infos.map(({ family, clusterIP }) => [family, clusterIP])).toEqual([
    ['IPv6', 'fd00::9'],
    ['IPv4', '10.96.0.9'],
  ])
  expect(addresses(infos)).toEqual([['fd00::9:8080', 'fd00::10:8080'], ['10.0.0.1:8080']])
  expect(resolve(service({ ipFamilies: ['IPv4', 'IPv6'], clusterIPs: ['10.96.0.9'] }))).toHaveLength(1)
})

describe('which endpoints count', () => {
  const dead = { addresses: ['10.0.0.1'], conditions: { ready: false, serving: false, terminating: true } }
  test.each<[string, AnyObject[], string[]]>([
    [
      'all slices of the Service, by numeric address',
      [slice('a', ['10.0.0.10', '10.0.0.9']), slice('b', ['10.0.0.1'])],
      ['10.0.0.1:8080', '10.0.0.9:8080', '10.0.0.10:8080'],
    ],
    ['a slice without the label', [slice('a', ['10.0.0.1'], { labels: {} })], []],
    [
      'a headless slice',
      [
        slice('a', ['10.0.0.1'], {
          labels: { 'kubernetes.io/service-name': 'web', 'service.kubernetes.io/headless': '' },
        }),
      ],
      [],
    ],
    ['another Service', [slice('a', ['10.0.0.1'], { labels: { 'kubernetes.io/service-name': 'db' } })], []],
    ['FQDN', [slice('a', ['db.example'], { addressType: 'FQDN' })], []],
    ['another family', [slice('a', ['fd00::1'], { addressType: 'IPv6' })], []],
    ['the first address only', [slice('a', [{ addresses: ['10.0.0.1', '10.0.0.2'] }])], ['10.0.0.1:8080']],
    ['no address', [slice('a', [{ addresses: [] }])], []],
    ['a port without name', [slice('a', ['10.0.0.1'], { ports: [{ port: 8080 }] })], []],
    ['a port without number', [slice('a', ['10.0.0.1'], { ports: [{ name: 'http' }] })], []],
    ['port 0', [slice('a', ['10.0.0.1'], { ports: [{ name: 'http', port: 0 }] })], []],
    ['a port of another name', [slice('a', ['10.0.0.1'], { ports: [{ name: 'https', port: 8443 }] })], []],
    [
      'a port of another protocol',
      [slice('a', ['10.0.0.1'], { ports: [{ name: 'http', protocol: 'UDP', port: 8080 }] })],
      [],
    ],
    [
      'numbers that differ between slices',
      [slice('a', ['10.0.0.2'], { ports: [{ ...http, port: 1 }] }), slice('b', ['10.0.0.1'])],
      ['10.0.0.1:8080', '10.0.0.2:1'],
    ],
    ['one address for two Pods', [slice('a', [dead, '10.0.0.1'])], ['10.0.0.1:8080']],
    ['leading zeros', [slice('a', ['010.0.0.041'])], ['10.0.0.41:8080']],
  ])('%s', (_name, slices, wanted) => {
    expect(addresses(resolve(service({}), ...slices))).toEqual([wanted])
  })

  test('of two with one address the one that is not terminating wins, in either order', () => {
    for (const endpoints of [
      [dead, '10.0.0.1'],
      ['10.0.0.1', dead],
    ]) {
      expect(resolve(service({}), slice('a', endpoints))[0]?.endpoints).toEqual([
        { ip: '10.0.0.1', port: 8080, ready: true, serving: true, terminating: false },
      ])
    }
  })

  test('what an endpoint carries', () => {
    const entry = {
      addresses: ['10.0.0.1'],
      conditions: { ready: false, serving: true, terminating: true },
      nodeName: 'node-1',
      zone: 'a',
      hints: { forZones: [{ name: 'a' }], forNodes: [{ name: 'node-1' }] },
      targetRef: { kind: 'Pod', name: 'web-0' },
    }
    expect(resolve(service({}), slice('a', [entry]))[0]?.endpoints).toEqual([
      {
        ip: '10.0.0.1',
        port: 8080,
        nodeName: 'node-1',
        ready: false,
        serving: true,
        terminating: true,
        zone: 'a',
        hints: { zones: ['a'], nodes: ['node-1'] },
        targetRef: { kind: 'Pod', name: 'web-0' },
      },
    ])
  })
})

describe('fields', () => {
  const lb = { type: 'LoadBalancer', ports: [{ name: 'http', port: 80, nodePort: 30080 }] } as const
  test.each<[string, Service, Partial<ServicePortInfo>]>([
    [
      'defaults',
      service({}),
      {
        name: { namespace: 'default', name: 'web', port: 'http', protocol: 'TCP' },
        port: 80,
        nodePort: 0,
        externalTrafficPolicy: 'Cluster',
        internalTrafficPolicy: 'Cluster',
        sessionAffinityTimeout: undefined,
        healthCheckNodePort: 0,
        algorithm: undefined,
        loadBalancerVIPs: [],
      },
    ],
    ['nodePort', service(lb), { nodePort: 30080 }],
    [
      'no nodePorts',
      service(
        { ...lb, ports: [{ name: 'http', port: 80 }] },
        {},
        { loadBalancer: { ingress: [{ ip: '203.0.113.10' }] } },
      ),
      { nodePort: 0, loadBalancerVIPs: ['203.0.113.10'] },
    ],
    [
      'ipMode',
      service(
        lb,
        {},
        {
          loadBalancer: {
            ingress: [
              { ip: '203.0.113.10' },
              { ip: '203.0.113.11', ipMode: 'VIP' },
              { ip: '203.0.113.12', ipMode: 'Proxy' },
              { hostname: 'lb.example' },
              { ip: 'fd00::1' },
            ],
          },
        },
      ),
      { loadBalancerVIPs: ['203.0.113.10', '203.0.113.11'], loadBalancerProxyIPs: ['203.0.113.12'] },
    ],
    ['externalIPs', service({ externalIPs: ['1.2.3.004', 'fd00::2', 'nonsense'] }), { externalIPs: ['1.2.3.4'] }],
    [
      'source ranges',
      service({ ...lb, loadBalancerSourceRanges: [' 203.0.113.0/025 ', 'fd00::/8'] }),
      { sourceRanges: ['203.0.113.0/25'] },
    ],
    [
      'a source range of everything',
      service({ ...lb, loadBalancerSourceRanges: ['203.0.113.0/25', '0.0.0.0/0'] }),
      { sourceRanges: [] },
    ],
    ['affinity', service({ sessionAffinity: 'ClientIP' }), { sessionAffinityTimeout: 10800 }],
    [
      'affinity timeout',
      service({ sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds: 5 } } }),
      { sessionAffinityTimeout: 5 },
    ],
    [
      'health check port',
      service({ ...lb, externalTrafficPolicy: 'Local', healthCheckNodePort: 31000 }),
      { healthCheckNodePort: 31000, externalTrafficPolicy: 'Local' },
    ],
    ['health check port without Local', service({ ...lb, healthCheckNodePort: 31000 }), { healthCheckNodePort: 0 }],
    [
      'algorithm',
      service({}, { annotations: { 'portolan.dev/algorithm': 'source-hash' } }),
      { algorithm: 'source-hash' },
    ],
    [
      'an algorithm that is none',
      service({}, { annotations: { 'portolan.dev/algorithm': 'best' } }),
      { algorithm: undefined },
    ],
    ['clusterIP with leading zeros', service({ clusterIP: '010.096.000.009' }), { clusterIP: '10.96.0.9' }],
    ['age', service({}, { creationTimestamp: '2024-01-01T00:00:00Z' }), { creationTimestamp: '2024-01-01T00:00:00Z' }],
  ])('%s', (_name, object, wanted) => {
    expect(resolve(object)[0]).toMatchObject(wanted)
  })
})

describe('following changes', () => {
  function set(snapshot: Snapshot, object: Service | EndpointSlice): Snapshot {
    const key = `default/${object.metadata.name}`
    const objects =
      object.kind === 'Service'
        ? { ...snapshot.objects, Service: snapshot.objects.Service.set(key, object) }
        : { ...snapshot.objects, EndpointSlice: snapshot.objects.EndpointSlice.set(key, object) }
    return { resourceVersion: snapshot.resourceVersion + 1, objects }
  }
  const many = snapshotOf(
    Array.from({ length: 200 }, (_, i) => [
      service({ clusterIP: `10.96.1.${i}` }, { name: `s${i}` }),
      slice(`s${i}-a`, ['10.0.0.1'], { labels: { 'kubernetes.io/service-name': `s${i}` } }),
    ]).flat(),
  )

  test('a change of one endpoint gives one new record; the rest are the same values', () => {
    const before = resolvedServices(many)
    const moved = slice('s7-a', ['10.0.0.2'], { labels: { 'kubernetes.io/service-name': 's7' } })
    const changes = before.changes(resolvedServices(set(many, moved)))
    expect(changes.map(({ key }) => key)).toEqual(['default/s7'])
  })

  test('a change that nothing depends on gives none', () => {
    const annotated = service({ clusterIP: '10.96.1.7' }, { name: 's7', annotations: { note: 'x' } })
    expect(resolvedServices(many).changes(resolvedServices(set(many, annotated)))).toEqual([])
  })

  test('an endpoint that moves between slices stays, in both orders of events', () => {
    const a = (ips: string[]): EndpointSlice => slice('a', ips)
    const b = (ips: string[]): EndpointSlice => slice('b', ips)
    const start = snapshotOf([service({}), a(['10.0.0.1']), b(['10.0.0.2'])])
    for (const [first, second] of [
      [a([]), b(['10.0.0.1', '10.0.0.2'])],
      [b(['10.0.0.1', '10.0.0.2']), a([])],
    ] as const) {
      const end = set(set(start, first), second)
      resolveServices(set(start, first))
      expect(addresses(resolveServices(end))).toEqual([['10.0.0.1:8080', '10.0.0.2:8080']])
    }
  })

  test('the result depends on the snapshot only', () => {
    const other = snapshotOf([service({}), slice('a', ['10.0.0.1'])])
    const first = resolveServices(other)
    resolveServices(many)
    expect(resolveServices(other)).toEqual(first)
    expect(resolveService(other, 'default/web')).toEqual(first)
    expect(resolveService(other, 'default/none')).toEqual([])
  })
})
