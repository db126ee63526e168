import { listenOn, type ListenAddress } from '../host/listen.ts'
import { portHolder } from '../host/port-holder.ts'
import type { ListenResult } from './protocol.ts'

/** Ports below this are root's, unless the machine says otherwise. */
const FIRST_UNPRIVILEGED = 1024
/** 80 becomes 8080, 443 becomes 8443: what people expect where the port itself is not to be had. */
const PRIVILEGED_OFFSET = 8000
const TRIES = 256

/** Opens a port of the host, or the next that is free. The descriptor is the caller's to close. */
export function openHostPort(wanted: ListenAddress): ListenResult & { readonly fd?: number } {
  const first = listenOn(wanted)
  if ('fd' in first) return { fd: first.fd, port: wanted.port }
  const reason = { error: first.error, ...holderOf(wanted, first.error) }
  if (first.error !== 'EADDRINUSE' && first.error !== 'EACCES') return reason
  const start = wanted.port < FIRST_UNPRIVILEGED ? wanted.port + PRIVILEGED_OFFSET : wanted.port + 1
  for (let port = start; port < Math.min(start + TRIES, 65536); port++) {
    const next = listenOn({ ...wanted, port })
    if ('fd' in next) return { fd: next.fd, port, ...reason }
  }
  return reason
}

function holderOf(wanted: ListenAddress, error: string): { readonly holder?: string } {
  const holder = error === 'EADDRINUSE' ? portHolder(wanted) : undefined
  return holder === undefined ? {} : { holder }
}
