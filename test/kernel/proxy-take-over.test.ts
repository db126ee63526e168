import { describe, expect, test } from 'vitest'
import { kubeProxyTable } from '../../bench/proxy/kube-proxy.ts'
import { createProxier } from '../../src/cluster/proxy/proxier.ts'
import { findRivals } from '../../src/cluster/proxy/rival-proxy.ts'
import { keepTable, type Services } from '../../src/cluster/proxy/table-keeper.ts'
import { createRuleWatcher } from '../../src/host/rule-watch.ts'
import { OrderedMap } from '../../src/lib/ordered-map.ts'
import { diffPhases } from '../../src/nft/diff.ts'
import type { Chain } from '../../src/nft/ruleset.ts'
import { nftablesBackend, type NodeProgram } from '../../src/proxy/backends/nftables.ts'
import { CONTEXTS, service, servicesOf } from '../conformance/service-proxy/address-plan.ts'
import { needsRoot } from './kubelet-spec.ts'
import { missing } from './nft-namespace.ts'
import { rulePlaces } from './rule-place.ts'

const reason = needsRoot() ?? missing()
const [node] = CONTEXTS
if (node === undefined) throw new Error('the plan has no node')
const web = service({ name: 'web', endpoints: ['A:8080', 'C:8080'] })
const wanted = nftablesBackend.compile(servicesOf([web]), node).table

const IPTABLES = `table ip nat {
  chain PREROUTING { type nat hook prerouting priority -100; policy accept; }
  chain OUTPUT { type nat hook output priority -100; policy accept; }
  chain KUBE-SEP-AAAA { ip protocol tcp dnat to 10.244.1.2:8080; }
  chain KUBE-SVC-BBBB { jump KUBE-SEP-AAAA; }
  chain KUBE-SERVICES { ip daddr 10.96.0.41 tcp dport 80 jump KUBE-SVC-BBBB; }
  chain SOMEBODY { counter; }
}
table ip filter {
  chain KUBE-FIREWALL { ip saddr 127.0.0.1 ip daddr 10.0.0.1 drop; }
}
add rule ip nat PREROUTING jump KUBE-SERVICES
add rule ip nat OUTPUT jump KUBE-SERVICES
add rule ip nat OUTPUT jump SOMEBODY
`

