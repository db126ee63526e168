import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import type { Socket } from '../../explain/trace/observation.ts'
import { inNamespace, type NetworkNamespace } from '../../host/namespaces.ts'
import { formatIP } from '../../lib/ip.ts'

const FILES = [
  ['tcp', 'TCP'],
  ['tcp6', 'TCP'],
  ['udp', 'UDP'],
  ['udp6', 'UDP'],
] as const
/** TCP_LISTEN; a UDP socket that is bound and not connected has 07. */
const LISTENS = { TCP: '0A', UDP: '07' } as const

/** The sockets of a namespace on which a program waits for clients. */
export function listeningSockets(namespace: NetworkNamespace): readonly Socket[] {
  const found = inNamespace(namespace, () => FILES.map(([file, protocol]) => ({ protocol, text: readTable(file) })))
  const lines = found.flatMap(({ protocol, text }) => parseTable(text, protocol))
  const processes =
    lines.length === 0 ? new Map<string, string>() : socketOwners(new Set(lines.map(({ inode }) => inode)))
  return lines.map(({ inode, ...socket }) => ({ ...socket, process: processes.get(inode) ?? null }))
}

/** Of this thread's namespace: `/proc/net` would be the process's. */
function readTable(file: string): string {
  try {
    return readFileSync(`/proc/thread-self/net/${file}`, 'latin1')
  } catch {
    // A kernel without IPv6.
    return ''
  }
}

interface Line extends Omit<Socket, 'process'> {
  readonly inode: string
}

/** `sl local remote st tx:rx tr:when retrnsmt uid timeout inode`. */
export function parseTable(text: string, protocol: 'TCP' | 'UDP'): readonly Line[] {
  return text
    .split('\n')
    .slice(1)
    .flatMap((line) => {
      const [, local = '', , state, queues = '', , , , , inode = ''] = line.trim().split(/\s+/)
      const [address = '', port = ''] = local.split(':')
      if (state !== LISTENS[protocol] || port === '') return []
      const queue = protocol === 'TCP' ? Number.parseInt(queues.split(':')[1] ?? '0', 16) : 0
      return [{ protocol, address: readAddress(address), port: Number.parseInt(port, 16), queue, inode }]
    })
}

/** Words of 32 bits in the byte order of the machine: both that Portolan runs on are little-endian. */
function readAddress(hex: string): string {
  const words = hex.match(/.{8}/g) ?? []
  const bytes = words.flatMap((word) => (word.match(/../g) ?? []).toReversed())
  return formatIP({ family: words.length === 1 ? 4 : 6, value: BigInt(`0x${bytes.join('') || '0'}`) })
}

/** `node (pid 455)` by socket. Stand-ins share a process, which is called by what it is. */
function socketOwners(inodes: ReadonlySet<string>): ReadonlyMap<string, string> {
  const owners = new Map<string, string>()
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    if (owners.size === inodes.size) break
    for (const fd of list(`/proc/${pid}/fd`)) {
      const [, inode] = /^socket:\[(\d+)\]$/.exec(link(`/proc/${pid}/fd/${fd}`)) ?? []
      if (inode !== undefined && inodes.has(inode)) owners.set(inode, nameOf(pid))
    }
  }
  return owners
}

function nameOf(pid: string): string {
  const command = read(`/proc/${pid}/cmdline`)
  if (command.includes('stand-in/main')) return 'the stand-in'
  return `${read(`/proc/${pid}/comm`).trim()} (pid ${pid})`
}

// A process may end while it is looked at.
const list = (path: string): readonly string[] => quiet(() => readdirSync(path)) ?? []
const link = (path: string): string => quiet(() => readlinkSync(path)) ?? ''
const read = (path: string): string => quiet(() => readFileSync(path, 'utf8')) ?? ''

function quiet<T>(action: () => T): T | undefined {
  try {
    return action()
  } catch {
    return undefined
  }
}
