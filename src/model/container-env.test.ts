import { describe, expect, test } from 'vitest'
import type { Container, EnvVar, Pod, Service } from '../api/core.ts'
import type { AnyObject } from '../api/kinds.ts'
import { containerEnv, podHostname } from './container-env.ts'
import { expandVariables } from './expand.ts'
import { parseQuantity } from './quantity.ts'
import { snapshotOf } from './snapshot.ts'

const pod: Pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name: 'web',
    namespace: 'shop',
    uid: 'u-1',
    labels: { app: 'nginx', "it's": 'odd' },
    annotations: { 'example.com/x': 'y' },
  },
  spec: { nodeName: 'node-1', containers: [] },
}
const objects: readonly AnyObject[] = [
  { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings', namespace: 'shop' }, data: { A: '1', B: '2' } },
  {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'token', namespace: 'shop' },
    data: { KEY: 'c8OcCg==', RAW: '/w==', EMPTY: '' },
    stringData: { PLAIN: 'text' },
  },
]

const envOf = (container: Partial<Container>, more: readonly AnyObject[] = [], spec: Partial<Pod['spec']> = {}) =>
  containerEnv(
    { ...pod, spec: { ...pod.spec, ...spec } },
    { name: 'c', ...container },
    snapshotOf([...objects, ...more]),
    {
      podIP: '10.244.1.2',
      podIPs: ['10.244.1.2', 'fd00::2'],
      hostIP: '192.168.1.100',
      hostIPs: ['192.168.1.100', 'fd00::64'],
    },
  )

test.each([
  ['$(A)', '1'],
  ['x$(A)y$(B)', 'x1y$(B)'],
  ['$$(A)', '$(A)'],
  ['$$$(A)', '$1'],
  ['$A $ $', '$A $ $'],
  ['$(A', '$(A'],
  ['$(A $(A)', '$(A $(A)'],
  ['$()', '$()'],
  ['', ''],
])('%j expands to %j', (text, expanded) => {
  expect(expandVariables(text, (name) => (name === 'A' ? '1' : undefined))).toBe(expanded)
})

const field = (fieldPath: string): EnvVar => ({ name: 'X', valueFrom: { fieldRef: { fieldPath } } })
const configKey = (key: string, name = 'settings'): EnvVar => ({
  name: 'X',
  valueFrom: { configMapKeyRef: { name, key } },
})
const secretKey = (key: string, name = 'token'): EnvVar => ({ name: 'X', valueFrom: { secretKeyRef: { name, key } } })
const resource = (name: string, divisor?: string): EnvVar => ({
  name: 'X',
  valueFrom: { resourceFieldRef: { resource: name, ...(divisor === undefined ? {} : { divisor }) } },
})

