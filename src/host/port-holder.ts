import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { parseIP } from '../lib/ip.ts'
import type { ListenAddress } from './listen.ts'

const LISTEN = '0A'

interface BoundSocket {
  /** `socket:[inode]`, as descriptors show it. */
  readonly target: string
  readonly uid: string
}

/**
 * Who has a port of this host, as `process 1234 (name)`, or by the user where the process is not visible to this one;
 * undefined where nobody has it any more.
 */
export function portHolder({ protocol, address, port }: ListenAddress): string | undefined {
  const [socket, ...others] = boundSockets(protocol, address, port)
  if (socket === undefined) return undefined
  const targets = new Set([socket, ...others].map(({ target }) => target))
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    if (descriptorsOf(pid).some((target) => targets.has(target)))
      return `process ${pid} (${readOrNothing(`/proc/${pid}/comm`).trim()})`
  }
  return `a process of user ${socket.uid}`
}

/** Every socket bound to the port, on the address or on all. */
function* boundSockets(protocol: 'TCP' | 'UDP', address: string, port: number): Generator<BoundSocket> {
  const hex = (value: bigint | number, digits: number): string => value.toString(16).toUpperCase().padStart(digits, '0')
  const ip = parseIP(address)
  const words = ip === undefined ? [] : (hex(ip.value, ip.family === 4 ? 8 : 32).match(/.{8}/g) ?? [])
  // Words of 32 bits in the byte order of the machine.
  const local = words.map((word) => (word.match(/../g) ?? []).toReversed().join('')).join('')
  const name = protocol.toLowerCase()
  for (const file of [name, `${name}6`]) {
    for (const line of readOrNothing(`/proc/net/${file}`).split('\n').slice(1)) {
      const [, where = '', , state, , , , uid = '', , inode] = line.trim().split(/\s+/)
      const [boundTo = '', boundPort] = where.split(':')
      if (boundPort !== hex(port, 4) || (protocol === 'TCP' && state !== LISTEN)) continue
      if (boundTo === local || /^0+$/.test(boundTo)) yield { target: `socket:[${inode}]`, uid }
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

function readOrNothing(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    // A process that has just ended, or a kernel without IPv6.
    return ''
  }
}
