/** What the recorded vectors of test/conformance do not reach: the other kinds, /status, and rules of single fields. */
import { describe, expect, test } from 'vitest'
import { setDefaultsNamespace, setDefaultsSecret } from './config-defaults.ts'
import {
  validateConfigMap,
  validateConfigMapUpdate,
  validateNamespace,
  validateNode,
  validateNodeUpdate,
  validateSecret,
  validateSecretUpdate,
} from './config-validation.ts'
import type { ConfigMap, Endpoints, Namespace, Node, Pod, Secret, Service, ServiceSpec } from './core.ts'
import { decodeObject } from './decode.ts'
import type { EndpointSlice } from './discovery.ts'
import { setDefaultsEndpoints, setDefaultsEndpointSlice } from './endpoint-defaults.ts'
import { validateEndpoints, validateEndpointSlice, validateEndpointSliceUpdate } from './endpoint-validation.ts'
import type { FieldError } from './field-error.ts'
import type { Kind, Kinds } from './kinds.ts'
import { initialPodStatus, setDefaultsPod } from './pod-defaults.ts'
import { validatePod, validatePodUpdate } from './pod-validation.ts'
import { setDefaultsService } from './service-defaults.ts'
import { validateService, validateServiceStatus } from './service-validation.ts'
import { setDefaultsDeployment } from './workload-defaults.ts'
import { validateDeployment, validateDeploymentUpdate, validateReplicaSet } from './workload-validation.ts'

const causes = (errors: readonly FieldError[]): readonly string[] =>
  errors.map((error) => `${error.reason.replace('FieldValue', '')} ${error.field}`)

/** An object of the kind from its parts, read as the server reads it. */
function make<K extends Kind>(kind: K, apiVersion: string, parts: object, namespaced = true): Kinds[K] {
  const metadata = { name: 'x', ...(namespaced ? { namespace: 'default' } : {}) }
  const decoded = decodeObject(kind, { apiVersion, kind, metadata, ...parts })
  if ('errors' in decoded) throw new Error(causes(decoded.errors).join(', '))
  return decoded.object
}

const service = (spec: object, parts: object = {}): Service =>
  setDefaultsService(make('Service', 'v1', { spec: { ports: [{ port: 80 }], ...spec }, ...parts }))
const pod = (spec: object): Pod =>
  setDefaultsPod(make('Pod', 'v1', { spec: { containers: [{ name: 'c', image: 'i' }], ...spec } }))

describe('Service', () => {
  const SOURCE_RANGES = 'service.beta.kubernetes.io/load-balancer-source-ranges'
  const annotated = (type: NonNullable<ServiceSpec['type']>, value: string): Service =>
    service({ type }, { metadata: { name: 'x', namespace: 'default', annotations: { [SOURCE_RANGES]: value } } })
  test.each<[Service, readonly string[]]>([
    [annotated('LoadBalancer', '10.0.0.0/8, 1.2.3.0/24'), []],
    [annotated('LoadBalancer', ''), []],
    [annotated('LoadBalancer', '10.0.0.1'), [`Invalid metadata.annotations[${SOURCE_RANGES}]`]],
    [annotated('NodePort', ''), [`Forbidden metadata.annotations[${SOURCE_RANGES}]`]],
    [service({ allocateLoadBalancerNodePorts: true }), ['Forbidden spec.allocateLoadBalancerNodePorts']],
    [service({ type: 'LoadBalancer', externalTrafficPolicy: 'Local' }), []],
    [service({ type: 'ExternalName', externalName: '1.2.3.4', ports: [] }), []],
    [service({ externalIPs: ['169.254.0.1', '239.1.1.1'] }), ['Invalid spec.externalIPs[0]']],
    [service({ selector: { 'a b': 'c' } }), ['Invalid spec.selector']],
  ])('%#', (given, expected) => expect(causes(validateService(given))).toEqual(expected))

  test.each<[string, object, readonly string[]]>([
    ['LoadBalancer', { ip: '203.0.113.10' }, []],
    ['LoadBalancer', { hostname: 'lb.example.com' }, []],
    ['LoadBalancer', { hostname: '1.2.3.4' }, ['Invalid status.loadBalancer.ingress[0].hostname']],
    ['LoadBalancer', { ip: 'foo' }, ['Invalid status.loadBalancer.ingress[0].ip']],
    ['LoadBalancer', { hostname: 'a', ipMode: 'VIP' }, ['Forbidden status.loadBalancer.ingress[0].ipMode']],
    ['LoadBalancer', { ip: '1.2.3.4', ipMode: 'X' }, ['NotSupported status.loadBalancer.ingress[0].ipMode']],
    ['ClusterIP', { ip: '1.2.3.4' }, ['Forbidden status.loadBalancer.ingress']],
  ])('status of %s with %j', (type, ingress, expected) => {
    const given = service({ type }, { status: { loadBalancer: { ingress: [ingress] } } })
    expect(causes(validateServiceStatus(given))).toEqual(expected)
  })
})

