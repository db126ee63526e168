import type { Socket } from 'node:net'

/** Opens a connection from where probes come from. */
export type Connect = (address: string, port: number) => Socket

/** Where an attempt goes. The time limit is in milliseconds. */
export interface Target {
  readonly connect: Connect
  readonly address: string
  readonly port: number
  readonly timeout: number
}

const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset by peer',
  EHOSTUNREACH: 'no route to host',
  ENETUNREACH: 'network is unreachable',
  ETIMEDOUT: 'connection timed out',
}

export const hostAndPort = (address: string, port: number): string =>
  address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`

export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
}

/** A refused connection as Kubernetes words it. */
export function dialFailure({ address, port }: Pick<Target, 'address' | 'port'>, why: unknown): string {
  const said = why instanceof Error ? (WORDS[codeOf(why)] ?? why.message) : String(why)
  return `dial tcp ${hostAndPort(address, port)}: ${said === 'i/o timeout' ? said : `connect: ${said}`}`
}
