/** What was seen becomes hops: cases that a healthy machine cannot show. */
import { describe, expect, test } from 'vitest'
import type { JsonValue } from '../../manifest/node.ts'
import { networkWorldOf, podsMadeBy } from './network-world.ts'
import type { Connection, Observation, Socket } from './observation.ts'
import { observerOf } from './observer.ts'
import { planWays } from './plan.ts'
import { probeFor } from './probe.ts'
import type { Trace } from './report.ts'
import { parseRequest } from './static.ts'
import { tracePacket } from './trace.ts'

const READY = { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] }

function pod(
  name: string,
  ip: string,
  labels: Record<string, string> = {},
  ownerReferences: JsonValue = [],
): JsonValue {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default', labels, ownerReferences },
    spec: { nodeName: 'node-1', containers: [{ name: 'c', ports: [{ containerPort: 8080 }] }] },
    status: { ...READY, podIP: ip },
  }
}

const OBJECTS: readonly JsonValue[] = [
  pod('client', '10.244.1.2'),
  pod('web', '10.244.1.3', { app: 'web' }, [{ kind: 'ReplicaSet', name: 'web-1' }]),
  {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: { name: 'web-1', namespace: 'default', ownerReferences: [{ kind: 'Deployment', name: 'web' }] },
  },
  { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web', namespace: 'default' } },
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web', namespace: 'default' },
    spec: {
      clusterIP: '10.96.0.9',
      selector: { app: 'web' },
      ports: [{ port: 80, targetPort: 8080, protocol: 'TCP' }],
    },
  },
]

const QUERY = {
  name: 'web.default.svc.cluster.local',
  type: 'A',
  result: 'NOERROR',
  addresses: ['10.96.0.9'],
  milliseconds: 1,
} as const
const LISTENER: Socket = { protocol: 'TCP', address: '0.0.0.0', port: 8080, queue: 0, process: 'node (pid 7)' }

function connection(port: number, rest: Partial<Connection> = {}): Connection {
  const address = port === 80 ? '10.96.0.9' : '10.244.1.3'
  return {
    address,
    port,
    errno: null,
    milliseconds: 0.2,
    firstByte: 1,
    bytes: 'HTTP/1.1 200 OK\r\n',
    closed: false,
    source: '10.244.1.2',
    ...rest,
  }
}

function traced(seen: Partial<Observation>, to = 'http://web/', from = 'pod/client', objects = OBJECTS): Trace {
  const world = networkWorldOf({
    objects,
    clusterDomain: 'cluster.local',
    namespace: 'default',
    manifests: [],
  })
  const request = parseRequest(from, to)
  if (typeof request === 'string') throw new Error(request)
  const probe = probeFor(world, planWays(world, request.from, request.to), request.to)
  const observation: Observation = {
    clientAddress: '10.244.1.2',
    server: '10.96.0.53',
    queries: [QUERY],
    dials: [connection(80)],
    direct: [connection(8080)],
    sockets: { 'default/web': [LISTENER] },
    rules: [],
    foreign: [],
    ...seen,
  }
  return tracePacket(world, request, observerOf(world, probe, observation))
}

const SILENT = { errno: 'ETIMEDOUT', firstByte: null, bytes: '', milliseconds: 300 } as const
const REFUSED = { errno: 'ECONNREFUSED', firstByte: null, bytes: '' } as const

