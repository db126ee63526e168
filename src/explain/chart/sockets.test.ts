/** Charts of a running network: what listens is drawn, not what was declared. */
import { describe, expect, test } from 'vitest'
import type { JsonValue } from '../../manifest/node.ts'
import { printChart, type ChartFormat } from '../report/chart.ts'
import { networkWorldOf } from '../trace/network-world.ts'
import type { Socket } from '../trace/observation.ts'
import { buildChart } from './build.ts'
import type { ChartModel } from './model.ts'
import { chartPods, withSockets } from './sockets.ts'

const pod = (name: string, podIP: string, ready = 'True'): JsonValue => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'shop', labels: { app: 'web' } },
  spec: { nodeName: 'node-1', containers: [{ name: 'web', ports: [{ containerPort: 8080 }] }] },
  status: { phase: 'Running', podIP, conditions: [{ type: 'Ready', status: ready }] },
})
const SERVICE: JsonValue = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web', namespace: 'shop' },
  spec: { clusterIP: '10.96.0.9', selector: { app: 'web' }, ports: [{ port: 80, targetPort: 8080, protocol: 'TCP' }] },
}
const listener = (address: string, port: number, protocol: Socket['protocol'] = 'TCP'): Socket => ({
  protocol,
  address,
  port,
  queue: 0,
  process: 'node (pid 7)',
})
const GOOD = [listener('0.0.0.0', 8080)]

function model(): ChartModel {
  const objects = [SERVICE, pod('a', '10.244.1.2'), pod('b', '10.244.1.3'), pod('c', '10.244.1.4', 'False')]
  const world = networkWorldOf({ objects, clusterDomain: 'cluster.local', namespace: 'shop', manifests: [] })
  return buildChart(world)
}

function drawn(a: readonly Socket[], format: ChartFormat, b: readonly Socket[] = GOOD): string {
  const seen = withSockets(model(), { 'shop/a': a, 'shop/b': b })
  return printChart(seen, { kind: 'flow', format, style: { color: false, ascii: false, width: 120 } })
}

test('the Pods that are looked at are the ready ones, each once', () => {
  expect(chartPods(model())).toEqual(['shop/a', 'shop/b'])
})

describe('the socket of a Pod', () => {
  test.each<readonly [string, readonly Socket[], string, number | null, string | null]>([
    ['takes it', GOOD, 'node (pid 7) *:8080', 8080, null],
    ['takes it on the address of the Pod', [listener('10.244.1.2', 8080)], 'node (pid 7) 10.244.1.2:8080', 8080, null],
    ['takes both families', [listener('::', 8080)], 'node (pid 7) *:8080', 8080, null],
    ['another port', [listener('0.0.0.0', 3000)], 'node (pid 7) *:3000', 3000, 'PTL901 nothing listens on 8080'],
    [
      'loopback',
      [listener('127.0.0.1', 8080)],
      'node (pid 7) 127.0.0.1:8080',
      8080,
      'PTL902 listens on 127.0.0.1:8080 only',
    ],
    [
      'another address',
      [listener('10.9.9.9', 8080)],
      'node (pid 7) 10.9.9.9:8080',
      8080,
      'PTL903 listens on 10.9.9.9:8080, another address',
    ],
    [
      'another protocol',
      [listener('0.0.0.0', 8080, 'UDP')],
      'no program listens',
      null,
      'PTL901 nothing listens on 8080',
    ],
    ['nothing', [], 'no program listens', null, 'PTL901 nothing listens on 8080'],
  ])('%s', (_, sockets, listens, port, problem) => {
    const [service] = withSockets(model(), { 'shop/a': sockets }).services
    const [backend, other] = service?.ports[0]?.backends ?? []
    expect(backend?.socket).toMatchObject({ listens, port })
    const found = backend?.socket?.problem
    expect(found == null ? null : `${found.rule} ${found.text}`).toBe(problem)
    expect(other?.socket).toBeNull()
  })
})

test('one of two: its wire is cut, and the Service is not called broken', () => {
  const text = drawn([listener('0.0.0.0', 3000)], 'terminal')
  expect(text).toContain('─✕  3000 web   nothing listens on 8080')
  expect(text).toContain('node (pid 7) *:8080 ✓')
  expect(text.split('\n')[0]).not.toContain('broken')
})

test('both of two: the Service is broken, in every form', () => {
  const wrong = [listener('127.0.0.1', 8080)]
  expect(drawn(wrong, 'terminal', wrong).split('\n')[0]).toMatch(/✕ broken {2}PTL902$/)
  expect(drawn(wrong, 'mermaid', wrong)).toMatch(/BROKEN PTL902<br\/>container web<br\/>[\s\S]*linkStyle 3,5 stroke/)
  expect(drawn(wrong, 'svg', wrong).match(/class="box broken"/g)).toHaveLength(2)
  const sequence = printChart(withSockets(model(), { 'shop/a': wrong, 'shop/b': wrong }), {
    kind: 'sequence',
    format: 'mermaid',
    style: { color: false, ascii: false, width: 100 },
  })
  expect(sequence).toContain('RST, listens on 127.0.0.1#58;8080 only')
})

test('below the width of rows the tree says it too', () => {
  const seen = withSockets(model(), { 'shop/a': [], 'shop/b': GOOD })
  const text = printChart(seen, { kind: 'flow', format: 'terminal', style: { color: false, ascii: true, width: 60 } })
  expect(text).toContain('`- X no program listens, nothing listens on 8080')
})
