import { parseFrom } from '../explain/trace/places.ts'
import { podsMadeBy } from '../explain/trace/network-world.ts'
import type { JsonValue } from '../manifest/node.ts'
import { UsageError } from './context.ts'

export interface PodPlace {
  readonly namespace: string
  readonly name: string
  /** Further Pods of the workload that was named. */
  readonly others: number
}

/** A running network, or who else knows its objects. */
export interface ObjectSource {
  snapshot(): Promise<{ readonly objects: readonly unknown[] }>
}

/**
 * A Pod as every command takes it: `NAME`, `pod/NAME`, with its namespace before or behind the kind, or what makes Pods
 * (`deploy/NAME`), which means the first of them. `namespace`: of what states none. Throws a UsageError.
 */
export async function podPlace(text: string, namespace: string, network: ObjectSource): Promise<PodPlace> {
  const place = parseFrom(text.includes('/') ? text : `pod/${text}`)
  if (typeof place === 'string' || place.kind !== 'workload') {
    throw new UsageError(`${JSON.stringify(text)} is no Pod: say NAME, pod/NAME, deploy/NAME or NAMESPACE/pod/NAME`)
  }
  const stated = place.namespace ?? namespace
  if (place.workload === 'Pod') return { namespace: stated, name: place.name, others: 0 }
  const [name, ...rest] = podsMadeBy(await objectsOf(network), place.workload, stated, place.name)
  if (name !== undefined) return { namespace: stated, name, others: rest.length }
  throw new UsageError(`${place.workload} ${stated}/${place.name} has no Pod in this network`)
}

/** For somebody who says the name of a Deployment and means its Pods. */
export async function podHint({ namespace, name }: PodPlace, network: ObjectSource): Promise<string> {
  const [pod] = podsMadeBy(await objectsOf(network), 'Deployment', namespace, name)
  return pod === undefined ? '' : `: say ${namespace}/deploy/${name} or ${namespace}/${pod}`
}

async function objectsOf(network: ObjectSource): Promise<readonly JsonValue[]> {
  // They came as JSON.
  return (await network.snapshot()).objects as readonly JsonValue[]
}
