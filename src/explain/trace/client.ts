/** Hop 1: who connects. */
import { suggest } from '../../manifest/suggest.ts'
import type { Workload } from '../check/workload.ts'
import { ok, unknown, warn, type HopFinding } from './finding.ts'
import type { From } from './places.ts'
import type { Peer } from './policies.ts'
import { podFacts } from './pod-facts.ts'
import { findWorkload, notGiven, seen, title, type World } from './world.ts'

export interface Client {
  readonly kind: 'outside' | 'node' | 'pod'
  /** Of a Pod: where short names are looked up. */
  readonly namespace: string
  /** Absent where it was not given. */
  readonly workload?: Workload
  /** Of a node, or the one that the Pod runs on, where it is known. */
  readonly node?: string
  readonly address?: string
  readonly hop: HopFinding
}

export function readClient(world: World, from: From): Client {
  if (from.kind === 'outside') {
    const { clientAddress: address } = world
    const hop = ok('client', `a client outside of the cluster${address === undefined ? '' : `, ${address}`}`)
    return { kind: 'outside', namespace: world.namespace, hop, ...(address !== undefined && { address }) }
  }
  if (from.kind === 'node') {
    const hop = ok('client', from.name === undefined ? 'a process on a node' : `a process on ${from.name}`)
    return { kind: 'node', namespace: world.namespace, hop, ...(from.name !== undefined && { node: from.name }) }
  }
  const namespace = from.namespace ?? world.namespace
  const workload = findWorkload(world, from.workload, namespace, from.name)
  if (workload === undefined) return missingClient(world, from, namespace)
  const { ip, node } = podFacts(workload)
  const place = ip === undefined ? '' : ` ${ip}${node === undefined ? '' : ` on ${node}`}`
  const evidence = [seen(world, workload.object, ['metadata', 'name'], title(workload))]
  const details = { object: workload.object, evidence }
  const hop =
    workload.replicas === 0
      ? warn('client', `${title(workload)} has 0 replicas: it has no Pod that could connect`, details)
      : ok('client', `${title(workload)}${place}`, details)
  return {
    kind: 'pod',
    namespace,
    workload,
    hop,
    ...(ip !== undefined && { address: ip }),
    ...(node !== undefined && { node }),
  }
}

function missingClient(world: World, from: From & { kind: 'workload' }, namespace: string): Client {
  const names = world.context.workloads.filter(({ kind }) => kind === from.workload).map(({ name }) => name)
  const near = suggest(from.name, names)
  const hint = near === undefined ? '' : `: did you mean ${near}?`
  const what = title({ kind: from.workload, namespace, name: from.name })
  return { kind: 'pod', namespace, hop: unknown('client', `${what}: ${notGiven(world)}${hint}`) }
}

/** The client as policies see it. */
export function clientPeer({ kind, workload, namespace, address }: Client): Peer {
  if (kind === 'outside') return { kind: 'elsewhere', address }
  if (kind === 'node') return { kind: 'node', address }
  if (workload === undefined) return { kind: 'unknown' }
  if (workload.hostNetwork) return { kind: 'node', address }
  return { kind: 'pod', namespace, labels: workload.labels, address }
}
