/** How many connections are open to which endpoint: kept from what connection tracking tells. */
import type { ConnectionLoad, Endpoint, ServicePortInfo } from '../model/resolve-services.ts'
import type { OrderedMap } from '../lib/ordered-map.ts'

/** A flow, or more than that. */
export interface CountedFlow {
  /** IP protocol number. */
  readonly protocol: number
  readonly original: {
    readonly source: string
    readonly sourcePort: number
    readonly destination: string
    readonly destinationPort: number
  }
  readonly reply: { readonly source: string; readonly sourcePort: number }
  readonly hasEnded: boolean
}

export interface ConnectionCounts {
  /** Only connections to these endpoints are counted from now on. */
  follow(endpoints: ReadonlySet<string>): void
  begins(flow: CountedFlow): void
  ends(flow: CountedFlow): void
  /** What is there, whatever was told before. */
  recount(flows: readonly CountedFlow[]): void
  /** Since the last call; undefined where no count has changed. */
  take(): ConnectionLoad | undefined
}

const PROTOCOL_NUMBERS = { TCP: 6, UDP: 17, SCTP: 132 } as const

/** How an endpoint of a Service port is called here. */
export function countedName(
  { name }: Pick<ServicePortInfo, 'name'>,
  { ip, port }: Pick<Endpoint, 'ip' | 'port'>,
): string {
  return nameOf(PROTOCOL_NUMBERS[name.protocol], ip, port)
}

function nameOf(protocol: number, ip: string, port: number): string {
  return `${protocol}/${ip}:${port}`
}

export function createConnectionCounts(): ConnectionCounts {
  let followed: ReadonlySet<string> = new Set()
  let open = new Map<string, number>()
  /** The endpoint of each open connection. */
  let connections = new Map<string, string>()
  let arrived = 0
  let changed = false
  const add = (connection: string, name: string, by: 1 | -1): void => {
    if (by > 0) connections.set(connection, name)
    else connections.delete(connection)
    const count = (open.get(name) ?? 0) + by
    if (count > 0) open.set(name, count)
    else open.delete(name)
    changed = true
  }
  const counts: ConnectionCounts = {
    follow(endpoints) {
      followed = endpoints
    },
    begins(flow) {
      const { protocol, reply, hasEnded } = flow
      const name = nameOf(protocol, reply.source, reply.sourcePort)
      if (!followed.has(name)) return
      const connection = connectionOf(flow)
      if (hasEnded) return counts.ends(flow)
      if (connections.has(connection)) return
      arrived++
      add(connection, name, 1)
    },
    ends(flow) {
      const connection = connectionOf(flow)
      const name = connections.get(connection)
      if (name !== undefined) add(connection, name, -1)
    },
    recount(flows) {
      connections = new Map()
      open = new Map()
      for (const flow of flows) counts.begins(flow)
      arrived = 0
      changed = true
    },
    take() {
      if (!changed) return undefined
      const load = { open: new Map(open), arriving: arrived }
      arrived = 0
      changed = false
      return load
    },
  }
  return counts
}

function connectionOf({ protocol, original }: CountedFlow): string {
  const { source, sourcePort, destination, destinationPort } = original
  return `${protocol} ${source}:${sourcePort} ${destination}:${destinationPort}`
}

type Services = OrderedMap<readonly ServicePortInfo[]>

export function isCounted(info: ServicePortInfo): boolean {
  return info.algorithm === 'least-connections'
}

/** `services`, where those of `keys` that go by the number of connections know it. */
export function withLoad(services: Services, keys: Iterable<string>, load: ConnectionLoad): Services {
  let loaded = services
  for (const key of keys) {
    const infos = services.get(key)
    if (infos !== undefined)
      loaded = loaded.set(
        key,
        infos.map((info) => (isCounted(info) ? { ...info, load } : info)),
      )
  }
  return loaded
}
