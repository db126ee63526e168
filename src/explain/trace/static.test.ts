import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { EXIT_CODES, HOP_KINDS } from './report.ts'
import { parseRequest } from './static.ts'
import {
  CLIENT,
  WEB,
  BASE,
  decided,
  deployment,
  ingress,
  policy,
  service,
  trace,
  type Row,
} from '../../../test/trace/manifests.ts'

const DUAL = 'ipFamilies: [IPv4, IPv6]\n  selector: {app: web}'

const ROWS: readonly Row[] = [
  ['healthy', BASE, 'deploy/client', 'http://web/', 'DELIVERED'],
  ['by namespace', BASE, 'deploy/client', 'http://web.shop/', 'DELIVERED'],
  ['by full name', BASE, 'deploy/client', 'http://web.shop.svc.cluster.local/', 'DELIVERED'],
  ['by full name with a dot', BASE, 'deploy/client', 'web.shop.svc.cluster.local.:80', 'DELIVERED'],
  ['svc form', BASE, 'deploy/client', 'svc/web:80', 'DELIVERED'],
  ['svc form, the only port', BASE, 'deploy/client', 'svc/web', 'DELIVERED'],
  ['other namespace', BASE, 'shop/deploy/client', 'shop/svc/web:80', 'DELIVERED'],
  ['itself', BASE, 'deploy/web', 'http://web/', 'DELIVERED'],
  ['from a node', BASE, 'node', 'http://web.shop.svc.cluster.local/', 'DELIVERED'],
  [
    'named targetPort',
    `${CLIENT}${WEB}${service('web', '[{port: 80, targetPort: http}]')}`,
    'deploy/client',
    'http://web/',
    'DELIVERED',
  ],
  [
    'named Service port',
    `${CLIENT}${WEB}${service('web', '[{name: http, port: 80, targetPort: 8080}]')}`,
    'deploy/client',
    'svc/web:http',
    'DELIVERED',
  ],
  [
    'no targetPort',
    `${CLIENT}${WEB}${service('web', '[{port: 8080}]')}`,
    'deploy/client',
    'http://web:8080/',
    'DELIVERED',
  ],
  ['client not given', BASE, 'pod/nobody', 'http://web/', 'UNDETERMINED client'],
  ['wrong Service port: targetPort', BASE, 'deploy/client', 'http://web:8080/', 'BROKEN service PTL702'],
  ['wrong Service port', BASE, 'deploy/client', 'http://web:81/', 'BROKEN service PTL702'],
  ['misspelt name', BASE, 'deploy/client', 'http://wbe/', 'BROKEN name PTL701'],
  ['name not given', BASE, 'deploy/client', 'http://payments/', 'UNDETERMINED name PTL701'],
  [
    'name of another namespace',
    `${BASE}${service('pay', undefined, '', 'billing')}`,
    'deploy/client',
    'http://pay/',
    'BROKEN name PTL703',
  ],
  ['name outside of the cluster', BASE, 'deploy/client', 'https://example.com/', 'UNDETERMINED name'],
  ['cluster name from outside', BASE, 'outside', 'http://web.shop.svc.cluster.local/', 'BROKEN name PTL705'],
  [
    'scaled to zero',
    `${CLIENT}${deployment('web', { replicas: 0 })}${service('web')}`,
    'deploy/client',
    'http://web/',
    'BROKEN endpoint PTL207',
  ],
  [
    'selector typo',
    `${CLIENT}${WEB}${service('web', undefined, 'selector: {app: wbe}')}`,
    'deploy/client',
    'http://web/',
    'BROKEN endpoint PTL201',
  ],
  ['selector without workload', service('web'), 'outside', 'svc/web:80', 'BROKEN entry PTL705'],
  [
    'nothing but the Service',
    service('web'),
    'node',
    'http://web.shop.svc.cluster.local/',
    'UNDETERMINED endpoint PTL201',
  ],
  [
    'named port missing',
    `${CLIENT}${WEB}${service('web', '[{port: 80, targetPort: web}]')}`,
    'deploy/client',
    'http://web/',
    'BROKEN endpoint PTL301',
  ],
  [
    'quoted number',
    `${CLIENT}${WEB}${service('web', '[{port: 80, targetPort: "8080"}]')}`,
    'deploy/client',
    'http://web/',
    'BROKEN endpoint PTL301',
  ],
  [
    'port not declared',
    `${CLIENT}${WEB}${service('web', '[{port: 80, targetPort: 9090}]')}`,
    'deploy/client',
    'http://web/',
    'UNDETERMINED socket PTL303',
  ],
  [
    'port declared for UDP',
    `${CLIENT}${deployment('web', { ports: '[{containerPort: 8080, protocol: UDP}]' })}${service('web')}`,
    'deploy/client',
    'http://web/',
    'UNDETERMINED socket PTL304',
  ],
  [
    'told another port',
    `${CLIENT}${deployment('web', { ports: '[]', args: '["--port", "3000"]' })}${service('web')}`,
    'deploy/client',
    'http://web/',
    'BROKEN socket PTL302',
  ],
  [
    'told loopback',
    `${CLIENT}${deployment('web', { args: '["--listen=127.0.0.1:8080"]' })}${service('web')}`,
    'deploy/client',
    'http://web/',
    'BROKEN socket PTL309',
  ],
  [
    'UDP Service, TCP client',
    `${CLIENT}${WEB}${service('web', '[{port: 80, targetPort: 8080, protocol: UDP}]')}`,
    'deploy/client',
    'http://web/',
    'BROKEN service PTL304',
  ],
  [
    'UDP',
    `${CLIENT}${deployment('web', { ports: '[{containerPort: 53, protocol: UDP}]' })}${service('web', '[{port: 53, protocol: UDP}]')}`,
    'deploy/client',
    'svc/web:53',
    'DELIVERED',
  ],
  [
    'no selector, no slice',
    `${CLIENT}${service('web', undefined, 'type: ClusterIP')}`,
    'deploy/client',
    'http://web/',
    'UNDETERMINED endpoint PTL208',
  ],
  [
    'a slice without a port',
    `${CLIENT}${service('web', undefined, 'type: ClusterIP')}apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: web, namespace: shop, labels: {kubernetes.io/service-name: web}}\naddressType: IPv4\nendpoints: [{addresses: [192.0.2.1]}]\n`,
    'deploy/client',
    'http://web/',
    'BROKEN endpoint PTL905',
  ],
  [
    'ExternalName',
    `${CLIENT}${service('db', '[]', 'type: ExternalName\n  externalName: db.example.net')}`,
    'deploy/client',
    'db:5432',
    'UNDETERMINED endpoint',
  ],
  [
    'headless',
    `${CLIENT}${WEB}${service('web', '[{port: 8080}]', 'clusterIP: None\n  selector: {app: web}')}`,
    'deploy/client',
    'http://web:8080/',
    'DELIVERED',
  ],
  [
    'headless with another port',
    `${CLIENT}${WEB}${service('web', '[{port: 80, targetPort: 8080}]', 'clusterIP: None\n  selector: {app: web}')}`,
    'deploy/client',
    'http://web/',
    'UNDETERMINED socket PTL303',
  ],
  ['ClusterIP from outside', BASE, 'outside', 'svc/web:80', 'BROKEN entry PTL705'],
  [
    'nodePort',
    `${WEB}${service('web', '[{port: 80, targetPort: 8080, nodePort: 30080}]', 'type: NodePort\n  selector: {app: web}')}`,
    'outside',
    'node:30080',
    'DELIVERED',
  ],
  [
    'port used as nodePort',
    `${WEB}${service('web', '[{port: 80, targetPort: 8080, nodePort: 30080}]', 'type: NodePort\n  selector: {app: web}')}`,
    'outside',
    'node:80',
    'BROKEN entry PTL702',
  ],
  ['unknown nodePort', BASE, 'outside', 'node:30080', 'UNDETERMINED entry'],
  [
    'load balancer',
    `${WEB}${service('web', '[{port: 80, targetPort: 8080}]', 'type: LoadBalancer\n  selector: {app: web}')}`,
    'outside',
    'svc/web:80',
    'DELIVERED',
  ],
  [
    'load balancer with source ranges',
    `${WEB}${service('web', '[{port: 80, targetPort: 8080}]', 'type: LoadBalancer\n  loadBalancerSourceRanges: [10.0.0.0/8]\n  selector: {app: web}')}`,
    'outside',
    'svc/web:80',
    'UNDETERMINED entry',
  ],
  [
    'Pod',
    `${CLIENT}apiVersion: v1\nkind: Pod\nmetadata: {name: one, namespace: shop}\nspec: {containers: [{name: a, ports: [{containerPort: 80}]}]}\n`,
    'deploy/client',
    'pod/one:80',
    'DELIVERED',
  ],
  ['localhost', BASE, 'deploy/web', 'http://localhost:8080/', 'DELIVERED'],
  [
    'one of two workloads has no port',
    `${CLIENT}${WEB}${deployment('other', { labels: '{app: web}', ports: '[]', args: '["--port=9999"]' })}${service('web')}`,
    'deploy/client',
    'http://web/',
    'PARTIAL socket PTL302',
  ],
  [
    'dual stack, a program of both families',
    `${CLIENT}${deployment('web', { args: '["--listen=[::]:8080"]' })}${service('web', undefined, DUAL)}`,
    'deploy/client',
    'http://web/',
    'DELIVERED',
  ],
  [
    'dual stack, a program of IPv4 alone',
    `${CLIENT}${deployment('web', { args: '["--listen=0.0.0.0:8080"]' })}${service('web', undefined, DUAL)}`,
    'deploy/client',
    'http://web/',
    'PARTIAL socket PTL310',
  ],
  [
    'an IPv6 address, a program of IPv4 alone',
    `${CLIENT}${deployment('web', { args: '["--listen=0.0.0.0:8080"]' })}${service('web', undefined, `${DUAL}\n  clusterIPs: [10.96.0.9, "fd00:10:96::9"]`)}`,
    'deploy/client',
    'http://[fd00:10:96::9]/',
    'BROKEN socket PTL310',
  ],
  [
    'its IPv4 address',
    `${CLIENT}${deployment('web', { args: '["--listen=0.0.0.0:8080"]' })}${service('web', undefined, `${DUAL}\n  clusterIPs: [10.96.0.9, "fd00:10:96::9"]`)}`,
    'deploy/client',
    'http://10.96.0.9/',
    'DELIVERED',
  ],
  [
    'dnsPolicy Default',
    `${deployment('client', { spec: 'dnsPolicy: Default' })}${WEB}${service('web')}`,
    'deploy/client',
    'http://web/',
    'BROKEN name PTL706',
  ],
]

