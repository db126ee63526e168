/** Whether the network of a name is still to be started. */
import type { Server } from 'node:net'
import { awaitNetwork, type RunningNetwork } from '../../cluster/control/client.ts'
import { lockNetwork, startFolder, stateDirectory } from '../../cluster/state/state-directory.ts'
import { UsageError } from '../context.ts'
import { refuseCutOff } from '../network-name.ts'

export type Place =
  | { readonly kind: 'free'; readonly lock: Server }
  | { readonly kind: 'running'; readonly network: RunningNetwork }
  /** Of another folder, which was faster to take the name that both have. */
  | { readonly kind: 'taken' }

/**
 * Where another `up` has the name: the network that it started. When that fails or ends meanwhile, the lock after all.
 * `folder`: the one that the name comes from; undefined where the user chose the name.
 */
export async function findPlace(name: string, folder: string | undefined): Promise<Place> {
  const directory = stateDirectory(name)
  for (;;) {
    const lock = await lockNetwork(directory).catch((error: Error) => {
      throw new UsageError(error.message)
    })
    if (lock !== undefined) return { kind: 'free', lock }
    await refuseCutOff(name)
    const network = await awaitNetwork(name)
    if (network === undefined) continue
    const started = startFolder(name)
    const isTaken = folder !== undefined && started !== undefined && started !== folder
    return isTaken ? { kind: 'taken' } : { kind: 'running', network }
  }
}
