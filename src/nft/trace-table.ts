/** The table that has packets traced. It is there only while somebody traces. */
import { OrderedMap } from '../lib/ordered-map.ts'
import {
  type Chain,
  type Element,
  elementKey,
  type Hook,
  type NftSet,
  type Rule,
  type Selector,
  type Table,
} from './ruleset.ts'

export const TRACE_TABLE = 'portolan-trace'
/** The chains at the ends of a packet's way through a namespace: they hold no rule, and their policy is told. */
export const TRACE_ENDS: Readonly<Record<string, 'delivered' | 'passed on'>> = {
  arrived: 'delivered',
  left: 'passed on',
}

/** Where connections lead: packets there are traced, and those that come back. */
export interface TraceTarget {
  readonly protocol: 'TCP' | 'UDP'
  readonly address: string
  readonly port: number
}

/** Seconds. Nothing is traced for longer, whatever becomes of who asked. */
const TIMEOUT = 30
/** Before raw (-300), and before defragmentation (-400). */
const FIRST = -1000
const LAST = 1000

export function traceTable(family: 'ip' | 'ip6', targets: readonly TraceTarget[]): Table {
  const elements: readonly Element[] = targets
    .filter(({ address }) => address.includes(':') === (family === 'ip6'))
    .map(({ protocol, address, port }) => ({ key: [address, protocol.toLowerCase(), `${port}`] }))
  const set: NftSet = {
    name: 'targets',
    key: [family === 'ip' ? 'ipv4_addr' : 'ipv6_addr', 'inet_proto', 'inet_service'],
    timeout: TIMEOUT,
    elements: OrderedMap.by(elements, elementKey),
  }
  const rules = [ruleOf(family, 'd'), ruleOf(family, 's')]
  const chains: readonly Chain[] = [
    { name: 'came', hook: hookOf('prerouting', FIRST), rules },
    { name: 'began', hook: hookOf('output', FIRST), rules },
    // Their policies show what NAT has made of the packet, before it is routed.
    { name: 'translated', hook: hookOf('prerouting', LAST), rules: [] },
    { name: 'sent', hook: hookOf('output', LAST), rules: [] },
    { name: 'arrived', hook: hookOf('input', LAST), rules: [] },
    { name: 'left', hook: hookOf('postrouting', LAST), rules: [] },
  ]
  return {
    family,
    name: TRACE_TABLE,
    sets: OrderedMap.by([set], ({ name }) => name),
    chains: OrderedMap.by(chains, ({ name }) => name),
  }
}

function hookOf(hook: Hook['hook'], priority: number): Hook {
  return { type: 'filter', hook, priority }
}

function ruleOf(family: 'ip' | 'ip6', side: 's' | 'd'): Rule {
  const key: readonly Selector[] = [
    { kind: 'payload', field: `${family} ${side}addr` },
    { kind: 'meta', key: 'l4proto' },
    { kind: 'payload', field: `th ${side}port` },
  ]
  return { statements: [{ kind: 'lookup', key, set: 'targets' }, { kind: 'nftrace' }] }
}
