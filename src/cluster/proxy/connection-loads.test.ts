import { expect, test } from 'vitest'
import type { Flow } from '../../host/conntrack.ts'
import { KernelError } from '../../host/libc.ts'
import { OrderedMap } from '../../lib/ordered-map.ts'
import type { ServicePortInfo } from '../../model/resolve-services.ts'
import { createConnectionLoads } from './connection-loads.ts'

const info: ServicePortInfo = {
  name: { namespace: 'default', name: 'a', port: '', protocol: 'TCP' },
  family: 'IPv4',
  clusterIP: '10.96.0.1',
  port: 80,
  nodePort: 0,
  loadBalancerVIPs: [],
  loadBalancerProxyIPs: [],
  externalIPs: [],
  sourceRanges: [],
  sessionAffinityTimeout: undefined,
  internalTrafficPolicy: 'Cluster',
  externalTrafficPolicy: 'Cluster',
  healthCheckNodePort: 0,
  algorithm: 'least-connections',
  creationTimestamp: undefined,
  endpoints: [{ ip: '10.244.1.2', port: 80, nodeName: 'n', ready: true, serving: true, terminating: false }],
}
const flow: Flow = {
  protocol: 6,
  hasEnded: false,
  original: { source: '10.244.1.9', sourcePort: 4000, destination: '10.96.0.1', destinationPort: 80 },
  reply: { source: '10.244.1.2', sourcePort: 80, destination: '10.244.1.9', destinationPort: 4000 },
}

test('where the kernel does not tell of connections, they are asked for again, and it is said once', async () => {
  const services = OrderedMap.from([['default/a', [info]]] as const)
  const said: string[] = []
  let refusals = 3
  const loads = createConnectionLoads(
    undefined,
    () => undefined,
    (error) => said.push(error instanceof Error ? error.message : String(error)),
    {
      watch() {
        if (refusals-- > 0) throw new KernelError('socket(AF_NETLINK)', 'EMFILE')
        return { close: () => undefined }
      },
      open: () => ({
        list: (protocol) => (protocol === 6 ? [flow] : []),
        delete: () => undefined,
        close: () => undefined,
      }),
      recount: 1,
    },
  )
  const open = (): number => [...loads.apply(services).values()].flat()[0]?.load?.open.size ?? 0
  expect(open()).toBe(0)
  await expect.poll(open).toBe(1)
  expect(said).toEqual([
    'socket(AF_NETLINK): EMFILE (this process may open no more files: raise its limit, "ulimit -n"): least-connections goes by what was counted before, and it is counted again in ten seconds',
  ])
  loads.apply(OrderedMap.empty())
})
