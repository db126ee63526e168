import { expect, test } from 'vitest'
import { UsageError } from '../context.ts'
import { parseConfiguration, type ProxyConfiguration } from './configuration-file.ts'
import type { ProxyCommandOptions } from './proxy-options.ts'

const HEAD = 'apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n'
const read = (body: string): ProxyConfiguration => parseConfiguration(`${HEAD}${body}`, 'f')

function problemsOf(text: string): readonly string[] {
  try {
    parseConfiguration(text, 'f')
    return []
  } catch (error) {
    if (error instanceof UsageError) return error.message.split('\n')
    throw error
  }
}

/** As kubeadm 1.36 writes it into the ConfigMap kube-proxy. */
const KUBEADM = `bindAddress: 0.0.0.0
bindAddressHardFail: false
clientConnection: {acceptContentTypes: "", burst: 0, contentType: "", kubeconfig: /var/lib/kube-proxy/kubeconfig.conf, qps: 0}
clusterCIDR: 10.244.0.0/16
configSyncPeriod: 0s
conntrack: {maxPerCore: null, min: null, tcpBeLiberal: false, tcpCloseWaitTimeout: null, tcpEstablishedTimeout: null, udpStreamTimeout: 0s, udpTimeout: 0s}
detectLocal: {bridgeInterface: "", interfaceNamePrefix: ""}
detectLocalMode: ""
enableProfiling: false
healthzBindAddress: ""
hostnameOverride: ""
iptables: {localhostNodePorts: null, masqueradeAll: false, masqueradeBit: null, minSyncPeriod: 0s, syncPeriod: 0s}
ipvs: {excludeCIDRs: null, minSyncPeriod: 0s, scheduler: "", strictARP: false, syncPeriod: 0s, tcpFinTimeout: 0s, tcpTimeout: 0s, udpTimeout: 0s}
logging: {flushFrequency: 0, options: {json: {infoBufferSize: "0"}, text: {infoBufferSize: "0"}}, verbosity: 0}
metricsBindAddress: ""
mode: ""
nftables: {masqueradeAll: false, masqueradeBit: null, minSyncPeriod: 0s, syncPeriod: 0s}
nodePortAddresses: null
oomScoreAdj: null
portRange: ""
showHiddenMetricsForVersion: ""
winkernel: {enableDSR: false, forwardHealthCheckVip: false, networkName: "", rootHnsEndpointName: "", sourceVip: ""}
`

/** As kube-proxy --write-config-to writes its defaults. */
const DEFAULTS = `clientConnection: {contentType: application/vnd.kubernetes.protobuf, qps: 5, burst: 10}
configSyncPeriod: 15m0s
conntrack: {maxPerCore: 32768, min: 131072, tcpCloseWaitTimeout: 1h0m0s, tcpEstablishedTimeout: 24h0m0s, udpTimeout: 0s}
healthzBindAddress: 0.0.0.0:10256
iptables: {localhostNodePorts: true, masqueradeBit: 14, minSyncPeriod: 1s, syncPeriod: 30s}
ipvs: {syncPeriod: 30s}
logging: {flushFrequency: 5s, format: text}
mode: nftables
nftables: {masqueradeBit: 14, minSyncPeriod: 1s, syncPeriod: 30s}
oomScoreAdj: -999
`

test.each<[string, string, Partial<ProxyCommandOptions>]>([
  ['nothing', '', {}],
  [
    "kubeadm's",
    KUBEADM,
    {
      bindAddress: '0.0.0.0',
      bindAddressHardFail: false,
      kubeconfig: '/var/lib/kube-proxy/kubeconfig.conf',
      clusterCidr: '10.244.0.0/16',
      conntrackTcpBeLiberal: false,
      conntrackUdpTimeout: '0s',
      conntrackUdpTimeoutStream: '0s',
    },
  ],
  [
    'the defaults',
    DEFAULTS,
    {
      conntrackMaxPerCore: '32768',
      conntrackMin: '131072',
      conntrackTcpTimeoutCloseWait: '1h0m0s',
      conntrackTcpTimeoutEstablished: '24h0m0s',
      conntrackUdpTimeout: '0s',
      healthzBindAddress: '0.0.0.0:10256',
      syncPeriod: '30s',
    },
  ],
  ['another name', 'hostnameOverride: " Node-7 "', { node: 'node-7' }],
  ['zero says something', 'conntrack: {maxPerCore: 0}', { conntrackMaxPerCore: '0' }],
  [
    'who counts as a Pod',
    'detectLocalMode: BridgeInterface\ndetectLocal: {bridgeInterface: cbr0, interfaceNamePrefix: veth}',
    { detectLocalMode: 'BridgeInterface', podBridgeInterface: 'cbr0', podInterfaceNamePrefix: 'veth' },
  ],
  ['addresses of nodePorts', 'nodePortAddresses: [primary, 10.0.0.0/8]', { nodeportAddresses: 'primary,10.0.0.0/8' }],
  ['none of them', 'nodePortAddresses: []', {}],
  ['an address without a port', 'metricsBindAddress: 0.0.0.0', { metricsBindAddress: '0.0.0.0:10249' }],
  [
    'an own address of IPv6, and what listens by it',
    'bindAddress: fd00::1\nhealthzBindAddress: fd00::1',
    { bindAddress: 'fd00::1', healthzBindAddress: '[fd00::1]:10256', metricsBindAddress: '[::1]:10249' },
  ],
  ['masqueradeAll without a mode', 'iptables: {masqueradeAll: true}', { masqueradeAll: true }],
  ['masqueradeAll of the mode', 'mode: nftables\nnftables: {masqueradeAll: true}', { masqueradeAll: true }],
  ['documents without anything', 'clusterCIDR: 10.0.0.0/8\n---\n# nothing\n---\n', { clusterCidr: '10.0.0.0/8' }],
])('%s', (_, body, options) => {
  const configuration = read(body)
  expect(configuration.options).toEqual(options)
  expect(configuration.warnings).toEqual([])
})

