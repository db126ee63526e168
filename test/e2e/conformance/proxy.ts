/** The proxy subresource of Pods and Services, to a program of the machine. */
import { expect, test } from 'vitest'
import type { NetworkApi } from '../network-api.ts'
import { agnhostPod, createArena, POLL, type Arena } from './arena.ts'

const PORTER = 'exec node test/e2e/conformance/porter.mjs'
const environment = (values: Readonly<Record<string, string>>): readonly object[] =>
  Object.entries(values).map(([name, value]) => ({ name, value }))

/** A Pod that says how it was asked, and a Service before it. */
async function createJsonResponder(
  arena: Arena,
  labels: Readonly<Record<string, string>>,
  service: string,
): Promise<void> {
  const pod = agnhostPod('agnhost', {
    labels,
    annotations: { 'portolan.dev/run.agnhost-container': `${PORTER} --json-response` },
    container: { env: environment({ SERVE_PORT_80: 'foo' }) },
    spec: { restartPolicy: 'Never' },
  })
  await arena.pods(pod)
  await arena.service(service, { selector: labels, ports: [{ port: 80, targetPort: 80, protocol: 'TCP' }] }, labels)
}

export function proxyTests(api: () => NetworkApi): void {
  test('Proxy version v1 should proxy through a service and a pod', async () => {
    const arena = await createArena(api())
    const labels = { 'proxy-service-target': 'true' }
    const ports = [
      { name: 'portname1', port: 80, targetPort: 'dest1' },
      { name: 'portname2', port: 81, targetPort: 162 },
      { name: 'tlsportname1', port: 443, targetPort: 'tlsdest1' },
      { name: 'tlsportname2', port: 444, targetPort: 462 },
    ]
    const { metadata } = await arena.client.create(`${arena.core}/services`, {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { generateName: 'proxy-service-' },
      spec: { selector: labels, ports },
    })
    const declared = { '': 80, dest1: 160, dest2: 162, tlsdest1: 460, tlsdest2: 462 }
    const container = {
      env: environment({
        SERVE_PORT_80: '<a href="/rewriteme">test</a>',
        SERVE_PORT_1080: '<a href="/rewriteme">test</a>',
        SERVE_PORT_160: 'foo',
        SERVE_PORT_162: 'bar',
        SERVE_TLS_PORT_443: '<a href="/tlsrewriteme">test</a>',
        SERVE_TLS_PORT_460: 'tls baz',
        SERVE_TLS_PORT_462: 'tls qux',
      }),
      readinessProbe: { httpGet: { port: 80 }, timeoutSeconds: 5, periodSeconds: 1 },
    }
    const pod = agnhostPod('porter', {
      labels,
      annotations: { 'portolan.dev/run.agnhost-container': PORTER },
      ports: Object.entries(declared).map(([name, containerPort]) => ({ ...(name !== '' && { name }), containerPort })),
      container,
    })
    await arena.pods(pod)
    await arena.endpointsBecome(metadata.name, { porter: [160, 162, 460, 462] })
    const service = (target: string): string => `${arena.core}/services/${target.replace('NAME', metadata.name)}/proxy`
    const porter = (target: string): string => `${arena.core}/pods/${target.replace('NAME', 'porter')}/proxy`
    const link = (path: string, name: string): string => `<a href="${path}/${name}">test</a>`
    const expectations: Readonly<Record<string, string>> = {
      [service('NAME:portname1')]: 'foo',
      [service('http:NAME:portname1')]: 'foo',
      [service('NAME:portname2')]: 'bar',
      [service('http:NAME:portname2')]: 'bar',
      [service('https:NAME:tlsportname1')]: 'tls baz',
      [service('https:NAME:tlsportname2')]: 'tls qux',
      [porter('NAME')]: link(porter('NAME'), 'rewriteme'),
      [porter('NAME:1080')]: link(porter('NAME:1080'), 'rewriteme'),
      [porter('http:NAME:1080')]: link(porter('http:NAME:1080'), 'rewriteme'),
      [porter('NAME:160')]: 'foo',
      [porter('http:NAME:160')]: 'foo',
      [porter('NAME:162')]: 'bar',
      [porter('http:NAME:162')]: 'bar',
      [porter('https:NAME:443')]: link(porter('https:NAME:443'), 'tlsrewriteme'),
      [porter('https:NAME:460')]: 'tls baz',
      [porter('https:NAME:462')]: 'tls qux',
    }
    const look = async (): Promise<Readonly<Record<string, string>>> => {
      const found = Object.keys(expectations).map(async (path) => [path, (await api().call(`${path}/`)).text] as const)
      return Object.fromEntries(await Promise.all(found))
    }
    for (let i = 0; i < 5; i++) expect(await look()).toEqual(expectations)
  })

  test('Proxy version v1 A set of valid responses are returned for both pod and service ProxyWithPath', async () => {
    const arena = await createArena(api())
    await createJsonResponder(arena, { test: 'response' }, 'test-service')
    for (const target of ['pods/agnhost', 'services/test-service']) {
      for (const method of ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT']) {
        const path = `${arena.core}/${target}/proxy/some/path/with/${method}`
        const text = method === 'HEAD' ? '' : JSON.stringify({ Method: method, Body: 'foo' })
        await expect.poll(() => api().call(path, { method }), POLL).toMatchObject({ code: 200, text })
      }
    }
  })

  test('Proxy version v1 A set of valid responses are returned for both pod and service Proxy', async () => {
    const arena = await createArena(api())
    await createJsonResponder(arena, { 'e2e-test': 'proxy-endpoints' }, 'e2e-proxy-test-service')
    for (const target of ['pods/agnhost', 'services/e2e-proxy-test-service']) {
      const path = `${arena.core}/${target}/proxy?method=`
      for (const method of ['DELETE', 'OPTIONS', 'PATCH', 'POST', 'PUT']) {
        const text = JSON.stringify({ Method: method, Body: 'foo' })
        await expect.poll(() => api().call(`${path}${method}`, { method }), POLL).toMatchObject({ code: 200, text })
      }
      for (const method of ['GET', 'HEAD'])
        expect(await api().call(`${path}${method}`, { method })).toMatchObject({ code: 301 })
    }
  })
}
