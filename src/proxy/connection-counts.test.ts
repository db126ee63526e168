import { expect, test } from 'vitest'
import { OrderedMap } from '../lib/ordered-map.ts'
import { service, servicesOf } from '../../test/conformance/service-proxy/address-plan.ts'
import { type CountedFlow, createConnectionCounts, withLoad } from './connection-counts.ts'

const flow = (sourcePort: number, endpoint: string, more: Partial<CountedFlow> = {}): CountedFlow => ({
  protocol: 6,
  original: { source: '10.244.1.9', sourcePort, destination: '10.96.0.41', destinationPort: 80 },
  reply: { source: endpoint, sourcePort: 8080 },
  hasEnded: false,
  ...more,
})
const [A, B] = ['10.244.1.2', '10.244.2.2']

test('connections are counted from their begin to their end, each once', () => {
  const counts = createConnectionCounts()
  counts.follow(new Set([`6/${A}:8080`, `6/${B}:8080`]))
  for (const port of [1, 2, 2]) counts.begins(flow(port, A))
  counts.begins(flow(3, B))
  counts.begins(flow(4, '10.244.9.9'))
  counts.begins(flow(5, A, { protocol: 17 }))
  const load = (arriving: number, ...open: readonly (readonly [string, number])[]) => ({
    arriving,
    open: new Map(open),
  })
  expect(counts.take()).toEqual(load(3, [`6/${A}:8080`, 2], [`6/${B}:8080`, 1]))
  expect(counts.take()).toBeUndefined()
  counts.begins(flow(1, A, { hasEnded: true }))
  counts.ends(flow(1, A))
  counts.ends(flow(3, B))
  expect(counts.take()).toEqual(load(0, [`6/${A}:8080`, 1]))
  counts.recount([flow(2, A, { hasEnded: true }), flow(7, B), flow(8, B)])
  expect(counts.take()).toEqual(load(0, [`6/${B}:8080`, 2]))
})

test('only Services that go by the number of connections are told', () => {
  const services = servicesOf([
    service({ name: 'plain', endpoints: ['A:8080'] }),
    service({ name: 'counted', clusterIP: '10.96.0.42', algorithm: 'least-connections', endpoints: ['A:8080'] }),
  ])
  const load = { arriving: 1, open: new Map([[`6/${A}:8080`, 1]]) }
  const loaded = withLoad(services, ['default/counted', 'default/gone'], load)
  expect(services.changes(loaded).map(({ key }) => key)).toEqual(['default/counted'])
  expect(loaded.get('default/counted')?.[0]).toMatchObject({ load })
  expect(withLoad(OrderedMap.empty(), ['default/counted'], load).size).toBe(0)
})