describe('Pod', () => {
  test.each<[object, readonly string[]]>([
    [{}, []],
    [{ containers: [] }, ['Required spec.containers']],
    [{ containers: [{ name: 'c' }] }, ['Required spec.containers[0].image']],
    [{ containers: [{ image: 'i' }] }, ['Required spec.containers[0].name']],
    [{ containers: [{ name: 'a_b', image: 'i' }] }, ['Invalid spec.containers[0].name']],
    [{ initContainers: [{ name: 'c', image: 'i' }] }, ['Duplicate spec.initContainers[0].name']],
    [
      { initContainers: [{ name: 'd', image: 'i', restartPolicy: 'Never' }] },
      ['NotSupported spec.initContainers[0].restartPolicy'],
    ],
    [{ restartPolicy: 'Sometimes' }, ['NotSupported spec.restartPolicy']],
    [{ dnsPolicy: 'x' }, ['NotSupported spec.dnsPolicy']],
    [{ subdomain: 'a.b' }, ['Invalid spec.subdomain']],
    [{ terminationGracePeriodSeconds: -1 }, ['Invalid spec.terminationGracePeriodSeconds']],
    [{ hostNetwork: true, containers: [{ name: 'c', image: 'i', ports: [{ containerPort: 80 }] }] }, []],
  ])('%j', (spec, expected) => expect(causes(validatePod(pod(spec)))).toEqual(expected))

  test.each<[object, readonly string[]]>([
    [{ name: 'A', value: '1' }, []],
    [{ name: 'a=b', value: '1' }, ['Invalid spec.containers[0].env[0].name']],
    [{ value: '1' }, ['Required spec.containers[0].env[0].name']],
    [{ name: 'A', valueFrom: {} }, ['Invalid spec.containers[0].env[0].valueFrom']],
    [
      { name: 'A', value: '1', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
      ['Invalid spec.containers[0].env[0].valueFrom'],
    ],
    [
      { name: 'A', valueFrom: { configMapKeyRef: { name: 'c' } } },
      ['Required spec.containers[0].env[0].valueFrom.configMapKeyRef.key'],
    ],
  ])('env %j', (variable, expected) => {
    expect(causes(validatePod(pod({ containers: [{ name: 'c', image: 'i', env: [variable] }] })))).toEqual(expected)
  })

  test.each<[string, object, readonly string[]]>([
    ['another image', { containers: [{ name: 'c', image: 'j', imagePullPolicy: 'Always' }] }, []],
    ['a node for one that has none', { nodeName: 'node-1' }, []],
    ['another command', { containers: [{ name: 'c', image: 'i', command: ['x'] }] }, ['Forbidden spec']],
    ['another hostname', { hostname: 'h' }, ['Forbidden spec']],
    ['a deadline', { activeDeadlineSeconds: 5 }, []],
    ['no deadline at all', { activeDeadlineSeconds: 0 }, ['Invalid spec.activeDeadlineSeconds']],
    ['a gate', { schedulingGates: [{ name: 'g' }] }, ['Forbidden spec.schedulingGates']],
  ])('update: %s', (_name, spec, expected) => {
    expect(causes(validatePodUpdate(pod(spec), pod({})))).toEqual(expected)
  })

  test.each<[number | undefined, readonly string[]]>([
    [4, []],
    [6, ['Invalid spec.activeDeadlineSeconds']],
    [undefined, ['Invalid spec.activeDeadlineSeconds']],
  ])('update: a deadline of 5 becomes %s', (activeDeadlineSeconds, expected) => {
    const spec = activeDeadlineSeconds === undefined ? {} : { activeDeadlineSeconds }
    expect(causes(validatePodUpdate(pod(spec), pod({ activeDeadlineSeconds: 5 })))).toEqual(expected)
  })

  test('update: a gate goes', () => {
    expect(causes(validatePodUpdate(pod({}), pod({ schedulingGates: [{ name: 'g' }] })))).toEqual([])
  })

  test('defaults', () => {
    const { spec } = pod({
      hostNetwork: true,
      containers: [
        { name: 'a', image: 'nginx', ports: [{ containerPort: 80 }], readinessProbe: { httpGet: { port: 80 } } },
        { name: 'b', image: 'host:5000/nginx:1.21', resources: { limits: { cpu: '1' } } },
      ],
    })
    const [a, b] = spec.containers
    expect(a?.imagePullPolicy).toBe('Always')
    expect(a?.ports).toEqual([{ containerPort: 80, hostPort: 80, protocol: 'TCP' }])
    expect(a?.readinessProbe).toMatchObject({ httpGet: { path: '/', scheme: 'HTTP' }, periodSeconds: 10 })
    expect(b?.imagePullPolicy).toBe('IfNotPresent')
    expect(b?.resources?.requests).toEqual({ cpu: '1' })
    expect(spec).toMatchObject({
      restartPolicy: 'Always',
      terminationGracePeriodSeconds: 30,
      dnsPolicy: 'ClusterFirst',
      serviceAccountName: 'default',
      enableServiceLinks: true,
    })
    expect(spec.tolerations).toHaveLength(2)
    expect(initialPodStatus(spec)).toEqual({ phase: 'Pending', qosClass: 'Burstable' })
  })
})

describe('Deployment and ReplicaSet', () => {
  const template = { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'c', image: 'i' }] } }
  const good = { selector: { matchLabels: { app: 'web' } }, template }
  const rows: readonly (readonly [object, readonly string[]])[] = [
    [good, []],
    [{ template }, ['Required spec.selector']],
    [{ ...good, selector: {} }, ['Invalid spec.selector']],
    [{ ...good, selector: { matchLabels: { app: 'other' } } }, ['Invalid spec.template.metadata.labels']],
    [{ ...good, selector: { matchExpressions: [{ key: 'app', operator: 'In', values: ['web'] }] } }, []],
    [
      { ...good, selector: { matchExpressions: [{ key: 'app', operator: 'In' }] } },
      ['Required spec.selector.matchExpressions[0].values', 'Invalid spec.template.metadata.labels'],
    ],
    [{ ...good, replicas: -1 }, ['Invalid spec.replicas']],
    [
      { ...good, template: { ...template, spec: { ...template.spec, restartPolicy: 'Never' } } },
      ['NotSupported spec.template.spec.restartPolicy'],
    ],
    [
      {
        ...good,
        template: { ...template, spec: { containers: [{ name: 'c', image: 'i', ports: [{ containerPort: 0 }] }] } },
      },
      ['Required spec.template.spec.containers[0].ports[0].containerPort'],
    ],
  ]
  const deployment = (spec: object): Kinds['Deployment'] =>
    setDefaultsDeployment(make('Deployment', 'apps/v1', { spec }))
  test.each(rows)('%#', (spec, expected) => {
    expect(causes(validateDeployment(deployment(spec)))).toEqual(expected)
  })

  test('a ReplicaSet follows the same rules', () => {
    expect(causes(validateReplicaSet(make('ReplicaSet', 'apps/v1', { spec: { template } })))).toContain(
      'Required spec.selector',
    )
  })

  test('the selector stays', () => {
    const labels = { app: 'web', tier: 'a' }
    const next = { selector: { matchLabels: labels }, template: { ...template, metadata: { labels } } }
    expect(causes(validateDeploymentUpdate(deployment(next), deployment(good)))).toEqual(['Invalid spec.selector'])
  })

  test.each<[object, readonly string[]]>([
    [{ type: 'Recreate' }, []],
    [{ type: 'Recreate', rollingUpdate: {} }, ['Forbidden spec.strategy.rollingUpdate']],
    [{ type: 'x' }, ['NotSupported spec.strategy.type']],
    [{ rollingUpdate: { maxSurge: 'many' } }, ['Invalid spec.strategy.rollingUpdate.maxSurge']],
    [{ rollingUpdate: { maxSurge: 0, maxUnavailable: '0%' } }, ['Invalid spec.strategy.rollingUpdate.maxUnavailable']],
  ])('strategy %j', (strategy, expected) => {
    expect(causes(validateDeployment(deployment({ ...good, strategy })))).toEqual(expected)
  })
})

