import { tmpdir } from 'node:os'
import type { ClusterConfigText } from '../model/cluster-config.ts'

/** What `up` was told. Plain data: it travels from the front to the engine, and is dead once the network runs. */
export interface ClusterOptions {
  readonly name: string
  readonly config: ClusterConfigText
  readonly nodes: number
  /** Where `up` was called: host programs start there. */
  readonly workingDirectory: string
  /** Private folder of this network: socket, logs. */
  readonly stateDirectory: string
  /** Host address for all listeners instead of loopback. */
  readonly listen?: string
  /** Folder in which objects, addresses and ports outlive the network. */
  readonly state?: string
  /** Cluster DNS walks the search path for the Pod that asks. */
  readonly dnsSearchPath?: boolean
  /** `[NS/]WORKLOAD[:CONTAINER]` to shell command. */
  readonly run: Readonly<Record<string, string>>
}

/** Where all networks of this user keep their files. */
export function stateRoot(environment: NodeJS.ProcessEnv = process.env): string {
  const { XDG_RUNTIME_DIR } = environment
  return XDG_RUNTIME_DIR === undefined || XDG_RUNTIME_DIR === ''
    ? `${tmpdir()}/portolan-${process.getuid?.() ?? 0}`
    : `${XDG_RUNTIME_DIR}/portolan`
}
