/** How long after a change of a Service the new address is on the wire. */
import type { Service } from '../../src/api/core.ts'
import { dnsSnapshot } from '../../src/cluster/dns/objects.ts'
import { startStandaloneDns } from '../../src/cluster/dns/standalone.ts'
import { zoneConfig } from '../../src/dns/zone-config.ts'
import type { Snapshot } from '../../src/model/snapshot.ts'
import { createClient } from './ask.ts'
import { namesOf } from './data.ts'

const RANGES = { nodeCIDRs: [], podCIDRs: [], serviceCIDRs: [], loadBalancerCIDRs: [], outsideCIDRs: [] }
const LOCAL = '127.0.0.1'

function withAddress(before: Snapshot, key: string, last: number): Snapshot {
  const service = before.objects.Service.get(key)
  if (service === undefined) throw new Error(`no Service ${key}`)
  const changed: Service = {
    ...service,
    spec: { ...service.spec, clusterIP: `10.99.0.${last}`, clusterIPs: [`10.99.0.${last}`] },
  }
  const objects = { ...before.objects, Service: before.objects.Service.set(key, changed) }
  return { ...before, resourceVersion: before.resourceVersion + 1, objects }
}

/** In milliseconds, one for each of `changes` Services of `services`; the client asks over UDP until the answer is the new one. */
export async function changeTimes(services: number, changes: number): Promise<readonly number[]> {
  const { objects } = namesOf(services, 'cluster.local', 'foreign.test')
  const items = (JSON.parse(objects) as { readonly items: readonly { readonly kind: string }[] }).items
  let snapshot = dnsSnapshot(items.map((value) => ({ kind: value.kind, value })))
  const server = await startStandaloneDns({
    listen: [{ address: LOCAL, port: 0 }],
    source: { snapshot: () => snapshot, synced: () => true },
    config: zoneConfig({ clusterDomain: 'cluster.local', ...RANGES }),
    upstream: { query: async () => undefined },
    onError: (error) => {
      throw error
    },
  })
  const client = await createClient(server.addresses[0]?.port ?? 0)
  const times: number[] = []
  for (let i = 0; i < changes; i++) {
    const [name, namespace, last] = [`web-${i}`, `ns-${i % 20}`, 1 + (i % 250)]
    const ask = (): Promise<number> => client.address(`${name}.${namespace}.svc.cluster.local`)
    // The old answer is remembered first.
    await ask()
    const start = performance.now()
    snapshot = withAddress(snapshot, `${namespace}/${name}`, last)
    for (let tries = 0; (await ask()) !== 0x0a630000 + last; tries++) if (tries > 1000) throw new Error('never new')
    times.push(performance.now() - start)
  }
  client.close()
  await server.close()
  return times.toSorted((a, b) => a - b)
}
