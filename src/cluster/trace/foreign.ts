import { readFileSync } from 'node:fs'
import { checked, libc } from '../../host/libc.ts'
import { inNamespace, type NetworkNamespace } from '../../host/namespaces.ts'

const [AF_NETLINK, SOCK_RAW_CLOEXEC, NETLINK_NETFILTER] = [16, 3 | 0o2000000, 12]
/** NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETTABLE. */
const GET_TABLE = 0xa01
const [NLM_F_REQUEST, NLM_F_DUMP] = [1, 0x300]
const [NLMSG_ERROR, NLMSG_DONE] = [2, 3]
const NFTA_TABLE_NAME = 1
const [MESSAGE_HEADER, NETFILTER_HEADER] = [16, 4]
const FAMILIES: Readonly<Record<number, string>> = { 1: 'inet', 2: 'ip', 3: 'arp', 5: 'netdev', 7: 'bridge', 10: 'ip6' }

/** Each part of the proxy has a table of its own, whose name begins so. */
const OWN = /^ip6? portolan(-|$)/

/** Tables of a namespace that are not Portolan's, as `inet filter`; legacy iptables as `iptables filter`. */
export function foreignTables(namespace: NetworkNamespace): readonly string[] {
  const legacy = inNamespace(namespace, () => readNames('ip_tables_names').map((name) => `iptables ${name}`))
  return [...dumpTables(namespace).filter((name) => !OWN.test(name)), ...legacy]
}

function readNames(file: string): readonly string[] {
  try {
    return readFileSync(`/proc/thread-self/net/${file}`, 'utf8').split('\n').filter(Boolean)
  } catch {
    // The kernel has no legacy iptables, or it is not loaded.
    return []
  }
}

function dumpTables(namespace: NetworkNamespace): readonly string[] {
  const c = libc()
  const fd = inNamespace(namespace, () => c.socket(AF_NETLINK, SOCK_RAW_CLOEXEC, NETLINK_NETFILTER))
  checked('socket(AF_NETLINK)', fd)
  try {
    const request = new Uint8Array(MESSAGE_HEADER + NETFILTER_HEADER)
    const view = new DataView(request.buffer)
    view.setUint32(0, request.length, true)
    view.setUint16(4, GET_TABLE, true)
    view.setUint16(6, NLM_F_REQUEST | NLM_F_DUMP, true)
    checked('send(AF_NETLINK)', c.send(fd, request, request.length, 0))
    return readTables(fd)
  } finally {
    c.close(fd)
  }
}

function readTables(fd: number): readonly string[] {
  const names: string[] = []
  const buffer = new Uint8Array(1 << 16)
  for (;;) {
    const length = libc().recv(fd, buffer, buffer.length, 0)
    if (length <= 0) return names
    const view = new DataView(buffer.buffer, 0, length)
    for (let at = 0; at + MESSAGE_HEADER <= length; ) {
      const size = view.getUint32(at, true)
      const type = view.getUint16(at + 4, true)
      if (type === NLMSG_DONE || type === NLMSG_ERROR || size < MESSAGE_HEADER) return names
      names.push(tableName(view, at, size))
      at += (size + 3) & ~3
    }
  }
}

function tableName(view: DataView, start: number, size: number): string {
  const family = FAMILIES[view.getUint8(start + MESSAGE_HEADER)] ?? 'other'
  let at = start + MESSAGE_HEADER + NETFILTER_HEADER
  while (at + 4 <= start + size) {
    const length = view.getUint16(at, true)
    if (view.getUint16(at + 2, true) === NFTA_TABLE_NAME) {
      const text = Buffer.from(view.buffer, at + 4, length - 5).toString('latin1')
      return `${family} ${text}`
    }
    at += Math.max(4, (length + 3) & ~3)
  }
  return family
}
