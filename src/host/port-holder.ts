import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import type { ListenAddress } from './listen.ts'

const LISTEN = '0A'

/** Who has a port of this host, as `process 1234 (name)`; undefined where it is not visible to this user. */
export function portHolder({ protocol, address, port }: ListenAddress): string | undefined {
  const inodes = new Set(socketInodes(protocol, address, port))
  if (inodes.size === 0) return undefined
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    if (!descriptorsOf(pid).some((target) => inodes.has(target))) continue
    return `process ${pid} (${readFileSync(`/proc/${pid}/comm`, 'utf8').trim()})`
  }
  return undefined
}

/** `socket:[inode]` of every socket bound to the port, on the address or on all. */
function* socketInodes(protocol: 'TCP' | 'UDP', address: string, port: number): Generator<string> {
  const hex = (value: number, digits: number): string => value.toString(16).toUpperCase().padStart(digits, '0')
  const local = address
    .split('.')
    .toReversed()
    .map((byte) => hex(Number(byte), 2))
    .join('')
  const name = protocol.toLowerCase()
  for (const file of [name, `${name}6`]) {
    for (const line of readFileSync(`/proc/net/${file}`, 'utf8').split('\n').slice(1)) {
      const [, where = '', , state, , , , , , inode] = line.trim().split(/\s+/)
      const [boundTo = '', boundPort] = where.split(':')
      if (boundPort !== hex(port, 4) || (protocol === 'TCP' && state !== LISTEN)) continue
      if (boundTo === local || /^0+$/.test(boundTo)) yield `socket:[${inode}]`
    }
  }
}

function descriptorsOf(pid: string): readonly string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`))
  } catch {
    // Another user's process, or one that has just ended.
    return []
  }
}