test.each<[string, EnvVar, string | undefined]>([
  ['a value', { name: 'X', value: 'v' }, 'v'],
  ['no value', { name: 'X' }, ''],
  ['a value before a source', { ...configKey('A'), value: 'v' }, 'v'],
  ['metadata.name', field('metadata.name'), 'web'],
  ['metadata.namespace', field('metadata.namespace'), 'shop'],
  ['metadata.uid', field('metadata.uid'), 'u-1'],
  ['a label', field("metadata.labels['app']"), 'nginx'],
  ['a label with a quote', field("metadata.labels['it's']"), 'odd'],
  ['an absent label', field("metadata.labels['no']"), ''],
  ['an annotation', field("metadata.annotations['example.com/x']"), 'y'],
  ['spec.nodeName', field('spec.nodeName'), 'node-1'],
  ['spec.serviceAccountName', field('spec.serviceAccountName'), 'default'],
  ['status.podIP', field('status.podIP'), '10.244.1.2'],
  ['status.podIPs', field('status.podIPs'), '10.244.1.2,fd00::2'],
  ['status.hostIP', field('status.hostIP'), '192.168.1.100'],
  ['a ConfigMap key', configKey('A'), '1'],
  ['a Secret key', secretKey('KEY'), 'sÜ\n'],
  ['a Secret key that is not UTF-8', secretKey('RAW'), 'ÿ'],
  ['an empty Secret key', secretKey('EMPTY'), ''],
  ['stringData', secretKey('PLAIN'), 'text'],
  [
    'an optional absent key',
    { name: 'X', valueFrom: { secretKeyRef: { name: 'token', key: 'no', optional: true } } },
    undefined,
  ],
  [
    'an optional absent ConfigMap',
    { name: 'X', valueFrom: { configMapKeyRef: { name: 'no', key: 'A', optional: true } } },
    undefined,
  ],
  ['limits.cpu, rounded up', resource('limits.cpu'), '2'],
  ['limits.cpu in thousandths', resource('limits.cpu', '1m'), '1500'],
  ['limits.memory in Mi', resource('limits.memory', '1Mi'), '64'],
  ['requests that are not set', resource('requests.memory'), '0'],
])('env from %s', (_, entry, value) => {
  const resources = { limits: { cpu: '1500m', memory: '64Mi' } }
  const container: Container & { resources: object } = { name: 'c', env: [entry], resources }
  const { env, problems } = envOf(container, [], { containers: [container] })
  expect(problems).toEqual([])
  expect(env['X']).toBe(value)
})

test.each<[string, Partial<Container>, string]>([
  ['ConfigMap', { env: [configKey('A', 'no')] }, 'configmap "no" not found'],
  ['ConfigMap key', { env: [configKey('C')] }, "couldn't find key C in ConfigMap shop/settings"],
  ['Secret', { env: [secretKey('A', 'no')] }, 'secret "no" not found'],
  ['Secret key', { env: [secretKey('C')] }, "couldn't find key C in Secret shop/token"],
  ['envFrom ConfigMap', { envFrom: [{ configMapRef: { name: 'no' } }] }, 'configmap "no" not found'],
  ['envFrom Secret', { envFrom: [{ secretRef: { name: 'no' } }] }, 'secret "no" not found'],
  ['field path', { env: [field('status.phase')] }, 'unsupported fieldPath: status.phase'],
  ['resource', { env: [resource('cpu')] }, 'unsupported container resource: cpu'],
])('a missing %s is a problem', (_, container, message) => {
  expect(envOf(container).problems).toEqual([{ reason: 'CreateContainerConfigError', message }])
})

describe('order', () => {
  const { env, command, args, problems } = envOf({
    envFrom: [
      { configMapRef: { name: 'settings' } },
      { prefix: 'P_', configMapRef: { name: 'settings' } },
      { secretRef: { name: 'absent', optional: true } },
    ],
    env: [
      { name: 'B', value: 'own' },
      { name: 'C', value: '$(A)-$(B)-$(D)' },
      { name: 'D', value: 'late' },
    ],
    command: ['serve', '$(C)'],
    args: ['--host=$(HOSTNAME)', '$$(A)'],
  })
  test('env overrides envFrom and sees only what came before', () => {
    expect(problems).toEqual([])
    expect(env).toEqual({ HOSTNAME: 'web', A: '1', B: 'own', P_A: '1', P_B: '2', C: '1-own-$(D)', D: 'late' })
  })
  test('command and args are expanded; HOSTNAME comes from the runtime and is not known to $(...)', () => {
    expect([command, args]).toEqual([
      ['serve', '1-own-$(D)'],
      ['--host=$(HOSTNAME)', '$(A)'],
    ])
  })
})

