import type { Pod } from '../../api/core.ts'
import type { RunningNetwork } from '../../cluster/control/client.ts'
import type { Observed, Reached } from '../../explain/dns/observed.ts'
import type { ProbeRequest } from '../../explain/trace/observation.ts'
import { parseRequest } from '../../explain/trace/static.ts'
import { tracePacket } from '../../explain/trace/trace.ts'
import type { Context } from '../context.ts'
import { networkWorld, type NetworkPlace } from '../trace/network-world.ts'

const DNS_PORT = 53
const DNS_SERVICE = `kube-dns.kube-system:${DNS_PORT}/udp`

/** What the network says of its DNS, as the Pod meets it where there is one that asks. */
export async function observeDns(
  network: RunningNetwork,
  clusterDomain: string,
  asker: { readonly namespace: string; readonly pod: Pod | undefined },
  place: Pick<NetworkPlace, 'name'>,
  context: Context,
): Promise<Observed> {
  const { namespace, pod } = asker
  const forwarding = await network.forwarding()
  const now = Date.now()
  if (pod === undefined) return { now, forwarding }
  const { name } = pod.metadata
  const reached = await reach(network, `pod/${namespace}/${name}`, clusterDomain)
  const policy = await policyAgainst({ ...place, namespace }, `pod/${name}`, context)
  return { now, forwarding, ...(reached && { reached }), ...(policy === undefined ? {} : { policy }) }
}

/** Asks for a name that is always there; packets are followed where no answer comes. Undefined where the Pod does not run. */
async function reach(network: RunningNetwork, from: string, clusterDomain: string): Promise<Reached | undefined> {
  const probe: ProbeRequest = {
    from,
    names: [`ns.dns.${clusterDomain}`],
    protocol: 'UDP',
    dials: [],
    direct: [],
    pods: [],
  }
  try {
    const { server, queries } = await network.trace(probe)
    const result = queries.at(-1)?.result
    if (server === null || result === undefined) return undefined
    if (result !== 'timeout') return { server, result }
    const dials = [{ address: server, port: DNS_PORT }]
    const { packets } = await network.trace({ ...probe, names: [], dials, packets: true })
    return { server, result, ...(packets && { packets }) }
  } catch {
    // It has no place to ask from.
    return undefined
  }
}

/** What the NetworkPolicies of the manifests would do to the question in a cluster. */
async function policyAgainst(place: NetworkPlace, from: string, context: Context): Promise<string | undefined> {
  const request = parseRequest(from, DNS_SERVICE)
  if (typeof request === 'string') return undefined
  const { world } = await networkWorld(place, context)
  const hops = tracePacket(world, request).paths.flatMap((path) => path.hops)
  const hop = hops.find(({ kind, status }) => kind === 'egress-policy' && status === 'warn')
  return hop?.text
}
