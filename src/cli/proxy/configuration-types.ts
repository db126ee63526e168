/** kube-proxy's configuration file: its fields, and those of them that say nothing to Portolan. */
import { fieldTable } from '../../api/field-table.ts'
import type { KnownTypes } from '../../manifest/fields.ts'
import type { JsonValue } from '../../manifest/node.ts'

export const CONFIGURATION_KIND = 'KubeProxyConfiguration'
export const CONFIGURATION_VERSION = 'kubeproxy.config.k8s.io/v1alpha1'

const SYNC = 'syncPeriod:string minSyncPeriod:string'
const INTERFACES = 'bridgeInterface:string interfaceNamePrefix:string'
const CONNTRACK_TIMES =
  'tcpEstablishedTimeout:string tcpCloseWaitTimeout:string udpTimeout:string udpStreamTimeout:string'

/** As of Kubernetes 1.36. A time is a string. */
export const CONFIGURATION_TYPES: KnownTypes = {
  hintForUnknown: () => 'kube-proxy ignores it too',
  fieldsOf: fieldTable(`
${CONFIGURATION_KIND} apiVersion:string kind:string featureGates:{}boolean clientConnection:ClientConnectionConfiguration logging:LoggingConfiguration hostnameOverride:string bindAddress:string healthzBindAddress:string metricsBindAddress:string bindAddressHardFail:boolean enableProfiling:boolean showHiddenMetricsForVersion:string mode:string iptables:IPTables ipvs:IPVS nftables:NFTables winkernel:Winkernel detectLocalMode:string detectLocal:DetectLocal clusterCIDR:string nodePortAddresses:[]string oomScoreAdj:int32 conntrack:Conntrack configSyncPeriod:string portRange:string windowsRunAsService:boolean
ClientConnectionConfiguration kubeconfig:string acceptContentTypes:string contentType:string qps:number burst:int32
LoggingConfiguration format:string flushFrequency:any verbosity:int32 vmodule:[]VModuleItem options:FormatOptions
VModuleItem filePattern:string verbosity:int32
FormatOptions text:OutputRoutingOptions json:OutputRoutingOptions
OutputRoutingOptions splitStream:boolean infoBufferSize:quantity
IPTables ${SYNC} masqueradeBit:int32 masqueradeAll:boolean localhostNodePorts:boolean
IPVS ${SYNC} scheduler:string excludeCIDRs:[]string strictARP:boolean tcpTimeout:string tcpFinTimeout:string udpTimeout:string
NFTables ${SYNC} masqueradeBit:int32 masqueradeAll:boolean
Winkernel networkName:string sourceVip:string enableDSR:boolean rootHnsEndpointName:string forwardHealthCheckVip:boolean
DetectLocal ${INTERFACES}
Conntrack maxPerCore:int32 min:int32 tcpBeLiberal:boolean ${CONNTRACK_TIMES}
`),
}

interface IgnoredField {
  readonly why: string
  /** What kube-proxy takes where nothing is said: who writes that asks for nothing. */
  readonly usual?: JsonValue
}

const NO_LIMIT = 'requests to the API server are not limited'
const NO_MARK = 'no packet is marked for masquerading'
const AT_ONCE = 'changes are written at once'
const NO_IPVS = 'the rules are those of nftables'
const NO_WINDOWS = 'it is for Windows'
const OWN_WORDS = 'what is written to stderr is always the same'
const JSON_ALONE = 'the API server is asked for JSON'

/** By its path; a path stands for all that is below it, and a longer one comes first. */
export const IGNORED: Readonly<Record<string, IgnoredField>> = {
  featureGates: { why: 'there are no feature gates' },
  'clientConnection.acceptContentTypes': { why: JSON_ALONE },
  'clientConnection.contentType': { why: JSON_ALONE, usual: 'application/vnd.kubernetes.protobuf' },
  'clientConnection.qps': { why: NO_LIMIT, usual: 5 },
  'clientConnection.burst': { why: NO_LIMIT, usual: 10 },
  'logging.format': { why: OWN_WORDS, usual: 'text' },
  'logging.flushFrequency': { why: OWN_WORDS, usual: '5s' },
  logging: { why: OWN_WORDS },
  enableProfiling: { why: 'there is no profiling' },
  showHiddenMetricsForVersion: { why: 'no metric is hidden' },
  'iptables.masqueradeBit': { why: NO_MARK, usual: 14 },
  'iptables.localhostNodePorts': { why: 'nodePorts do not answer on loopback', usual: true },
  'iptables.minSyncPeriod': { why: AT_ONCE, usual: '1s' },
  'nftables.masqueradeBit': { why: NO_MARK, usual: 14 },
  'nftables.minSyncPeriod': { why: AT_ONCE, usual: '1s' },
  'ipvs.minSyncPeriod': { why: AT_ONCE },
  'ipvs.scheduler': { why: 'an annotation of each Service chooses its algorithm' },
  'ipvs.excludeCIDRs': { why: NO_IPVS },
  'ipvs.strictARP': { why: NO_IPVS },
  'ipvs.tcpTimeout': { why: NO_IPVS },
  'ipvs.tcpFinTimeout': { why: NO_IPVS },
  'ipvs.udpTimeout': { why: NO_IPVS },
  winkernel: { why: NO_WINDOWS },
  windowsRunAsService: { why: NO_WINDOWS },
  oomScoreAdj: { why: 'who starts the program sets it', usual: -999 },
  configSyncPeriod: {
    why: 'what the API server has is watched, and listed again only where a watch breaks off',
    usual: '15m0s',
  },
  portRange: { why: 'kube-proxy ignores it too' },
}
