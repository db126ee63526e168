/** Real packets: the planned network, made in namespaces of its own, with steps to do in it. */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { encodeBatches } from '../../../src/nft/encode.ts'
import type { Operation } from '../../../src/nft/operation.ts'
import { type AddressPlan, IPV4, NODES, nodeOfPod } from '../../conformance/service-proxy/address-plan.ts'
import { IPV6 } from '../../conformance/service-proxy/ipv6.ts'
import { targetOf } from '../../conformance/service-proxy/row.ts'
import { missing } from '../nft-namespace.ts'

export interface Listener {
  readonly place: string
  /** How it calls itself. */
  readonly label: string
  readonly protocol: 'tcp' | 'udp' | 'sctp'
  readonly address: string
  readonly port: number
}

/** A place of the plan or `fabric`. */
type Place = string

export type Step =
  /** Waits until what has not been answered may be called silent: before rules change. */
  | { readonly settle: true }
  | { readonly at: Place; readonly batches: readonly string[] }
  | { readonly at: Place; readonly run: readonly string[]; readonly input?: string }
  | {
      readonly from: Place
      readonly source?: string
      readonly sourcePort?: number
      readonly protocol: string
      readonly address: string
      readonly port: number
    }

export interface NetworkOptions {
  readonly listeners: readonly Listener[]
  /** Ranges that the fabric's own table answers, instead of sending them to node-1. */
  readonly balanced?: readonly string[]
}

/** The answers to steps: an end in the words of the rows, a command's result, or the failures of a transaction. */
export type Answer =
  | string
  | { readonly status: number; readonly stdout: string; readonly stderr: string }
  | readonly unknown[]
  | null

/** Every network here is dual stack. */
const PLANS: readonly AddressPlan[] = [IPV4, IPV6]

const child = fileURLToPath(new URL('child.mjs', import.meta.url))
const flags = ['--user', '--map-root-user', '--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc']
/** What a socket's send buffer takes where net.core.wmem_max is Linux's default. */
export const SEND_LIMIT = 400_000

export function inNetwork({ listeners, balanced = [] }: NetworkOptions, steps: readonly Step[]): readonly Answer[] {
  const addressesOf = (names: (plan: AddressPlan) => Readonly<Record<string, string>>) =>
    Object.keys(names(IPV4)).map((name) => ({ name, addresses: PLANS.map((plan) => names(plan)[name] ?? '') }))
  const plan = {
    fabric: { families: PLANS.map(({ fabric }) => fabric), balanced },
    nodes: NODES.map(({ name }) => {
      const families = PLANS.flatMap(({ nodes }) => nodes.find((node) => node.name === name) ?? [])
      return { name, families, held: families.flatMap(({ held }) => held) }
    }),
    pods: addressesOf(({ pods }) => pods).map((pod) => ({ ...pod, node: nodeOfPod(pod.addresses[0] ?? '')?.name })),
    outside: addressesOf(({ outside }) => outside),
    routed: PLANS.flatMap(({ routed, nodes }) => routed.map((to) => ({ to, via: nodes[0]?.address }))).filter(
      ({ to }) => !balanced.includes(to),
    ),
  }
  const { status, stdout, stderr } = spawnSync('unshare', [...flags, process.execPath, child], {
    encoding: 'utf8',
    input: JSON.stringify({ plan, listeners, steps }),
    maxBuffer: 1 << 28,
    timeout: 60_000,
    // unshare passes over the others while it waits.
    killSignal: 'SIGKILL',
  })
  if (status !== 0) throw new Error(`the network's process ended with ${status}: ${stderr}`)
  const answers: readonly Answer[] = JSON.parse(stdout)
  return answers
}

export function applyStep(at: Place, operations: readonly Operation[]): Step {
  const batches = encodeBatches({ prepare: operations, change: [], detach: [], clean: [] }, 1, SEND_LIMIT) ?? []
  return { at, batches: batches.map(({ bytes }) => Buffer.from(bytes).toString('base64')) }
}

/** `from` and `to` as in the rows. */
export function connectStep(from: string, to: string): Step {
  const target = targetOf(to)
  const [place = '', source] = from.split(' as ')
  return { from: place, ...(source === undefined ? {} : { source }), ...target }
}

/** A listener at `A:8080`, for TCP and UDP and each IP family. */
export function listenersAt(endpoint: string): readonly Listener[] {
  return listenersOf(endpoint, ['tcp', 'udp'])
}

export function sctpListenersAt(endpoint: string): readonly Listener[] {
  return listenersOf(endpoint, ['sctp'])
}

function listenersOf(endpoint: string, protocols: readonly Listener['protocol'][]): readonly Listener[] {
  const [label = '', port = ''] = endpoint.split(':')
  const addresses = PLANS.map(
    ({ pods, nodes }) => pods[label] ?? nodes.find(({ name }) => name === label)?.address ?? '',
  )
  return addresses.flatMap((address) =>
    protocols.map((protocol) => ({ place: label, label, protocol, address, port: Number(port) })),
  )
}

/** Why the packet tests cannot run; undefined where they can. */
export function packetsMissing(): string | undefined {
  return existsSync(new URL('../../../dist/host/fabric.js', import.meta.url)) ? missing() : 'dist/ is not built'
}
