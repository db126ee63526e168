import { podsMadeBy } from '../../explain/trace/network-world.ts'
import type { From } from '../../explain/trace/places.ts'
import type { World } from '../../explain/trace/world.ts'
import type { JsonValue } from '../../manifest/node.ts'
import { suggest } from '../../manifest/suggest.ts'
import { UsageError } from '../context.ts'

export interface ClientView {
  readonly world: World
  readonly objects: readonly JsonValue[]
}

/** A Pod for what makes Pods. A client that is not there is a mistake of the command line. */
export function podOf({ world, objects }: ClientView, from: From, where: 'network' | 'cluster'): From {
  if (from.kind !== 'workload') return from
  const namespace = from.namespace ?? world.namespace
  const pods = world.context.workloads.filter((workload) => workload.kind === 'Pod' && workload.namespace === namespace)
  if (from.workload !== 'Pod') {
    const [name] = podsMadeBy(objects, from.workload, namespace, from.name)
    if (name !== undefined) return { kind: 'workload', workload: 'Pod', namespace, name }
    throw new UsageError(`${from.workload} ${namespace}/${from.name} has no Pod in this ${where}`)
  }
  if (pods.some(({ name }) => name === from.name)) return { ...from, namespace }
  const names = pods.map(({ name }) => name)
  const near = suggest(from.name, names) ?? names.find((name) => name.startsWith(`${from.name}-`))
  const hint = near === undefined ? '' : `: did you mean ${near}?`
  throw new UsageError(`there is no Pod ${from.name} in namespace ${namespace}${hint}`)
}
