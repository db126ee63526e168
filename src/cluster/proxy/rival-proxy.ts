/** The rules of another service proxy in this namespace: two that both translate would get in each other's way. */
import { existsSync, readFileSync } from 'node:fs'
import { inNamespace, type NetworkNamespace } from '../../host/namespaces.ts'
import { openNetlink } from '../../host/netlink.ts'
import { OrderedMap } from '../../lib/ordered-map.ts'
import { listChains } from '../../nft/read-back.ts'
import type { Chain, Family, Table } from '../../nft/ruleset.ts'
import type { Replaced } from './proxier.ts'

export interface Rivals {
  /** What there is, as people know it: `table ip kube-proxy`. Empty where there is no other proxy. */
  readonly found: readonly string[]
  /** What makes them do nothing any more: by family, since each family is a table of its own. */
  readonly replaced: Readonly<Record<'ip' | 'ip6', Replaced>>
  /** What cannot be taken over, and why. */
  readonly obstacles: readonly string[]
  /** What cannot be looked into. */
  readonly unknown: readonly string[]
}

const KUBE_PROXY = 'kube-proxy'
/** Of kube-proxy's iptables mode. Others with this prefix are the kubelet's: KUBE-FIREWALL, KUBE-KUBELET-CANARY. */
const CHAINS =
  /^KUBE-(SERVICES|EXTERNAL-SERVICES|NODEPORTS|NODE-PORT|FORWARD|POSTROUTING|MARK-MASQ|PROXY-FIREWALL|PROXY-CANARY|(SVC|SVL|SEP|EXT|FW|XLB)-.+)$/

/** Reads the names of all tables and chains of a namespace; by default that of this process. */
export function findRivals(namespace?: NetworkNamespace): Rivals {
  const socket = openNetlink('netfilter', namespace)
  try {
    const [ip, ip6] = (['ip', 'ip6'] as const).map((family) => rivalTables(family, listChains(family, socket.dump)))
    const both = [ip, ip6].map((tables) => tables ?? [])
    return {
      found: both.flat().map(nameOf),
      replaced: { ip: replacement(both[0] ?? []), ip6: replacement(both[1] ?? []) },
      obstacles: inNamespace(namespace, hasIPVSLink)
        ? ['kube-proxy in ipvs mode is here (interface kube-ipvs0): stop it and run "kube-proxy --cleanup" first']
        : [],
      unknown: inNamespace(namespace, legacyTables).includes('nat')
        ? ['the nat table of iptables-legacy, which may hold rules of kube-proxy']
        : [],
    }
  } finally {
    socket.close()
  }
}

function rivalTables(family: Family, tables: ReadonlyMap<string, readonly Chain[]>): readonly Table[] {
  return [...tables].flatMap(([name, chains]): readonly Table[] => {
    const isOwn = name === KUBE_PROXY
    const own = isOwn ? chains : chains.filter((chain) => CHAINS.test(chain.name) && chain.rules.length > 0)
    if (!isOwn && own.length === 0) return []
    return [{ family, name, sets: OrderedMap.empty(), chains: OrderedMap.by(own, (chain) => chain.name) }]
  })
}

/** A table of kube-proxy's own goes; in tables that are shared with others its chains are emptied: jumps to them do nothing. */
function replacement(tables: readonly Table[]): Replaced {
  const shared = tables.filter(({ name }) => name !== KUBE_PROXY)
  const emptied = shared.map((table): Table => {
    const chains = [...table.chains.values()].map((chain): Chain => ({ ...chain, rules: [] }))
    return { ...table, chains: OrderedMap.by(chains, (chain) => chain.name) }
  })
  return { before: tables, after: emptied }
}

function nameOf({ family, name, chains }: Table): string {
  if (name === KUBE_PROXY) return `table ${family} ${name}`
  return `${chains.size} chains KUBE-... in table ${family} ${name}`
}

function hasIPVSLink(): boolean {
  return existsSync('/proc/sys/net/ipv4/conf/kube-ipvs0')
}

function legacyTables(): readonly string[] {
  try {
    return readFileSync('/proc/thread-self/net/ip_tables_names', 'utf8').split('\n').filter(Boolean)
  } catch {
    // The kernel has no legacy iptables, or it is not loaded.
    return []
  }
}
