import { describe, expect, test } from 'vitest'
import type { Container, Pod, PodStatus, Service, ServicePort, ServiceSpec } from '../api/core.ts'
import type { EndpointSlice } from '../api/discovery.ts'
import type { AnyObject } from '../api/kinds.ts'
import { portChains } from './port-chain.ts'
import { snapshotOf } from './snapshot.ts'

function pod(name: string, ports: Container['ports'] = [], isReady = true, status: PodStatus = {}): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace: 'default', name, labels: { app: 'web' } },
    spec: { nodeName: 'node-1', containers: [{ name: 'nginx', ports }] },
    status: { podIP: '10.244.1.2', conditions: [{ type: 'Ready', status: isReady ? 'True' : 'False' }], ...status },
  }
}

function service(port: ServicePort, spec: ServiceSpec = { selector: { app: 'web' } }): Service {
  const metadata = { namespace: 'default', name: 'web' }
  return { apiVersion: 'v1', kind: 'Service', metadata, spec: { clusterIP: '10.96.0.9', ports: [port], ...spec } }
}

function labelled(label: string, spec: ServiceSpec = {}): Service {
  const plain = service({ port: 80 }, { selector: { app: 'web' }, ...spec })
  return { ...plain, metadata: { ...plain.metadata, labels: { [label]: '' } } }
}

function slice(ports: EndpointSlice['ports'] = [{ name: '', port: 5432 }]): EndpointSlice {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { namespace: 'default', name: 'web-1', labels: { 'kubernetes.io/service-name': 'web' } },
    addressType: 'IPv4',
    ports,
    endpoints: [{ addresses: ['192.168.7.7'] }],
  }
}

const http = [{ name: 'http', containerPort: 80 }]

test('the whole chain', () => {
  const node: Service = {
    ...service({ port: 8080, targetPort: 'http', nodePort: 30080 }),
    status: { loadBalancer: { ingress: [{ ip: '203.0.113.10' }] } },
  }
  const [chain] = portChains(
    snapshotOf([{ ...node, spec: { ...node.spec, type: 'LoadBalancer' } }, pod('nginx-pod', http)]),
  )
  expect(chain).toEqual({
    service: { namespace: 'default', name: 'web' },
    type: 'LoadBalancer',
    portName: '',
    protocol: 'TCP',
    clusterIPs: ['10.96.0.9'],
    loadBalancerIPs: ['203.0.113.10'],
    externalIPs: [],
    nodePort: 30080,
    port: 8080,
    targetPort: 'http',
    backends: [
      {
        pod: { namespace: 'default', name: 'nginx-pod' },
        node: 'node-1',
        ip: '10.244.1.2',
        containerPort: 80,
        containerPortName: 'http',
        container: 'nginx',
        ready: true,
      },
    ],
    problems: [],
  })
})

test('a Service without selector leads to the addresses of its slices', () => {
  const [chain] = portChains(snapshotOf([service({ port: 5432 }, {}), slice()]))
  expect(chain?.backends).toEqual([{ ip: '192.168.7.7', containerPort: 5432, ready: true }])
  expect(chain?.problems).toEqual([])
})

test('ExternalName has no chain, headless has no address', () => {
  expect(portChains(snapshotOf([service({ port: 80 }, { type: 'ExternalName', externalName: 'x.example' })]))).toEqual(
    [],
  )
  const headless = service({ port: 80 }, { clusterIP: 'None', selector: { app: 'web' } })
  expect(portChains(snapshotOf([headless, pod('a', http)]))[0]?.clusterIPs).toEqual([])
})

describe('problems', () => {
  const toHttp = service({ port: 8080, targetPort: 'http' })
  test.each<[string, AnyObject[], string[]]>([
    ['none', [toHttp, pod('a', http)], []],
    ['no Pod', [toHttp], ['PTL201 error: selector app=web matches no Pod']],
    [
      'only Pods that ended',
      [toHttp, pod('a', http, true, { phase: 'Succeeded' })],
      ['PTL201 error: selector app=web matches no Pod'],
    ],
    ['no Pod has the name', [toHttp, pod('a')], ['PTL301 error: no selected Pod has a TCP port named "http"']],
    [
      'one Pod has the name',
      [toHttp, pod('a', http), pod('b')],
      ['PTL305 warning: 1 of 2 selected Pods have no TCP port named "http"'],
    ],
    ['the only Pod is not ready', [toHttp, pod('a', http, false)], ['PTL904 error: the only Pod is not ready']],
    [
      'no Pod is ready',
      [toHttp, pod('a', http, false), pod('b', http, false)],
      ['PTL904 error: none of 2 Pods is ready'],
    ],
    [
      'ready, but without address',
      [toHttp, pod('a', http, true, { podIP: '' })],
      ['PTL904 error: the only Pod is not ready'],
    ],
    [
      'not ready, but published',
      [service({ port: 80 }, { selector: { app: 'web' }, publishNotReadyAddresses: true }), pod('a', http, false)],
      [],
    ],
    [
      'an undeclared number',
      [service({ port: 80, targetPort: 8080 }), pod('a', http)],
      ['PTL303 info: no selected Pod declares containerPort 8080/TCP; it works where the program listens on it'],
    ],
    ...['service.kubernetes.io/service-proxy-name', 'service.kubernetes.io/headless'].map(
      (label): [string, AnyObject[], string[]] => [
        `the label ${label}`,
        [labelled(label), pod('a', http)],
        [`PTL507 warning: the service proxy of the nodes leaves it alone: it has the label ${label}`],
      ],
    ),
    [
      'the label of a headless Service, which no proxy serves',
      [labelled('service.kubernetes.io/headless', { clusterIP: 'None' }), pod('a', http)],
      [],
    ],
    [
      'no selector, no endpoints',
      [service({ port: 80 }, {})],
      [
        'PTL208 warning: the Service has no selector, and no EndpointSlice or Endpoints object gives this port an address',
      ],
    ],
    [
      'no selector, a slice for another port',
      [service({ port: 80, name: 'http' }, {}), slice()],
      [
        'PTL208 warning: the Service has no selector, and no EndpointSlice or Endpoints object gives this port an address',
      ],
    ],
  ])('%s', (_name, objects, wanted) => {
    const problems = portChains(snapshotOf(objects)).flatMap((chain) => chain.problems)
    expect(problems.map(({ code, severity, message }) => `${code} ${severity}: ${message}`)).toEqual(wanted)
  })
})
