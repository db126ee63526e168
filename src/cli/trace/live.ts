import { throughHostPort } from '../../explain/trace/host-port.ts'
import type { Trace } from '../../explain/trace/report.ts'
import { observerOf, type ObserverOptions } from '../../explain/trace/observer.ts'
import { planWays } from '../../explain/trace/plan.ts'
import { probeFor } from '../../explain/trace/probe.ts'
import { tracePacket, type TraceRequest } from '../../explain/trace/trace.ts'
import { UsageError, type Context } from '../context.ts'
import { podOf } from './client-pod.ts'
import { networkWorld, type NetworkPlace } from './network-world.ts'

/** On the running network: connects and looks. */
export async function traceRunning(
  asked: TraceRequest,
  options: NetworkPlace & ObserverOptions,
  context: Context,
): Promise<{ readonly trace: Trace; readonly texts: ReadonlyMap<string, string> }> {
  const view = await networkWorld(options, context)
  const { listeners } = await view.network.status()
  const { request, notes } = throughHostPort(asked, listeners)
  const from = podOf(view, request.from, 'network')
  const plan = planWays(view.world, from, request.to)
  const probe = { ...probeFor(view.world, plan, request.to), packets: options.packets === true }
  const observation = await view.network.trace(probe).catch((error: Error) => {
    throw new UsageError(error.message)
  })
  const { clientAddress } = observation
  const world = { ...view.world, ...(clientAddress !== null && { clientAddress }) }
  const trace = tracePacket(world, { ...request, from }, observerOf(world, probe, observation, options))
  return { trace: { ...trace, notes: [...notes, ...trace.notes] }, texts: view.texts }
}
