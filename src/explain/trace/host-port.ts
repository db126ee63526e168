/** Ports of this machine, which a running network opened: what they lead to inside of it. */
import type { To } from './places.ts'
import type { TraceRequest } from './trace.ts'

export interface HostPort {
  readonly protocol: 'TCP' | 'UDP'
  readonly address: string
  /** Absent where it could not be opened. */
  readonly port?: number
  readonly wantedPort: number
  readonly target: { readonly address: string; readonly port: number }
}

export interface InsideRequest {
  readonly request: TraceRequest
  readonly notes: readonly string[]
}

/**
 * A client outside that speaks to `127.0.0.1:30080` or `localhost:30080` means the network's port on this machine: the
 * request is for what that port leads to. Where the network has no such port the request stays as it is.
 */
export function throughHostPort(request: TraceRequest, ports: readonly HostPort[]): InsideRequest {
  const { from, to } = request
  if (from.kind !== 'outside' || to.kind !== 'host') return { request, notes: [] }
  const asked = `${bracketed(to.host)}:${to.port}`
  const here = ports.filter(({ address, protocol }) => isAddress(to.host, address) && protocol === protocolOf(to))
  const found = here.find(({ port }) => port === to.port)
  if (found !== undefined) {
    const { address, port } = found.target
    const note = `${asked} of this machine leads to ${bracketed(address)}:${port} of the network`
    return { request: { ...request, to: { ...to, host: address, port } }, notes: [note] }
  }
  const moved = here.find(({ wantedPort }) => wantedPort === to.port)
  return { request, notes: noteWithout(asked, to.host, moved, here) }
}

function noteWithout(
  asked: string,
  host: string,
  moved: HostPort | undefined,
  here: readonly HostPort[],
): readonly string[] {
  if (moved?.port !== undefined) {
    return [`${asked} was in use when the network started: it is at ${bracketed(moved.address)}:${moved.port}`]
  }
  if (moved !== undefined) return [`${asked} could not be opened: "portolan ports" says why`]
  if (!isLoopback(host)) return []
  const open = here.flatMap(({ address, port }) => (port === undefined ? [] : `${bracketed(address)}:${port}`))
  const has = open.length === 0 ? 'no port there' : open.join(', ')
  return [`the network did not open ${asked} on this machine: it has ${has}`]
}

const protocolOf = ({ protocol = 'TCP' }: To): string => protocol

function isAddress(host: string, address: string): boolean {
  return host === address || (host === 'localhost' && (address === '127.0.0.1' || address === '::1'))
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host)
}

function bracketed(address: string): string {
  return address.includes(':') ? `[${address}]` : address
}
