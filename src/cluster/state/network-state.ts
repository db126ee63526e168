/** What a network with `--state` goes on from, and where its changes go. */
import type { ClusterConfigText } from '../../model/cluster-config.ts'
import { isRecord } from '../../api/decode.ts'
import type { FormerAddresses } from '../pods/network.ts'
import type { ClusterOptions } from '../options.ts'
import type { Topology } from '../topology.ts'
import { NO_STATE, objectState, type ObjectState } from './object-state.ts'
import { formerAddresses } from './restore.ts'
import type { StateFile } from './state-file.ts'
import { StateRefusal } from './state-refusal.ts'

export interface NetworkState {
  readonly objects: ObjectState
  readonly formerAddresses: ReadonlyMap<string, FormerAddresses>
  /** Absent where everything ends with the network. */
  readonly file?: StateFile
}

/** Loads the database only where there is a folder. Rejects with a StateRefusal. */
export async function openNetworkState(
  { name, state: folder, config }: ClusterOptions,
  topology: Topology,
  onError: (where: string, error: unknown) => void,
): Promise<NetworkState> {
  if (folder === undefined) return { objects: NO_STATE, formerAddresses: new Map() }
  const { openStateFile } = await import('./state-file.ts')
  const file = await openStateFile(folder, name)
  try {
    checkRanges(folder, file, config)
  } catch (error) {
    file.close()
    throw error
  }
  const nodes = new Set(topology.nodes.map(({ name }) => name))
  const objects = objectState(file, nodes, (why) =>
    onError(`--state ${folder}`, new Error(`it cannot be written: ${why}`)),
  )
  const { restored } = objects
  return { objects, file, formerAddresses: restored === undefined ? new Map() : formerAddresses(restored.snapshot) }
}

/** Addresses and ports that Services hold have to lie in the ranges of the network. */
const RANGES = {
  serviceCIDR: '--service-cidr',
  loadBalancerCIDR: '--lb-cidr',
  nodePortRange: '--service-node-port-range',
} as const satisfies Partial<Record<keyof ClusterConfigText, string>>

function checkRanges(folder: string, file: StateFile, config: ClusterConfigText): void {
  const stored = file.recall('ranges')
  for (const [name, option] of Object.entries(RANGES) as [keyof typeof RANGES, string][]) {
    const before = isRecord(stored) ? stored[name] : undefined
    if (before === undefined || before === config[name]) continue
    throw new StateRefusal(
      `--state ${folder}: its network has ${option} ${JSON.stringify(before)}, not ${JSON.stringify(config[name])}: ` +
        `start it with the same, or with another folder`,
    )
  }
  file.remember('ranges', Object.fromEntries(Object.keys(RANGES).map((name) => [name, config[name as 'serviceCIDR']])))
}
