/** What listens in the Pods of a running network, put into the model of a chart. */
import type { Observation, Socket } from '../trace/observation.ts'
import { isLoopback, socketText, WILDCARD } from '../trace/observed-pod.ts'
import type { BackendChart, ChartModel, PortChart, SocketChart } from './model.ts'

/** Pods whose sockets a chart would show: `namespace/name`, each once. */
export function chartPods(model: ChartModel): readonly string[] {
  const keys = model.services.flatMap(({ namespace, ports }) =>
    ports.flatMap(({ backends }) =>
      backends.filter(({ kind, ready }) => kind === 'Pod' && ready).map(({ name }) => `${namespace}/${name}`),
    ),
  )
  return [...new Set(keys)]
}

/** A port is broken where no Pod of it listens. What nobody looked at stays as it was declared. */
export function withSockets(model: ChartModel, sockets: Observation['sockets']): ChartModel {
  return {
    ...model,
    services: model.services.map((service) => ({
      ...service,
      ports: service.ports.map((port) => portWith(port, service.namespace, sockets)),
    })),
  }
}

function portWith(port: PortChart, namespace: string, sockets: Observation['sockets']): PortChart {
  const backends = port.backends.map((backend) => {
    const seen = backend.kind === 'Pod' && backend.ready ? sockets[`${namespace}/${backend.name}`] : undefined
    return seen === undefined ? backend : { ...backend, socket: socketOf(seen, backend, port.protocol) }
  })
  const usable = backends.filter((backend) => backend.ready && backend.port !== null)
  const [first] = usable
  const isBroken = first !== undefined && usable.every(({ socket }) => socket?.problem != null)
  return { ...port, backends, problem: port.problem ?? (isBroken ? (first.socket?.problem ?? null) : null) }
}

/** What takes connections to this port and address of a Pod that listens so. */
export function socketOf(
  sockets: readonly Socket[],
  { port, address }: Pick<BackendChart, 'port' | 'address'>,
  protocol: string,
): SocketChart {
  const same = sockets.filter((socket) => socket.protocol === protocol)
  const own = same.filter((socket) => socket.port === port)
  const taking = own.find((socket) => socket.address === address || WILDCARD.has(socket.address))
  if (taking !== undefined) return { listens: textOf(taking), port: taking.port, problem: null }
  const [wrong] = own
  if (wrong !== undefined && isLoopback(wrong.address)) {
    return fault(wrong, 'PTL902', `listens on ${socketText(wrong)} only`)
  }
  if (wrong !== undefined) return fault(wrong, 'PTL903', `listens on ${socketText(wrong)}, another address`)
  return fault(same[0], 'PTL901', `nothing listens on ${port}`)
}

function fault(socket: Socket | undefined, rule: string, text: string): SocketChart {
  const listens = socket === undefined ? 'no program listens' : textOf(socket)
  return { listens, port: socket?.port ?? null, problem: { rule, text } }
}

function textOf(socket: Socket): string {
  return `${socket.process ?? 'a program'} ${socketText(socket)}`
}
