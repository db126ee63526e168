import type { DetectLocal } from '../../cluster/proxy/node-contexts.ts'

/** As the command line gives them, and in its words what a configuration file says. */
export interface ProxyCommandOptions {
  readonly config?: string
  readonly kubeconfig?: string
  readonly context?: string
  readonly node?: string
  readonly dryRun?: boolean
  readonly takeOver?: boolean
  readonly cleanup?: boolean
  readonly bindAddress?: string
  readonly bindAddressHardFail?: boolean
  readonly detectLocalMode?: DetectLocal['mode']
  readonly clusterCidr?: string
  readonly podBridgeInterface?: string
  readonly podInterfaceNamePrefix?: string
  readonly masqueradeAll?: boolean
  readonly nodeportAddresses: string
  readonly healthzBindAddress: string
  readonly metricsBindAddress: string
  readonly conntrackMaxPerCore: string
  readonly conntrackMin: string
  readonly conntrackTcpTimeoutEstablished: string
  readonly conntrackTcpTimeoutCloseWait: string
  readonly conntrackUdpTimeout: string
  readonly conntrackUdpTimeoutStream: string
  readonly conntrackTcpBeLiberal?: boolean
  /** Of a file alone. */
  readonly syncPeriod?: string
}