describe('static trace', () => {
  test.each(ROWS)('%s', (_, yaml, from, to, expected) => {
    expect(decided(trace(yaml, from, to))).toBe(expected)
  })

  test('broken and partial traces say what the client sees; others do not', () => {
    for (const [, yaml, from, to] of ROWS) {
      const { verdict, symptom } = trace(yaml, from, to)
      expect(symptom !== null, `${from} ${to}`).toBe(verdict === 'BROKEN' || verdict === 'PARTIAL')
    }
  })

  test('a break names the places of both ends', () => {
    const { paths, fixes } = trace(
      `${CLIENT}${deployment('web', { replicas: 0 })}${service('web')}`,
      'deploy/client',
      'http://web/',
    )
    const hop = paths[0]?.hops[5]
    expect(hop?.evidence.map(({ location }) => location?.line)).toEqual([37, 21])
    expect(fixes).toEqual([{ title: 'scale web up', location: expect.objectContaining({ line: 21 }) }])
  })

  test('weights are the replicas’ shares', () => {
    const other = deployment('other', { replicas: 3, labels: '{app: web}' })
    const { paths } = trace(`${CLIENT}${WEB}${other}${service('web')}`, 'deploy/client', 'http://web/')
    expect(paths.map(({ weight }) => weight)).toEqual([0.25, 0.75])
  })

  test('a way is of a family where that makes a difference', () => {
    const yaml = `${CLIENT}${deployment('web', { args: '["--listen=0.0.0.0:8080"]' })}${service('web', undefined, DUAL)}`
    const families = ({ paths }: ReturnType<typeof trace>) => paths.map(({ family, weight }) => [family, weight])
    expect(families(trace(yaml, 'deploy/client', 'http://web/'))).toEqual([
      ['IPv4', 0.5],
      ['IPv6', 0.5],
    ])
    const both = `${CLIENT}${WEB}${service('web', undefined, DUAL)}`
    expect(families(trace(both, 'deploy/client', 'http://web/'))).toEqual([[null, 1]])
  })

  test('what cannot be read makes nothing certain', () => {
    const yaml = `${service('web')}${CLIENT}apiVersion: v1\nkind: [broken\n`
    expect(decided(trace(yaml, 'deploy/client', 'http://web/'))).toBe('UNDETERMINED endpoint PTL201')
  })
})

