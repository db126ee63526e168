import { describe, expect, test } from 'vitest'
import { formatCIDR } from '../lib/ip.ts'
import { type ClusterConfigText, DEFAULT_CLUSTER_CONFIG, parseClusterConfig } from './cluster-config.ts'

const parse = (given: Partial<ClusterConfigText>) => parseClusterConfig({ ...DEFAULT_CLUSTER_CONFIG, ...given })
const V6 = {
  node: 'fd00:192:168:1::/64',
  pod: 'fd00:10:244::/56',
  service: 'fd00:10:96::/108',
  loadBalancer: '2001:db8:203:113::/64',
  outside: '2001:db8:198:51::/64',
}
const V4 = {
  node: '192.168.1.0/24',
  pod: '10.244.0.0/16',
  service: '10.96.0.0/12',
  loadBalancer: '203.0.113.0/24',
  outside: '198.51.100.0/24',
}
const both = (first: Record<string, string>, second: Record<string, string>) =>
  Object.fromEntries(Object.entries(first).map(([name, range]) => [name, `${range} ${second[name]}`]))

function rangesOf(given: Partial<ClusterConfigText>): unknown {
  const config = parse(given)
  if (!('clusterDomain' in config)) return config
  const text = (ranges: typeof config.podCIDRs): string => ranges.map(formatCIDR).join(' ')
  return {
    node: text(config.nodeCIDRs),
    pod: text(config.podCIDRs),
    service: text(config.serviceCIDRs),
    loadBalancer: text(config.loadBalancerCIDRs),
    outside: text(config.outsideCIDRs),
  }
}

describe('IP families', () => {
  test.each<[string, Partial<ClusterConfigText>, unknown]>([
    ['IPv4 only by default', {}, V4],
    ['a second range of Services is enough', { serviceCIDR: `${V4.service},${V6.service}` }, both(V4, V6)],
    ['so is one of Pods', { podCIDR: `10.9.0.0/16, fd00:9::/56` }, { ...both(V4, V6), pod: '10.9.0.0/16 fd00:9::/56' }],
    [
      'the first family of Services is the primary one, whatever the order elsewhere',
      { serviceCIDR: `${V6.service},${V4.service}`, podCIDR: '10.9.0.0/16,fd00:9::/56' },
      { ...both(V6, V4), pod: 'fd00:9::/56 10.9.0.0/16' },
    ],
    ['IPv6 only', { serviceCIDR: 'fd00:96::/112' }, { ...V6, service: 'fd00:96::/112' }],
    [
      'two ranges of one family',
      { serviceCIDR: '10.96.0.0/16,10.97.0.0/16' },
      ['--service-cidr 10.96.0.0/16,10.97.0.0/16: two IPv4 ranges; a second range must be an IPv6 one'],
    ],
    [
      'three ranges',
      { podCIDR: 'fd00:1::/56,10.96.0.0/16,fd00:2::/56' },
      ['--pod-cidr fd00:1::/56,10.96.0.0/16,fd00:2::/56: two IPv6 ranges; a second range must be an IPv4 one'],
    ],
    [
      'two lists that do not agree',
      { serviceCIDR: `${V4.service},${V6.service}`, podCIDR: '10.9.0.0/16' },
      ['--pod-cidr has no IPv6 range, but --service-cidr has one: give both the same families'],
    ],
    [
      'ranges within each other',
      { serviceCIDR: `${V4.service},fd00:10:244::/108` },
      ['--pod-cidr fd00:10:244::/56 and --service-cidr fd00:10:244::/108 overlap'],
    ],
    ['no range', { podCIDR: '10.244.0.0/16,' }, ['--pod-cidr "": not a range such as 10.0.0.0/16']],
  ])('%s', (_name, given, expected) => {
    expect(rangesOf(given)).toEqual(expected)
  })
})
