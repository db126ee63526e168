import { expect, test } from 'vitest'
import { conntrackSysctls, type ConntrackSettings } from './conntrack-settings.ts'

const nothing: ConntrackSettings = {
  maxPerCore: 0,
  min: 131_072,
  tcpTimeoutEstablished: 0,
  tcpTimeoutCloseWait: 0,
  udpTimeout: 0,
  udpTimeoutStream: 0,
  tcpBeLiberal: false,
}

// Row 62 of kube-proxy's behaviour.
test.each<[string, Partial<ConntrackSettings>, number, Readonly<Record<string, number>>]>([
  ['nothing', {}, 8, {}],
  ['so many a core', { maxPerCore: 32_768 }, 8, { max: 262_144, buckets: 65_536 }],
  ['at least so many', { maxPerCore: 32_768 }, 2, { max: 131_072, buckets: 32_768 }],
  ['at most a million', { maxPerCore: 32_768 }, 128, { max: 1_048_576, buckets: 262_144 }],
  [
    'more than a million, where the least is',
    { maxPerCore: 1, min: 2_000_000 },
    2,
    { max: 2_000_000, buckets: 500_000 },
  ],
  [
    'timeouts',
    { tcpTimeoutEstablished: 86_400, tcpTimeoutCloseWait: 3600, udpTimeout: 31, udpTimeoutStream: 121 },
    2,
    { tcp_timeout_established: 86_400, tcp_timeout_close_wait: 3600, udp_timeout: 31, udp_timeout_stream: 121 },
  ],
  ['packets out of the window', { tcpBeLiberal: true }, 2, { tcp_be_liberal: 1 }],
])('%s', (_, settings, cores, expected) => {
  const named = Object.entries(expected).map(([name, value]) => [`netfilter.nf_conntrack_${name}`, value])
  expect(conntrackSysctls({ ...nothing, ...settings }, cores)).toEqual(Object.fromEntries(named))
})