/** What is seen; the verdict with its hop and rule; what that hop says. */
const ROWS: readonly (readonly [string, Partial<Observation>, string, RegExp])[] = [
  ['all is well', {}, 'DELIVERED', /HTTP 200, first byte after 1 ms/],
  [
    'DNS is silent',
    { queries: [{ ...QUERY, result: 'timeout', addresses: [] }] },
    'BROKEN name PTL909',
    /DNS says timeout/,
  ],
  [
    'DNS answers another address',
    { queries: [{ ...QUERY, addresses: ['10.0.0.1'] }] },
    'BROKEN name PTL909',
    /but the Service has 10\.96\.0\.9/,
  ],
  [
    'the accept queue is full',
    {
      dials: [connection(80, SILENT)],
      direct: [connection(8080, SILENT)],
      sockets: { 'default/web': [{ ...LISTENER, queue: 2 }] },
    },
    'BROKEN socket PTL911',
    /its queue is full with 2/,
  ],
  [
    'a stale endpoint',
    {
      dials: [connection(80, { ...SILENT, errno: 'EHOSTUNREACH' })],
      direct: [connection(8080, { ...SILENT, errno: 'EHOSTUNREACH' })],
      sockets: {},
    },
    'BROKEN pod PTL910',
    /does not answer: EHOSTUNREACH/,
  ],
  [
    'IPv6 only',
    {
      dials: [connection(80, REFUSED)],
      direct: [connection(8080, REFUSED)],
      sockets: { 'default/web': [{ ...LISTENER, address: '::' }] },
    },
    'BROKEN socket PTL903',
    /for IPv6 only/,
  ],
  [
    'a rule that refuses',
    { dials: [connection(80, REFUSED)], direct: [connection(8080, REFUSED)], foreign: ['node-1: ip wall'] },
    'BROKEN pod PTL908',
    /refused by a rule.*node-1: ip wall/,
  ],
  [
    'the Service alone is dropped',
    { dials: [connection(80, SILENT)], foreign: ['node-1: ip wall'] },
    'BROKEN service PTL908',
    /though the endpoints answer: .*ip wall/,
  ],
  [
    'a wall of another port',
    { dials: [connection(80, SILENT)] },
    'BROKEN service PTL908',
    /are dropped, though the endpoints answer$/,
  ],
  [
    'closed without a word',
    { direct: [connection(8080, { firstByte: null, bytes: '', closed: true })] },
    'BROKEN application',
    /closed the connection/,
  ],
  [
    'silent',
    { direct: [connection(8080, { firstByte: null, bytes: '' })] },
    'UNDETERMINED application',
    /has not answered after 500 ms/,
  ],
  ['slow', { direct: [connection(8080, { firstByte: 450 })] }, 'DELIVERED', /slow: HTTP 200, first byte after 450 ms/],
  [
    'a server error',
    { direct: [connection(8080, { bytes: 'HTTP/1.1 503 Service Unavailable\r\n' })] },
    'DELIVERED',
    /HTTP 503/,
  ],
  ['nobody looked at the Pod', { direct: [], sockets: {} }, 'UNDETERMINED pod', /was not looked at/],
]

function decided({ verdict, paths, brokenAt, unknowns }: Trace): string {
  const kind = brokenAt ?? unknowns[0]?.hop
  const hop = paths[0]?.hops.find((one) => one.kind === kind)
  return verdict === 'DELIVERED' ? verdict : [verdict, kind, hop?.rule].filter(Boolean).join(' ')
}

describe('what was seen', () => {
  test.each(ROWS)('%s', (_, seen, expected, text) => {
    const trace = traced(seen)
    expect(decided(trace)).toBe(expected)
    expect(
      trace.paths.flatMap(({ hops }) => hops).some((hop) => text.test(hop.text)),
      JSON.stringify(trace.paths),
    ).toBe(true)
  })

  test('a client that cannot reach itself through its Service', () => {
    const trace = traced({ dials: [connection(80, SILENT)] }, 'http://web/', 'pod/web')
    expect(decided(trace)).toBe('BROKEN service PTL912')
  })

  test('a Service that another proxy is to serve', () => {
    const labels = { 'service.kubernetes.io/service-proxy-name': 'other' }
    const objects = OBJECTS.map((object) =>
      (object as { readonly kind: string }).kind === 'Service'
        ? { ...(object as object), metadata: { name: 'web', namespace: 'default', labels } }
        : object,
    )
    for (const from of ['pod/client', 'pod/web']) {
      const trace = traced({ dials: [connection(80, SILENT)] }, 'http://web/', from, objects)
      expect(decided(trace)).toBe('BROKEN service PTL507')
    }
    // Where there is one, it works.
    expect(traced({}, 'http://web/', 'pod/client', objects).verdict).toBe('DELIVERED')
  })

  test('is said with what it cost', () => {
    expect(traced({}).notes).toEqual([
      'this trace made 1 connection as the client makes them, and 1 to the endpoints themselves; the first used one turn of the Service’s round robin',
    ])
  })

  test('the probe asks for the names of the search path and for every endpoint', () => {
    const world = networkWorldOf({
      objects: OBJECTS,
      clusterDomain: 'cluster.local',
      namespace: 'default',
      manifests: [],
    })
    const request = parseRequest('pod/client', 'svc/web:80')
    if (typeof request === 'string') throw new Error(request)
    expect(probeFor(world, planWays(world, request.from, request.to), request.to)).toEqual({
      from: 'pod/default/client',
      names: ['web.default.svc.cluster.local', 'web.svc.cluster.local', 'web.cluster.local', 'web'],
      protocol: 'TCP',
      dials: [{ port: 80, address: '10.96.0.9', node: 'node-1' }],
      direct: [{ address: '10.244.1.3', port: 8080 }],
      pods: ['default/web'],
    })
  })

  test('a Deployment’s Pods are found through its ReplicaSet', () => {
    expect(podsMadeBy(OBJECTS, 'Deployment', 'default', 'web')).toEqual(['web'])
    expect(podsMadeBy(OBJECTS, 'Deployment', 'default', 'other')).toEqual([])
  })
})