describe.skipIf(reason !== undefined)(`take-over${reason === undefined ? '' : ` (skipped: ${reason})`}`, () => {
  const place = rulePlaces()

  test('of nothing', () => {
    const { namespace, nft } = place()
    nft('table ip nat {\n chain POSTROUTING { type nat hook postrouting priority 100; counter masquerade; }\n}')
    expect(findRivals(namespace)).toMatchObject({ found: [], obstacles: [], unknown: [] })
  })

  test("of kube-proxy's nftables mode: its hooks go in the transaction in which ours come, the rest afterwards", () => {
    const { namespace, nft, generation } = place()
    nft(`${kubeProxyTable([web], node)}\ntable ip6 kube-proxy {\n chain services { }\n}\n`)
    const rivals = findRivals(namespace)
    expect(rivals.found).toEqual(['table ip kube-proxy', 'table ip6 kube-proxy'])
    const { change } = diffPhases(rivals.replaced.ip.before, [wanted])
    const hooked = wanted.chains.toValues().filter(({ hook }) => hook !== undefined)
    const hooks = nft('list table ip kube-proxy').match(/\bhook\b/g)
    expect(change.filter(({ kind }) => kind === 'delete chain')).toHaveLength(hooks?.length ?? 0)
    expect(change.filter(({ kind }) => kind === 'add chain')).toHaveLength(hooked.length)
    const before = generation()
    const proxier = createProxier(namespace, rivals.replaced.ip)
    proxier.sync(wanted)
    expect(nft('list table ip kube-proxy')).not.toContain('hook')
    proxier.clean()
    expect(generation()).toBe(before + 3)
    expect(nft('list tables').split('\n').toSorted()).toEqual(['', 'table ip portolan', 'table ip6 kube-proxy'])
    expect(findRivals(namespace).found).toEqual(['table ip6 kube-proxy'])
  })

  test("of kube-proxy's iptables mode: its chains are emptied, others' rules stay", () => {
    const { namespace, nft, generation } = place()
    nft(IPTABLES)
    const filter = nft('list table ip filter')
    const rivals = findRivals(namespace)
    expect(rivals.found).toEqual(['3 chains KUBE-... in table ip nat'])
    const before = generation()
    createProxier(namespace, rivals.replaced.ip).sync(wanted)
    expect(generation()).toBe(before + 2)
    const nat = nft('list table ip nat').replaceAll(/\s+/g, ' ')
    expect(nat).toContain('chain KUBE-SERVICES { }')
    expect(nat).toContain('chain KUBE-SEP-AAAA { }')
    expect(nat).toContain('jump KUBE-SERVICES jump SOMEBODY')
    expect(nft('list table ip filter')).toBe(filter)
    expect(findRivals(namespace).found).toEqual([])
  })

  test('a Service that the kernel refuses is set aside by name, and the others follow', () => {
    const { namespace, nft } = place()
    const errors: string[] = []
    const poison: Chain = {
      name: 'poison',
      rules: [{ statements: [{ kind: 'verdict', verdict: { kind: 'jump', chain: 'not-there' } }] }],
    }
    type Poisoned = Pick<NodeProgram, 'table' | 'services' | 'contested'> & { readonly program: NodeProgram }
    const keeper = keepTable<Poisoned>({
      where: 'node-1',
      namespace,
      watcher: createRuleWatcher(),
      compile(services: Services, previous) {
        const program = nftablesBackend.compile(services, node, previous?.program)
        const isBad = services.has('default/bad')
        const chains = isBad ? program.table.chains.set(poison.name, poison) : program.table.chains
        return { ...program, program, table: { ...program.table, chains } }
      },
      onError: (error) => errors.push(String(error)),
    })
    const bad = service({ name: 'bad', clusterIP: '10.96.0.66', endpoints: ['A:8080'] })
    const other = service({ name: 'other', clusterIP: '10.96.0.42', endpoints: ['B:8080'] })
    const all = servicesOf([web, bad])
    keeper.sync(all)
    expect(errors).toEqual([expect.stringMatching(/node-1: Service default\/bad is set aside, .*not-there.*ENOENT/)])
    expect(nft('list ruleset')).toContain('10.96.0.41')
    keeper.sync(OrderedMap.from([...all, ...servicesOf([other])]).delete('default/web'))
    const rules = nft('list ruleset')
    expect([rules.includes('10.96.0.41'), rules.includes('10.96.0.42'), rules.includes('10.96.0.66')]).toEqual([
      false,
      true,
      false,
    ])
    expect(errors).toHaveLength(1)
    keeper.sync(servicesOf([other]))
    expect(errors).toHaveLength(1)
  })

  test('what does not fit into a full set is set aside, and has its place when there is room', () => {
    const { namespace, nft } = place()
    const errors: string[] = []
    const keeper = keepTable<NodeProgram>({
      where: 'node-1',
      namespace,
      watcher: createRuleWatcher(),
      compile(services: Services, previous) {
        const program = nftablesBackend.compile(services, node, previous)
        const ips = program.table.sets.get('cluster-ips')
        const sets = ips === undefined ? program.table.sets : program.table.sets.set(ips.name, { ...ips, size: 2 })
        return { ...program, table: { ...program.table, sets } }
      },
      onError: (error) => errors.push(String(error)),
    })
    const [b, c] = [42, 43].map((last) =>
      service({ name: `s${last}`, clusterIP: `10.96.0.${last}`, endpoints: ['B:8080'] }),
    )
    if (b === undefined || c === undefined) throw new Error('two Services')
    keeper.sync(servicesOf([web, b]))
    expect(errors).toEqual([])
    keeper.sync(servicesOf([web, b, c]))
    expect(errors).toEqual([expect.stringMatching(/node-1: Service default\/s43 is set aside, .*cluster-ips.*ENFILE/)])
    expect([...keeper.state().aside.keys()]).toEqual(['default/s43'])
    const served = (): readonly boolean[] =>
      ['10.96.0.41', '10.96.0.42', '10.96.0.43'].map((ip) => nft('list ruleset').includes(`${ip} . tcp`))
    expect(served()).toEqual([true, true, false])
    keeper.sync(servicesOf([web, { ...c, port: 81 }]))
    expect(served()).toEqual([true, false, true])
    expect(errors).toHaveLength(1)
  })
})