describe('EndpointSlice and Endpoints', () => {
  const slice = (parts: object): EndpointSlice =>
    setDefaultsEndpointSlice(make('EndpointSlice', 'discovery.k8s.io/v1', { addressType: 'IPv4', ...parts }))
  const address = (text: string): object => ({ endpoints: [{ addresses: [text] }] })
  test.each<[object, readonly string[]]>([
    [{ ...address('10.0.0.1'), ports: [{ port: 80 }] }, []],
    [{ ports: null, endpoints: null }, []],
    [{ addressType: '' }, ['Required addressType']],
    [{ addressType: 'x' }, ['NotSupported addressType']],
    [{ endpoints: [{}] }, ['Required endpoints[0].addresses']],
    [address('fd00::1'), ['Invalid endpoints[0].addresses[0]']],
    [address('127.0.0.1'), ['Invalid endpoints[0].addresses[0]']],
    [{ addressType: 'FQDN', ...address('a.example.com') }, []],
    [{ ports: [{ port: 80 }, { port: 81 }] }, ['Duplicate ports[1].name']],
    [{ ports: [{ port: 0 }] }, ['Invalid ports[0].port']],
    [{ endpoints: Array.from({ length: 1001 }, () => ({ addresses: ['10.0.0.1'] })) }, ['TooMany endpoints']],
  ])('%#', (parts, expected) => expect(causes(validateEndpointSlice(slice(parts)))).toEqual(expected))

  test('addressType stays', () => {
    const errors = validateEndpointSliceUpdate(slice({ addressType: 'IPv6' }), slice({}))
    expect(causes(errors)).toEqual(['Invalid addressType'])
  })

  const endpoints = (subset: object): Endpoints => setDefaultsEndpoints(make('Endpoints', 'v1', { subsets: [subset] }))
  test.each<[object, readonly string[]]>([
    [{ addresses: [{ ip: '10.0.0.1' }], ports: [{ port: 80 }] }, []],
    [{ ports: [{ port: 80 }] }, ['Required subsets[0]']],
    [{ addresses: [{ ip: '127.0.0.1' }] }, ['Invalid subsets[0].addresses[0].ip']],
    [
      { addresses: [{ ip: '10.0.0.1' }], ports: [{ port: 80 }, { port: 81, name: 'a' }] },
      ['Required subsets[0].ports[0].name'],
    ],
    [{ addresses: [{ ip: '10.0.0.1' }], ports: [{ port: 0 }] }, ['Invalid subsets[0].ports[0].port']],
  ])('subset %j', (subset, expected) => expect(causes(validateEndpoints(endpoints(subset)))).toEqual(expected))
})

