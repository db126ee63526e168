import { expect, test } from 'vitest'
import type { EndpointSlice } from '../../api/discovery.ts'
import type { Service } from '../../api/core.ts'
import type { Conntrack, Flow } from '../../host/conntrack.ts'
import { KernelError } from '../../host/libc.ts'
import { type Snapshot, snapshotOf } from '../../model/snapshot.ts'
import { createFlowCleaner } from './flow-cleaner.ts'

const service: Service = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'dns', namespace: 'default' },
  spec: { clusterIP: '10.96.0.53', ports: [{ port: 53, protocol: 'UDP' }] },
}
const slice = (...addresses: readonly string[]): EndpointSlice => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: { name: 'dns-1', namespace: 'default', labels: { 'kubernetes.io/service-name': 'dns' } },
  addressType: 'IPv4',
  ports: [{ name: '', port: 53, protocol: 'UDP' }],
  endpoints: addresses.map((address) => ({ addresses: [address], conditions: { ready: true } })),
})
const at = (...addresses: readonly string[]): Snapshot => snapshotOf([service, slice(...addresses)])
const flowTo = (address: string): Flow => ({
  protocol: 17,
  hasEnded: false,
  original: { source: '10.244.1.9', sourcePort: 4000, destination: '10.96.0.53', destinationPort: 53 },
  reply: { source: address, sourcePort: 53, destination: '10.244.1.9', destinationPort: 4000 },
})

test('a node that cannot be looked into is tried again, and the others go on', async () => {
  const failures = { open: 1, list: 1, delete: 1 }
  const fails = (call: keyof typeof failures, what: string, code: string): void => {
    if (failures[call]-- > 0) throw new KernelError(what, code)
  }
  const deleted: string[] = []
  const said: string[] = []
  const node = (name: string): Conntrack => ({
    list() {
      if (name === 'bad') fails('list', 'recv(AF_NETLINK)', 'ENOBUFS')
      return [flowTo('10.244.1.2'), flowTo('10.244.1.3')]
    },
    delete(flows) {
      if (name === 'bad') fails('delete', 'conntrack -D', 'ENOBUFS')
      deleted.push(...flows.map(({ reply }) => `${name} ${reply.source}`))
    },
    close: () => undefined,
  })
  const names = ['bad', 'good']
  const namespaces = new Map(names.map((name, fd) => [name, { fd, path: name, close: () => undefined }]))
  const families = [{ family: 'IPv4' as const, address: '192.168.1.100' }]
  const cleaner = createFlowCleaner(
    { nodes: names.map((name) => ({ name, families })) },
    namespaces,
    (error) => said.push(error instanceof Error ? error.message : String(error)),
    {
      open(namespace) {
        if (namespace?.path === 'bad') fails('open', 'socket(AF_NETLINK)', 'EMFILE')
        return node(namespace?.path ?? '')
      },
      retry: 1,
    },
  )
  cleaner.sync(at('10.244.1.2', '10.244.1.3'), [])
  cleaner.sync(at('10.244.1.2'), [])
  await expect.poll(() => deleted).toContain('bad 10.244.1.3')
  expect(deleted[0]).toBe('good 10.244.1.3')
  const next = 'UDP flows to endpoints that are gone stay for now, and it is tried again each second'
  expect(said).toEqual([
    `bad: socket(AF_NETLINK): EMFILE (this process may open no more files: raise its limit, "ulimit -n"): ${next}`,
    `bad: recv(AF_NETLINK): ENOBUFS (the kernel had no room for its messages): ${next}`,
    `bad: conntrack -D: ENOBUFS (the kernel had no room for its messages): ${next}`,
  ])
})

test.each([
  [true, ['10.244.1.3']],
  [false, []],
])('the first Services, where an earlier run may have left flows: %s', async (inherits, wanted) => {
  const deleted: string[] = []
  const conntrack: Conntrack = {
    list: () => [flowTo('10.244.1.2'), flowTo('10.244.1.3')],
    delete: (flows) => void deleted.push(...flows.map(({ reply }) => reply.source)),
    close: () => undefined,
  }
  const nodes = [{ name: 'n', families: [{ family: 'IPv4' as const, address: '192.168.1.100' }] }]
  const cleaner = createFlowCleaner({ nodes }, new Map(), () => undefined, {
    open: () => conntrack,
    inherits,
  })
  cleaner.sync(at('10.244.1.2'), [])
  // What is done at all is done before this.
  await new Promise((done) => setImmediate(() => setImmediate(done)))
  expect(deleted).toEqual(wanted)
})
