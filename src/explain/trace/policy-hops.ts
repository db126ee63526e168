/** Hops 2 and 7: NetworkPolicies of the sender and of the receiver. */
import type { Workload } from '../check/workload.ts'
import { clientPeer, type Client } from './client.ts'
import { fail, ok, unknown, warn, type Details, type HopFinding } from './finding.ts'
import type { HopKind } from './report.ts'
import { judgePolicies, type Judgement, type Peer, type PolicyPort } from './policies.ts'
import { timeout } from './symptoms.ts'
import { seen, title, type World } from './world.ts'

export interface Receiver {
  readonly workload?: Workload | undefined
  readonly address?: string | undefined
  readonly port: number
  readonly protocol: string
  readonly servicePort?: number | undefined
}

export function egressHop(world: World, client: Client, receiver: Receiver | undefined): HopFinding {
  const { workload } = client
  if (client.kind !== 'pod' || workload === undefined || workload.hostNetwork) {
    const who = client.kind === 'pod' ? 'the client' : client.hop.text
    return client.kind === 'pod' && workload === undefined
      ? unknown('egress-policy', 'the client was not given, so that no policy can be judged')
      : ok('egress-policy', `no policy applies to ${who}`)
  }
  const peer: Peer = receiver === undefined ? { kind: 'unknown' } : receiverPeer(receiver)
  const port = receiver ?? { port: 0, protocol: 'TCP' }
  const judgement = judgePolicies(world, 'Egress', workload, peer, policyPort(port))
  if (receiver === undefined && judgement.verdict !== 'free') {
    return unknown('egress-policy', `${policyNames(judgement)}: where the connection goes is not known`)
  }
  return policyHop(world, 'egress-policy', judgement, `${title(workload)} may not send to port ${port.port}`, port)
}

export function ingressHop(world: World, client: Client, receiver: Receiver): HopFinding {
  const { workload } = receiver
  if (workload === undefined) return ok('ingress-policy', 'no policy: the address belongs to no Pod that was given')
  if (workload.hostNetwork) return ok('ingress-policy', 'no policy applies to a Pod on the host network')
  const judgement = judgePolicies(world, 'Ingress', workload, clientPeer(client), policyPort(receiver))
  const text = `${title(workload)} may not receive from ${clientName(client)} on port ${receiver.port}`
  return policyHop(world, 'ingress-policy', judgement, text, receiver)
}

function clientName({ kind, workload }: Client): string {
  return kind === 'outside'
    ? 'outside'
    : kind === 'node'
      ? 'a node'
      : workload === undefined
        ? 'the client'
        : title(workload)
}

function receiverPeer({ workload, address }: Receiver): Peer {
  if (workload === undefined) return { kind: 'elsewhere', address }
  if (workload.hostNetwork) return { kind: 'node', address }
  return { kind: 'pod', namespace: workload.namespace, labels: workload.labels, address }
}

function policyPort({ port, protocol, workload, servicePort }: Receiver): PolicyPort {
  return { number: port, protocol, receiver: workload, servicePort }
}

function policyNames({ policies }: Judgement): string {
  return `NetworkPolicy ${policies.map(({ name }) => name).join(', ')}`
}

function policyHop(world: World, kind: HopKind, judgement: Judgement, denied: string, receiver: Receiver): HopFinding {
  const { verdict, policies, mistaken } = judgement
  if (verdict === 'free') return ok(kind, 'no policy selects it')
  const names = policyNames(judgement)
  const field = kind === 'egress-policy' ? 'egress' : 'ingress'
  const evidence = policies.map((policy) => seen(world, policy, ['spec', field], `NetworkPolicy ${policy.name}`))
  const details: Details = { object: policies[0], evidence }
  if (verdict === 'allowed') return ok(kind, `${names} lets it through`, details)
  if (verdict === 'unknown') return unknown(kind, `${names}: whether it lets this through cannot be told`, details)
  const explained: Details =
    mistaken === undefined
      ? { ...details, rule: 'PTL802' }
      : {
          ...details,
          rule: 'PTL801',
          evidence: [
            ...evidence,
            seen(world, mistaken.object, mistaken.path, `port ${receiver.servicePort} is the Service's, not the Pod's`),
          ],
          fixes: [{ title: `port: ${receiver.port}`, location: world.locate(mistaken.object, mistaken.path) }],
        }
  const why = mistaken === undefined ? '' : `: the policy names the Service port ${receiver.servicePort}`
  // Portolan's own network does not enforce policies: there it is a difference to a cluster, not a break.
  if (world.mode === 'network') {
    return warn(
      kind,
      `${names} would deny this in a cluster (${denied}${why}); this network does not enforce it`,
      explained,
    )
  }
  return fail(kind, `${names}: ${denied}${why}`, timeout(receiver.protocol), explained)
}
