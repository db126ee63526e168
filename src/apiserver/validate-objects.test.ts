import { describe, expect, test } from 'vitest'
import type { Service } from '../api/core.ts'
import type { AnyObject } from '../api/kinds.ts'
import { DEFAULT_CLUSTER_CONFIG, parseClusterConfig, type ClusterConfig } from '../model/cluster-config.ts'
import { emptySnapshot, objectKey, snapshotOf } from '../model/snapshot.ts'
import { createStore } from '../store/store.ts'
import { createRegistry } from './registry.ts'
import { missingNamespaces, validateObjects, type ValidatedObjects } from './validate-objects.ts'

function configOf(changes: object = {}): ClusterConfig {
  const config = parseClusterConfig({ ...DEFAULT_CLUSTER_CONFIG, ...changes })
  if (!('serviceCIDRs' in config)) throw new Error(config.join(', '))
  return config
}

const CONFIG = configOf()
const service = (name: string, spec: object): object => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name },
  spec: { ports: [{ port: 80 }], ...spec },
})
const nodePort = (name: string, number?: number): object =>
  service(name, { type: 'NodePort', ports: [{ port: 80, ...(number === undefined ? {} : { nodePort: number }) }] })
const pod = (name: string, port = 80): object => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name },
  spec: { containers: [{ name: 'c', image: 'i', ports: [{ containerPort: port }] }] },
})
const STORED: Service = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'old', namespace: 'default', uid: 'u', resourceVersion: '7' },
  spec: {
    type: 'NodePort',
    clusterIP: '10.96.0.50',
    clusterIPs: ['10.96.0.50'],
    ipFamilies: ['IPv4'],
    ipFamilyPolicy: 'SingleStack',
    ports: [{ protocol: 'TCP', port: 80, targetPort: 80, nodePort: 30050 }],
  },
}

/** `index field: message`. */
const lines = ({ problems }: ValidatedObjects): readonly string[] =>
  problems.map(({ index, field, message }) => `${index} ${field}: ${message}`)

describe('problems', () => {
  test.each<[string, readonly object[], readonly string[]]>([
    ['nothing', [nodePort('a', 30080), nodePort('b'), pod('a')], []],
    [
      'a nodePort twice',
      [nodePort('web', 30080), nodePort('api', 30080)],
      ['1 spec.ports[0].nodePort: nodePort 30080 is already taken by Service default/web'],
    ],
    [
      'a nodePort of a stored Service',
      [nodePort('web', 30050)],
      ['0 spec.ports[0].nodePort: nodePort 30050 is already taken by Service default/old'],
    ],
    ['a nodePort outside', [nodePort('web', 80)], ['0 spec.ports[0].nodePort: nodePort 80 is outside 30000-32767']],
    [
      'an address outside',
      [service('web', { clusterIP: '10.0.0.1' })],
      ['0 spec.clusterIP: clusterIP 10.0.0.1 is outside the Service range 10.96.0.0/12'],
    ],
    [
      'an address twice',
      [service('a', { clusterIP: '10.96.0.9' }), service('b', { clusterIPs: ['10.96.0.9'], clusterIP: '10.96.0.9' })],
      ['1 spec.clusterIPs: clusterIP 10.96.0.9 is already taken by Service default/a'],
    ],
    [
      'no address',
      [service('a', { clusterIP: 'foo' })],
      ['0 spec.clusterIP: clusterIP "foo": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'],
    ],
    [
      'port 70000: said once',
      [service('a', { ports: [{ port: 70000 }] })],
      ['0 spec.ports[0].port: port 70000: must be between 1 and 65535, inclusive'],
    ],
    [
      'port "80"',
      [service('a', { ports: [{ port: '80' }] })],
      ['0 spec.ports[0].port: port "80": must be a number, not the text "80": write it without quotes, 80'],
    ],
    [
      'a wrong type, and what else is wrong',
      [
        service('a', {
          clusterIP: '10.0.0.1',
          ports: [
            { name: 'x', port: '80' },
            { name: 'y', port: 0 },
          ],
        }),
      ],
      [
        '0 spec.ports[0].port: port "80": must be a number, not the text "80": write it without quotes, 80',
        '0 spec.clusterIP: clusterIP 10.0.0.1 is outside the Service range 10.96.0.0/12',
        '0 spec.ports[1].port: port 0: must be between 1 and 65535, inclusive',
      ],
    ],
    ['two Pods of one name', [pod('a'), pod('a')], ['1 metadata.name: Pod default/a is defined twice']],
    ['no name', [service('', {})], ['0 metadata.name: name is required: name or generateName is required']],
    [
      'two of one nodePort in one Service',
      [
        service('a', {
          type: 'NodePort',
          ports: [
            { name: 'x', port: 1, nodePort: 30001 },
            { name: 'y', port: 2, nodePort: 30001 },
          ],
        }),
      ],
      ['0 spec.ports[1].nodePort: nodePort 30001 is already taken by another port of this Service'],
    ],
    ['an unknown kind', [{ apiVersion: 'v1', kind: 'Gateway' }], ['0 kind: kind "Gateway" is not known here']],
    [
      'all of them at once',
      [pod('p', 0), nodePort('b', 1), service('c', { type: 'Foo', clusterIP: '1.2.3.4', ports: [{ port: 0 }] })],
      [
        '0 spec.containers[0].ports[0].containerPort: containerPort is required: must be between 1 and 65535',
        '1 spec.ports[0].nodePort: nodePort 1 is outside 30000-32767',
        '2 spec.ports[0].port: port 0: must be between 1 and 65535, inclusive',
        '2 spec.type: type "Foo" is not known: supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort"',
      ],
    ],
    [
      'an address and a nodePort of one Service',
      [service('a', { type: 'NodePort', clusterIP: '1.2.3.4', ports: [{ port: 80, nodePort: 1 }] })],
      [
        '0 spec.clusterIP: clusterIP 1.2.3.4 is outside the Service range 10.96.0.0/12',
        '0 spec.ports[0].nodePort: nodePort 1 is outside 30000-32767',
      ],
    ],
    [
      'an immutable field of a stored Service',
      [{ ...nodePort('old'), spec: { type: 'NodePort', clusterIP: '10.96.0.51', ports: [{ port: 80 }] } }],
      ['0 spec.clusterIP: clusterIP "10.96.0.51": may not change once set'],
    ],
  ])('%s', (_name, objects, expected) => {
    expect(lines(validateObjects(objects, snapshotOf([STORED]), CONFIG))).toEqual(expected)
  })

  test('the other object is named where it is one of the list', () => {
    const { problems } = validateObjects(
      [nodePort('a', 30080), pod('p'), pod('p'), nodePort('b', 30080)],
      emptySnapshot(),
      CONFIG,
    )
    expect(problems.map(({ index, other }) => [index, other])).toEqual([
      [2, 1],
      [3, 0],
    ])
  })
})

