import { describe, expect, test } from 'vitest'
import { PassThrough, Readable } from 'node:stream'
import type { RunProxyOptions } from '../../cluster/proxy/run-node-proxy.ts'
import type { Context } from '../context.ts'
import type { ProxyCommandOptions } from './proxy-options.ts'
import { readSettings } from './read-settings.ts'
import { settingReader } from './setting-reader.ts'

const DEFAULTS: ProxyCommandOptions = {
  node: 'n',
  nodeportAddresses: 'primary',
  healthzBindAddress: '0.0.0.0:10256',
  metricsBindAddress: '127.0.0.1:10249',
  conntrackMaxPerCore: '32768',
  conntrackMin: '131072',
  conntrackTcpTimeoutEstablished: '24h',
  conntrackTcpTimeoutCloseWait: '1h',
  conntrackUdpTimeout: '0s',
  conntrackUdpTimeoutStream: '0s',
}
const context: Context = {
  stdin: Readable.from([]),
  stdout: new PassThrough(),
  stderr: new PassThrough(),
  environment: {},
  workingDirectory: '/work',
}

function read(options: Partial<ProxyCommandOptions>): {
  readonly settings: Partial<RunProxyOptions>
  readonly problems: readonly string[]
  readonly warnings: readonly string[]
} {
  const reader = settingReader({ ...DEFAULTS, ...options }, (option) =>
    option === 'clusterCidr' ? 'f:3:14: clusterCIDR' : undefined,
  )
  return { settings: readSettings(reader, context), problems: reader.problems, warnings: reader.warnings }
}

describe('what is said', () => {
  test.each<[Partial<ProxyCommandOptions>, Partial<RunProxyOptions>]>([
    [{}, { node: 'n', masqueradeAll: false, detectLocal: { mode: 'NodeCIDR' }, nodePortAddresses: ['primary'] }],
    [{}, { healthAddress: { host: '0.0.0.0', port: 10256 }, syncPeriod: 30_000 }],
    [{ kubeconfig: 'a/config' }, { access: { kubeconfig: '/work/a/config', environment: {} } }],
    [{ clusterCidr: '10.0.0.0/8' }, { detectLocal: { mode: 'ClusterCIDR', ranges: ['10.0.0.0/8'] } }],
    [{ bindAddress: '192.0.2.1' }, { bindAddress: '192.0.2.1' }],
    [{ bindAddress: '::' }, {}],
    [{ metricsBindAddress: 'none' }, { metricsAddress: undefined }],
    [{ nodeportAddresses: 'primary, 10.0.0.0/8' }, { nodePortAddresses: ['primary', '10.0.0.0/8'] }],
    [{ nodeportAddresses: 'all' }, { nodePortAddresses: ['0.0.0.0/0', '::/0'] }],
    [{ syncPeriod: '1m30s' }, { syncPeriod: 90_000 }],
  ])('%j', (options, settings) => {
    const found = read(options)
    expect(found.settings).toMatchObject(settings)
    expect([found.problems, found.warnings]).toEqual([[], []])
  })

  test('times of connection tracking are whole seconds', () => {
    const { settings } = read({ conntrackUdpTimeout: '1m30.7s' })
    expect(settings.conntrack?.udpTimeout).toBe(90)
  })
})

test.each<[Partial<ProxyCommandOptions>, string]>([
  [
    { nodeportAddresses: '127.0.0.0/8,10.0.0.0/8' },
    '--nodeport-addresses "127.0.0.0/8": ignored, since nodePorts do not answer on loopback',
  ],
  [
    { detectLocalMode: 'ClusterCIDR' },
    '--detect-local-mode ClusterCIDR: no cluster CIDR is given, so nobody counts as a Pod of this node',
  ],
])('%j: a warning', (options, warning) => {
  const { problems, warnings } = read(options)
  expect([problems, warnings]).toEqual([[], [warning]])
})

test.each<[Partial<ProxyCommandOptions>, string]>([
  [
    { detectLocalMode: 'BridgeInterface' },
    '--detect-local-mode BridgeInterface needs --pod-bridge-interface, or detectLocal.bridgeInterface in a file',
  ],
  [
    { detectLocalMode: 'InterfaceNamePrefix', podInterfaceNamePrefix: 'a name with blanks' },
    '--pod-interface-name-prefix "a name with blanks": not a name of an interface, which has up to 15 characters',
  ],
  [{ conntrackUdpTimeout: '30' }, '--conntrack-udp-timeout "30": not a time such as 24h or 1h30m10s'],
  [{ conntrackUdpTimeout: '-1s' }, '--conntrack-udp-timeout "-1s": not a time such as 24h or 1h30m10s'],
  [{ conntrackMin: 'many' }, '--conntrack-min "many": not a number from 0 to 2147483647'],
  [{ clusterCidr: '10.244.0.0' }, 'f:3:14: clusterCIDR "10.244.0.0": not a range such as 10.244.0.0/16'],
  [{ bindAddress: 'here' }, '--bind-address "here": not an IP address'],
  [{ syncPeriod: '0s' }, '--sync-period "0s": not a time such as 30s or 1m30s'],
  [
    { nodeportAddresses: 'secondary' },
    '--nodeport-addresses "secondary": not a range such as 10.244.0.0/16, nor primary',
  ],
  [
    { healthzBindAddress: '10256' },
    '--healthz-bind-address "10256": not an address with a port such as 127.0.0.1:10249, nor none',
  ],
])('%j is refused', (options, problem) => {
  expect(read(options).problems).toEqual([problem])
})

test('all that is wrong is said', () => {
  expect(read({ clusterCidr: 'x', conntrackMin: 'x', nodeportAddresses: 'x' }).problems).toHaveLength(3)
})