describe('places', () => {
  const WRONG: readonly (readonly [string, string])[] = [
    ['pod', 'http://web/'],
    ['pod/', 'http://web/'],
    ['a/b/c/pod', 'http://web/'],
    ['outside', 'web'],
    ['outside', 'svc/web:0'],
    ['outside', 'web:99999'],
    ['outside', 'ftp://web/'],
    ['outside', 'http://:80/'],
    ['outside', 'web:'],
    ['outside', ''],
  ]
  test.each(WRONG)('%s to %s is refused in one sentence', (from, to) => {
    expect(parseRequest(from, to)).toMatch(/^(FROM|TO) ".*": /)
  })
})

test('any manifest and any request give a trace with all ten hops, and never DELIVERED over an unseen one', () => {
  const names = fc.constantFrom('web', 'wbe', 'client', 'pay')
  const value = fc.constantFrom('80', '"80"', 'http', '0', '70000', 'null', '[]', '{}', 'true', '8080')
  const ports = fc
    .array(fc.tuple(value, value, value), { maxLength: 3 })
    .map(
      (all) =>
        `[${all.map(([port, target, name]) => `{port: ${port}, targetPort: ${target}, name: ${name}}`).join(', ')}]`,
    )
  const document = fc.oneof(
    fc.tuple(names, ports).map(([name, list]) => service(name, list)),
    fc
      .tuple(names, ports, value)
      .map(([name, list, extra]) => service(name, list, `type: ${extra}\n  clusterIP: ${extra}\n  selector: ${extra}`)),
    fc
      .tuple(names, ports)
      .map(([name, list]) => deployment(name, { ports: list.replaceAll('port:', 'containerPort:') })),
    fc
      .tuple(names, value)
      .map(([name, extra]) =>
        policy(name, `{podSelector: ${extra}, ingress: [{from: ${extra}, ports: [{port: ${extra}}]}]}`),
      ),
    fc.tuple(names, value).map(([name, extra]) => ingress('/', `{name: ${name}, port: ${extra}}`)),
  )
  const from = fc.constantFrom('deploy/client', 'pod/x', 'node', 'node/n1', 'outside')
  const to = fc.constantFrom(
    'http://web/',
    'svc/web:http',
    'web.shop:80',
    'node:30080',
    'pod/web:80',
    '10.0.0.1:80',
    'http://shop.example.com/a',
    'localhost:80',
  )
  fc.assert(
    fc.property(fc.array(document, { maxLength: 6 }), from, to, (documents, start, end) => {
      const { paths, verdict } = trace(documents.join(''), start, end)
      expect(paths.length).toBeGreaterThan(0)
      for (const { hops } of paths) {
        expect(hops.map(({ kind, n }) => `${n} ${kind}`)).toEqual(HOP_KINDS.map((kind, i) => `${i + 1} ${kind}`))
        if (verdict !== 'DELIVERED') continue
        expect(hops.map(({ status }) => status)).not.toContain('unknown')
        expect(hops.slice(0, 9).filter(({ text }) => text === 'not reached')).toEqual([])
      }
      expect(EXIT_CODES[verdict]).toBeTypeOf('number')
    }),
    { numRuns: 300 },
  )
})