describe('ConfigMap and Secret', () => {
  const configMap = (parts: object): ConfigMap => make('ConfigMap', 'v1', parts)
  test.each<[object, readonly string[]]>([
    [{ data: { 'app.conf': 'x' } }, []],
    [{ data: { 'a/b': 'x' } }, ['Invalid data[a/b]']],
    [{ data: { a: 'x' }, binaryData: { a: 'eA==' } }, ['Invalid binaryData[a]']],
    [{ data: { a: 'x'.repeat(1024 * 1024 + 1) } }, ['TooLong data']],
  ])('%#', (parts, expected) => expect(causes(validateConfigMap(configMap(parts)))).toEqual(expected))

  test('what is immutable stays', () => {
    const old = configMap({ immutable: true, data: { a: '1' } })
    expect(causes(validateConfigMapUpdate(configMap({ immutable: true, data: { a: '2' } }), old))).toEqual([
      'Forbidden data',
    ])
    expect(causes(validateConfigMapUpdate(configMap({ data: { a: '1' } }), old))).toEqual(['Forbidden immutable'])
  })

  const secret = (parts: object): Secret => setDefaultsSecret(make('Secret', 'v1', parts))
  test('stringData becomes base64 and wins', () => {
    const given = secret({ data: { a: 'eA==', b: 'eQ==' }, stringData: { a: 'pässwörd €', c: '' } })
    expect(given).toMatchObject({ type: 'Opaque', data: { a: 'cMOkc3N3w7ZyZCDigqw=', b: 'eQ==', c: '' } })
    expect(given.stringData).toBeUndefined()
  })

  test('a type promises its keys and stays', () => {
    const tls = secret({ type: 'kubernetes.io/tls', data: { 'tls.crt': 'eA==' } })
    expect(causes(validateSecret(tls))).toEqual(['Required data[tls.key]'])
    expect(causes(validateSecretUpdate(secret({}), secret({ type: 'x' })))).toEqual(['Invalid type'])
  })
})

describe('Namespace and Node', () => {
  test('a Namespace is named by a DNS label, which it carries', () => {
    const namespace = (name: string): Namespace => make('Namespace', 'v1', { metadata: { name } }, false)
    expect(causes(validateNamespace(namespace('a.b')))).toEqual(['Invalid metadata.name'])
    expect(setDefaultsNamespace(namespace('shop'))).toMatchObject({
      metadata: { labels: { 'kubernetes.io/metadata.name': 'shop' } },
      spec: { finalizers: ['kubernetes'] },
      status: { phase: 'Active' },
    })
  })

  test('Pod ranges of a Node', () => {
    const node = (spec: object): Node => make('Node', 'v1', { spec }, false)
    const one = node({ podCIDR: '10.244.1.0/24', podCIDRs: ['10.244.1.0/24'] })
    expect(causes(validateNode(one))).toEqual([])
    expect(causes(validateNode(node({ podCIDRs: ['10.244.1.1/24'] })))).toEqual(['Invalid spec.podCIDRs[0]'])
    expect(causes(validateNodeUpdate(node({ podCIDRs: ['10.244.2.0/24'] }), one))).toEqual(['Forbidden spec.podCIDRs'])
  })
})
