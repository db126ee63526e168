import { expect, test } from 'vitest'
import { resolvConf } from './resolv-conf.ts'

test('a Pod searches its own namespace, all Services, and the cluster domain', () => {
  expect(resolvConf('shop', { clusterDomain: 'cluster.local' }, '10.96.0.53')).toBe(
    'search shop.svc.cluster.local svc.cluster.local cluster.local\nnameserver 10.96.0.53\noptions ndots:5\n',
  )
})

test('a dual-stack network has two name servers', () => {
  const text = resolvConf('a', { clusterDomain: 'x.test' }, ['10.96.0.53', 'fd00::53'])
  expect(text.match(/^nameserver .*$/gm)).toEqual(['nameserver 10.96.0.53', 'nameserver fd00::53'])
})