const service = (namespace: string, name: string, spec: Service['spec']): Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { namespace, name },
  spec,
})
const services: readonly Service[] = [
  service('default', 'kubernetes', { clusterIP: '10.96.0.1', ports: [{ name: 'https', port: 443 }] }),
  service('default', 'elsewhere', { clusterIP: '10.96.0.2', ports: [{ port: 1 }] }),
  service('shop', 'headless', { clusterIP: 'None', ports: [{ port: 1 }] }),
  service('shop', 'my-db', {
    clusterIP: '10.96.0.10',
    ports: [
      { name: 'sql-main', port: 5432 },
      { name: 'dns', port: 53, protocol: 'UDP' },
    ],
  }),
]
const KUBERNETES = {
  KUBERNETES_SERVICE_HOST: '10.96.0.1',
  KUBERNETES_SERVICE_PORT: '443',
  KUBERNETES_SERVICE_PORT_HTTPS: '443',
  KUBERNETES_PORT: 'tcp://10.96.0.1:443',
  KUBERNETES_PORT_443_TCP: 'tcp://10.96.0.1:443',
  KUBERNETES_PORT_443_TCP_PROTO: 'tcp',
  KUBERNETES_PORT_443_TCP_PORT: '443',
  KUBERNETES_PORT_443_TCP_ADDR: '10.96.0.1',
}

describe('Service variables', () => {
  test('own namespace and default/kubernetes', () => {
    expect(envOf({}, services).env).toEqual({
      HOSTNAME: 'web',
      ...KUBERNETES,
      MY_DB_SERVICE_HOST: '10.96.0.10',
      MY_DB_SERVICE_PORT: '5432',
      MY_DB_SERVICE_PORT_SQL_MAIN: '5432',
      MY_DB_SERVICE_PORT_DNS: '53',
      MY_DB_PORT: 'tcp://10.96.0.10:5432',
      MY_DB_PORT_5432_TCP: 'tcp://10.96.0.10:5432',
      MY_DB_PORT_5432_TCP_PROTO: 'tcp',
      MY_DB_PORT_5432_TCP_PORT: '5432',
      MY_DB_PORT_5432_TCP_ADDR: '10.96.0.10',
      MY_DB_PORT_53_UDP: 'udp://10.96.0.10:53',
      MY_DB_PORT_53_UDP_PROTO: 'udp',
      MY_DB_PORT_53_UDP_PORT: '53',
      MY_DB_PORT_53_UDP_ADDR: '10.96.0.10',
    })
  })
  test('enableServiceLinks: false leaves default/kubernetes', () => {
    expect(envOf({}, services, { enableServiceLinks: false }).env).toEqual({ HOSTNAME: 'web', ...KUBERNETES })
  })
  test('env can use and override them', () => {
    const url = { name: 'URL', value: 'http://$(MY_DB_SERVICE_HOST)' }
    const { env } = envOf({ env: [url, { name: 'MY_DB_SERVICE_PORT', value: '1' }] }, services)
    expect([env['URL'], env['MY_DB_SERVICE_PORT']]).toEqual(['http://10.96.0.10', '1'])
  })
  test('IPv6 is bracketed', () => {
    const { env } = envOf({}, [service('shop', 'six', { clusterIP: 'fd00::1', ports: [{ port: 80 }] })])
    expect([env['SIX_PORT'], env['SIX_SERVICE_HOST']]).toEqual(['tcp://[fd00::1]:80', 'fd00::1'])
  })
})

test.each<[Partial<Pod['spec']>, string, string]>([
  [{}, 'web', 'web'],
  [{ hostname: 'db-0' }, 'web', 'db-0'],
  [{ hostNetwork: true }, 'web', 'node-1'],
  [{}, `${'a'.repeat(62)}-tail`, 'a'.repeat(62)],
])('host name: %j, Pod %s', (spec, name, hostname) => {
  expect(podHostname({ ...pod, metadata: { name }, spec: { ...pod.spec, ...spec } })).toBe(hostname)
})

test.each([
  ['500m', 0.5],
  ['2', 2],
  ['1.5Gi', 1.5 * 2 ** 30],
  ['1e3', 1000],
  ['1E', 1e18],
  ['.5k', 500],
  ['', undefined],
  ['1Kb', undefined],
  ['Mi', undefined],
])('quantity %j', (text, value) => {
  expect(parseQuantity(text)).toBe(value)
})
