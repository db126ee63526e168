import type { Trace } from '../../explain/trace/report.ts'
import { podsMadeBy } from '../../explain/trace/network-world.ts'
import { observerOf, type ObserverOptions } from '../../explain/trace/observer.ts'
import type { From } from '../../explain/trace/places.ts'
import { planWays } from '../../explain/trace/plan.ts'
import { probeFor } from '../../explain/trace/probe.ts'
import { tracePacket, type TraceRequest } from '../../explain/trace/trace.ts'
import { suggest } from '../../manifest/suggest.ts'
import { UsageError, type Context } from '../context.ts'
import { networkWorld, type NetworkPlace, type NetworkView } from './network-world.ts'

/** On the running network: connects and looks. */
export async function traceRunning(
  request: TraceRequest,
  options: NetworkPlace & ObserverOptions,
  context: Context,
): Promise<{ readonly trace: Trace; readonly texts: ReadonlyMap<string, string> }> {
  const view = await networkWorld(options, context)
  const from = clientOf(view, request.from)
  const plan = planWays(view.world, from, request.to)
  const probe = probeFor(view.world, plan, request.to)
  const observation = await view.network.trace(probe).catch((error: Error) => {
    throw new UsageError(error.message)
  })
  const { clientAddress } = observation
  const world = { ...view.world, ...(clientAddress !== null && { clientAddress }) }
  const trace = tracePacket(world, { ...request, from }, observerOf(world, probe, observation, options))
  return { trace, texts: view.texts }
}

/** A Pod for what makes Pods. A client that is not there is a mistake of the command line. */
function clientOf({ world, objects }: NetworkView, from: From): From {
  if (from.kind !== 'workload') return from
  const namespace = from.namespace ?? world.namespace
  const pods = world.context.workloads.filter((workload) => workload.kind === 'Pod' && workload.namespace === namespace)
  if (from.workload !== 'Pod') {
    const [name] = podsMadeBy(objects, from.workload, namespace, from.name)
    if (name !== undefined) return { kind: 'workload', workload: 'Pod', namespace, name }
    throw new UsageError(`${from.workload} ${namespace}/${from.name} has no Pod in this network`)
  }
  if (pods.some(({ name }) => name === from.name)) return { ...from, namespace }
  const names = pods.map(({ name }) => name)
  const near = suggest(from.name, names) ?? names.find((name) => name.startsWith(`${from.name}-`))
  const hint = near === undefined ? '' : `: did you mean ${near}?`
  throw new UsageError(`there is no Pod ${from.name} in namespace ${namespace}${hint}`)
}