const otherMode = (mode: string): string =>
  `"${mode}" is ignored: the rules are those of the mode nftables, in which nodePorts answer at the Node's own addresses where nodePortAddresses names no others`

test.each<[string, string, readonly string[], Partial<ProxyCommandOptions>]>([
  [
    'another mode: what is asked of its rules is done where it can be',
    'mode: iptables\niptables: {masqueradeAll: true, localhostNodePorts: true, syncPeriod: 10s}\nnftables: {masqueradeAll: true}',
    [
      `f:3:7: warning: mode ${otherMode('iptables')}`,
      'f:5:27: warning: nftables.masqueradeAll is ignored: it is of another mode',
    ],
    { masqueradeAll: true, syncPeriod: '10s' },
  ],
  [
    'ipvs',
    'mode: ipvs\nipvs: {strictARP: true, scheduler: lc, syncPeriod: 10s}',
    [
      `f:3:7: warning: mode ${otherMode('ipvs')}`,
      'f:4:19: warning: ipvs.strictARP is ignored: the rules are those of nftables',
      'f:4:36: warning: ipvs.scheduler is ignored: an annotation of each Service chooses its algorithm',
    ],
    { syncPeriod: '10s' },
  ],
  ['a mode that there is not', 'mode: userspace', [`f:3:7: warning: mode ${otherMode('userspace')}`], {}],
  [
    'fields that say nothing here',
    'featureGates: {A: true}\nconfigSyncPeriod: 5m\nnftables: {minSyncPeriod: 5s, masqueradeBit: 3}',
    [
      'f:3:19: warning: featureGates.A is ignored: there are no feature gates',
      'f:4:19: warning: configSyncPeriod is ignored: what the API server has is watched, and listed again only where a watch breaks off',
      'f:5:27: warning: nftables.minSyncPeriod is ignored: changes are written at once',
      'f:5:46: warning: nftables.masqueradeBit is ignored: no packet is marked for masquerading',
    ],
    {},
  ],
  [
    'a field that there is not',
    'clusterCidr: 10.0.0.0/8\nudpIdleTimeout: 250ms',
    [
      'f:3:1: warning: unknown field clusterCidr: did you mean clusterCIDR? (kube-proxy ignores it too)',
      'f:4:1: warning: unknown field udpIdleTimeout (kube-proxy ignores it too)',
    ],
    {},
  ],
  [
    'only the first document is read',
    'clusterCIDR: 10.0.0.0/8\n---\nclusterCIDR: 11.0.0.0/8',
    ['f:5:1: warning: this document is ignored: only the first one of a file is read (kube-proxy ignores it too)'],
    { clusterCidr: '10.0.0.0/8' },
  ],
  [
    'a key twice: the last one counts',
    'clusterCIDR: 10.0.0.0/8\nclusterCIDR: 11.0.0.0/8',
    [
      'f:4:1: warning: the key "clusterCIDR" is twice in this mapping (remove one of the two, or add the `---` that is missing between two objects)',
    ],
    { clusterCidr: '11.0.0.0/8' },
  ],
])('%s', (_, body, warnings, options) => {
  const configuration = read(body)
  expect(configuration.warnings).toEqual(warnings)
  expect(configuration.options).toEqual(options)
})

const LACKS = 'it lacks "apiVersion: kubeproxy.config.k8s.io/v1alpha1" and "kind: KubeProxyConfiguration"'

test.each<[string, readonly string[]]>([
  ['', [`f:1:1: this is no configuration of kube-proxy: ${LACKS}`]],
  ['- a', [`f:1:1: this is no configuration of kube-proxy: ${LACKS}`]],
  ['kind: Service\napiVersion: v1', [`f:1:1: this is no configuration of kube-proxy: ${LACKS}`]],
  [
    'apiVersion: v1\nkind: ConfigMap\ndata: {config.conf: ""}',
    [`f:1:1: this is a ConfigMap: give the file that is in it: ${LACKS}`],
  ],
  [
    `${HEAD}nftables: {`,
    ['f:3:11: unexpected end of the stream within a flow collection (a { or [ that was opened is never closed)'],
  ],
  [
    `${HEAD}conntrack: {maxPerCore: "5", udpTimeout: 30}\nnodePortAddresses: primary\nnftables: {masqueradeAll: 1}`,
    [
      'f:3:25: conntrack.maxPerCore must be a number: found the string "5" (remove the quotes)',
      'f:3:42: conntrack.udpTimeout must be a string: found the number 30 (put it in quotes: "30")',
      'f:4:20: nodePortAddresses must be a list: found the string "primary" (write the items as a list, each after "- ")',
      'f:5:27: nftables.masqueradeAll must be true or false: found the number 1',
    ],
  ],
  [`${HEAD}detectLocalMode: NodeCidr`, ['f:3:18: detectLocalMode "NodeCidr" is no such mode: did you mean NodeCIDR?']],
  [`${HEAD}hostnameOverride: " "`, ['f:3:19: hostnameOverride is blank']],
])('%j is refused', (text, problems) => {
  expect(problemsOf(text)).toEqual(problems)
})