describe('valid objects', () => {
  const portsOf = ({ valid }: ValidatedObjects): Record<string, number | undefined> =>
    Object.fromEntries(valid.map(({ object }) => [object.metadata.name, (object as Service).spec.ports?.[0]?.nodePort]))

  test('what the manifest names wins, whatever its order', () => {
    const config = configOf({ nodePortRange: '30000-30002', serviceCIDR: '10.96.0.0/29' })
    const dynamic = ['a', 'b'].map((name) => nodePort(name))
    const taken = portsOf(validateObjects(dynamic, emptySnapshot(), config))['a'] ?? 0
    const result = validateObjects([...dynamic, nodePort('c', taken)], emptySnapshot(), config)
    expect(result.problems).toEqual([])
    expect(portsOf(result)['c']).toBe(taken)
    expect(new Set(Object.values(portsOf(result))).size).toBe(3)
  })

  test('come in the order of kinds and can be created as they are', () => {
    const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } }
    const objects = [pod('p'), nodePort('a'), nodePort('b', 30080), service('c', { clusterIP: '10.96.0.7' }), namespace]
    const { valid } = validateObjects(objects, emptySnapshot(), CONFIG)
    expect(valid.map(({ index }) => index)).toEqual([4, 1, 2, 3, 0])
    const store = createStore({ now: () => 0, uid: () => 'u' })
    const registry = createRegistry(store, CONFIG, { now: () => 0 })
    for (const { object } of valid) {
      const result = registry.create(object)
      expect(result).toMatchObject({ code: 201, object: 'spec' in object ? { spec: object.spec } : {} })
    }
  })

  test('an object that is stored is updated: what it leaves out stays', () => {
    const { valid, problems } = validateObjects([nodePort('old')], snapshotOf([STORED]), CONFIG)
    expect(problems).toEqual([])
    expect(valid[0]?.old).toBe(STORED)
    expect(valid[0]?.object).toMatchObject({
      metadata: { uid: 'u' },
      spec: { clusterIP: '10.96.0.50', ports: [{ nodePort: 30050 }] },
    })
  })

  test('a stored Service may move to a new number, and two of its ports may swap', () => {
    const moved = validateObjects([nodePort('old', 30051)], snapshotOf([STORED]), CONFIG)
    expect(portsOf(moved)).toEqual({ old: 30051 })
  })

  test('warnings are those of the server', () => {
    const { warnings } = validateObjects([service('a', { externalName: 'a.b' })], emptySnapshot(), CONFIG)
    expect(warnings).toEqual([
      { index: 0, message: 'spec.externalName has no effect when spec.type is not ExternalName' },
    ])
  })

  test('10,000 Services get 10,000 addresses', { timeout: 30_000 }, () => {
    const objects = Array.from({ length: 10_000 }, (_, i) => service(`s${i}`, {}))
    const { valid, problems } = validateObjects(objects, emptySnapshot(), CONFIG)
    expect(problems).toEqual([])
    expect(new Set(valid.map(({ object }) => (object as Service).spec.clusterIP)).size).toBe(10_000)
  })
})

test('missing namespaces', () => {
  const made = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'made' } } as AnyObject
  const at = (namespace: string): AnyObject => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'c', namespace },
  })
  expect(
    missingNamespaces(
      [at('made'), at('shop'), at('default'), made],
      snapshotOf([{ ...made, metadata: { name: 'default' } }]),
    ),
  ).toEqual(['shop'])
  expect(objectKey(at('shop'))).toBe('shop/c')
})

test('a class that only the list has counts for its Pods, and one that nobody has is a problem', () => {
  const high = { apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass', metadata: { name: 'high' }, value: 1000 }
  const classed = (priorityClassName: string): object => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: priorityClassName },
    spec: { containers: [{ name: 'c', image: 'i' }], priorityClassName },
  })
  const { valid, problems } = validateObjects([classed('high'), high, classed('hihg')], emptySnapshot(), CONFIG)
  expect(valid.map(({ object }) => object.kind === 'Pod' && object.spec.priority)).toEqual([false, 1000])
  expect(problems).toMatchObject([{ index: 2, message: 'no PriorityClass with name hihg was found' }])
})
