import type { RunningNetwork } from '../../cluster/control/client.ts'
import { stateDirectory } from '../../cluster/state/state-directory.ts'
import { networkWorldOf } from '../../explain/trace/network-world.ts'
import type { World } from '../../explain/trace/world.ts'
import type { JsonValue } from '../../manifest/node.ts'
import type { Context } from '../context.ts'
import { networkName, requireNetwork } from '../network-name.ts'
import { rememberedManifests } from './manifest-places.ts'

export interface NetworkPlace {
  readonly name?: string
  /** Of names that are given without one. */
  readonly namespace: string
}

export interface NetworkView {
  readonly network: RunningNetwork
  readonly world: World
  readonly objects: readonly JsonValue[]
  /** Of the files that the network was started with. */
  readonly texts: ReadonlyMap<string, string>
}

/** The objects of the running network as they are now. */
export async function networkWorld(options: NetworkPlace, context: Context): Promise<NetworkView> {
  const name = networkName(options.name, context)
  const network = await requireNetwork(name)
  const snapshot = await network.snapshot()
  // They came as JSON.
  const objects = snapshot.objects as readonly JsonValue[]
  const { manifest, texts } = await rememberedManifests(stateDirectory(name).path, context)
  const { clusterDomain } = snapshot
  const { namespace } = options
  const world = networkWorldOf({ objects, clusterDomain, namespace, manifests: manifest.objects })
  return { network, world, objects, texts }
}
