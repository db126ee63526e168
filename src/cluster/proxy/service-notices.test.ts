import { expect, test } from 'vitest'
import { CONTEXTS, service, servicesOf } from '../../../test/conformance/service-proxy/address-plan.ts'
import { nftablesBackend } from '../../proxy/backends/nftables.ts'
import { createServiceNotices, type ServiceNotice } from './service-notices.ts'
import type { KeeperState } from './table-keeper.ts'

const [node] = CONTEXTS
if (node === undefined) throw new Error('the plan has no node')

const external = { externalIPs: ['192.0.2.10'], endpoints: ['A:8080'] }
const [a, b] = [service({ name: 'a', ...external }), service({ name: 'b', clusterIP: '10.96.0.42', ...external })]
const state = (
  infos: Parameters<typeof servicesOf>[0],
  aside: readonly (readonly [string, string])[] = [],
): KeeperState => ({
  contested: nftablesBackend.compile(servicesOf(infos), node).contested,
  aside: new Map(aside),
})

test('each is told once, whoever finds it, and again when it comes again', () => {
  const notices = createServiceNotices()
  const told: string[] = []
  const tell = ({ service, reason }: ServiceNotice): number => told.push(`${service} ${reason}`)
  notices.update('node-1', state([a]))
  notices.follow(tell)
  notices.update('node-1', state([a, b]))
  notices.update('node-2', state([a, b]))
  expect(told).toEqual(['default/b AddressInUse'])
  notices.update('node-1', state([a, b], [['default/a', 'refused']]))
  notices.update('node-1', state([a, b], [['default/a', 'refused']]))
  expect(told.slice(1)).toEqual(['default/a RulesRefused'])
  for (const place of ['node-1', 'node-2']) notices.update(place, state([b]))
  notices.update('node-1', state([a, b]))
  expect(told.slice(2)).toEqual(['default/b AddressInUse'])
  const late: string[] = []
  notices.follow(({ message }) => late.push(message))
  expect(late).toEqual([expect.stringContaining("192.0.2.10:80/TCP is Service default/a's")])
})
