import { describe, expect, test } from 'vitest'
import { DEFAULT_CLUSTER_CONFIG, parseClusterConfig, type ClusterConfigText } from '../model/cluster-config.ts'
import { nodeObject, planTopology, type Topology } from './topology.ts'

function plan(given: Partial<ClusterConfigText>, count = 2): Topology | string {
  const config = parseClusterConfig({ ...DEFAULT_CLUSTER_CONFIG, ...given })
  if (!('clusterDomain' in config)) throw new Error(config.join('\n'))
  return planTopology(config, count)
}

test('a node of a dual-stack network has addresses and a Pod range of each family, the primary one first', () => {
  const topology = plan({ serviceCIDR: '10.96.0.0/12,fd00:10:96::/108' })
  if (typeof topology === 'string') throw new Error(topology)
  expect(topology.nodes.map(nodeObject)[1]).toMatchObject({
    spec: { podCIDR: '10.244.2.0/24', podCIDRs: ['10.244.2.0/24', 'fd00:10:244:2::/64'] },
    status: {
      addresses: [
        { type: 'InternalIP', address: '192.168.1.101' },
        { type: 'InternalIP', address: 'fd00:192:168:1::65' },
        { type: 'Hostname', address: 'node-2' },
      ],
    },
  })
  expect(topology).toMatchObject({ family: 'IPv4', dnsServiceIP: '10.96.0.53', gateway: '192.168.1.1' })
  expect(topology.families[1]).toMatchObject({
    family: 'IPv6',
    dnsServiceIP: 'fd00:10:96::35',
    gateway: 'fd00:192:168:1::1',
    outsideGateway: '2001:db8:198:51::1',
  })
})

test('IPv6 alone', () => {
  const topology = plan({ serviceCIDR: 'fd00:10:96::/108' })
  if (typeof topology === 'string') throw new Error(topology)
  expect(topology.families).toHaveLength(1)
  expect(nodeObject(topology.nodes[0] ?? expect.fail())).toMatchObject({
    spec: { podCIDR: 'fd00:10:244:1::/64', podCIDRs: ['fd00:10:244:1::/64'] },
  })
})

describe('too small, or too large', () => {
  test.each<[Partial<ClusterConfigText>, number, string]>([
    [{ nodeCIDR: '192.168.1.0/26' }, 2, '--node-cidr 192.168.1.0/26 has no room for 2 nodes from .100 up'],
    [{ nodeCIDR: '192.168.1.0/24,fd00::/122' }, 2, '--node-cidr fd00::/122 has no room for 2 nodes from ::64 up'],
    [{ podCIDR: '10.244.0.0/16,fd00::/63' }, 2, '--pod-cidr fd00::/63 has no room for a /64 for each of 2 nodes'],
    [{ podCIDR: '10.244.0.0/16,fd00::/72' }, 2, '--pod-cidr fd00::/72 has no room for a /64 for each of 2 nodes'],
    [{ serviceCIDR: '10.96.0.0/12,fd00::/124' }, 2, '--service-cidr fd00::/124 is smaller than a /122'],
    [{ serviceCIDR: '10.96.0.0/12,fd00:9::/48' }, 2, '--service-cidr fd00:9::/48 is larger than a /64'],
    [{ podCIDR: '10.244.0.0/20' }, 20, '--pod-cidr 10.244.0.0/20 has no room for a /24 for each of 20 nodes'],
  ])('%o, %d nodes', (given, count, problem) => {
    expect(plan(given, count)).toBe(problem)
  })
})
