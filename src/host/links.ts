import { parseCIDR, parseIP, type IP } from '../lib/ip.ts'
import { libc } from './libc.ts'
import type { NetworkNamespace } from './namespaces.ts'
import { createNetlinkWriter, type NetlinkWriter } from './netlink-writer.ts'
import { openNetlink, type NetlinkSocket } from './netlink.ts'

/** What can be done to the links, addresses and routes of one namespace. Indexes are chosen by the caller. */
export type LinkOperation =
  | {
      readonly kind: 'add-veth'
      readonly name: string
      readonly index: number
      readonly mac: string
      readonly bridge?: number
      readonly peer: {
        readonly name: string
        readonly index: number
        readonly mac: string
        readonly namespace: NetworkNamespace
      }
    }
  | { readonly kind: 'add-bridge'; readonly name: string; readonly index: number; readonly mac: string }
  | { readonly kind: 'set-up'; readonly index: number }
  /** A `host` scope address is answered but never chosen as a source. */
  | {
      readonly kind: 'add-address'
      readonly index: number
      readonly address: string
      readonly prefixLength: number
      readonly scope?: 'host'
    }
  | {
      readonly kind: 'add-route'
      readonly to: string
      readonly index?: number
      readonly via?: string
      readonly type?: 'unreachable'
    }
  | { readonly kind: 'delete-route'; readonly to: string; readonly index: number }
  | { readonly kind: 'add-neighbour'; readonly index: number; readonly address: string; readonly mac: string }

const NLM_F_REQUEST = 1
const NLM_F_CREATE_EXCL = 0x600
const NLM_F_CREATE_REPLACE = 0x500
const [RTM_NEWLINK, RTM_NEWADDR, RTM_NEWROUTE, RTM_DELROUTE, RTM_NEWNEIGH] = [16, 20, 24, 25, 28]
const [IFLA_ADDRESS, IFLA_IFNAME, IFLA_MASTER, IFLA_LINKINFO, IFLA_NET_NS_FD] = [1, 3, 10, 18, 28]
const [IFLA_INFO_KIND, IFLA_INFO_DATA, VETH_INFO_PEER] = [1, 2, 1]
const [IFA_ADDRESS, IFA_LOCAL] = [1, 2]
const [RTA_DST, RTA_OIF, RTA_GATEWAY, RTNH_F_ONLINK] = [1, 4, 5, 4]
const [RTN_UNICAST, RTN_UNREACHABLE] = [1, 7]
const [SCOPE_UNIVERSE, SCOPE_LINK, SCOPE_HOST] = [0, 253, 254]
const [NDA_DST, NDA_LLADDR, NUD_PERMANENT] = [1, 2, 128]
const IFF_UP = 1
/** No search for somebody who has the address already: nobody could. It would be of no use for a second. */
const IFA_F_NODAD = 2
const AF = { 4: 2, 6: 10 } as const

export interface LinkSocket {
  /** Does all of them in order. Throws an Error that shows the first one that failed as an `ip` command. */
  apply(operations: readonly LinkOperation[]): void
  close(): void
}

export function openLinkSocket(namespace?: NetworkNamespace): LinkSocket {
  const socket = openNetlink('route', namespace)
  return { apply: (operations) => applyLinks(socket, operations), close: () => socket.close() }
}

function applyLinks(socket: NetlinkSocket, operations: readonly LinkOperation[]): void {
  if (operations.length === 0) return
  const writer = createNetlinkWriter()
  for (const operation of operations) write(writer, operation)
  const [failure] = socket.transact(writer.finish())
  const failed = failure && operations[failure.sequence - 1]
  if (failed !== undefined) throw new Error(`${asCommand(failed)}: ${libc().errorName(failure?.errno ?? 0)}`)
}

function write(writer: NetlinkWriter, operation: LinkOperation): void {
  switch (operation.kind) {
    case 'add-veth':
      return writeVeth(writer, operation)
    case 'add-bridge':
      return writeBridge(writer, operation)
    case 'set-up':
      return message(writer, RTM_NEWLINK, 0, () => linkHeader(writer, operation.index))
    case 'add-address':
      return writeAddress(writer, operation)
    case 'add-route':
      return writeRoute(writer, operation, RTM_NEWROUTE)
    case 'delete-route':
      return writeRoute(writer, operation, RTM_DELROUTE)
    case 'add-neighbour':
      return writeNeighbour(writer, operation)
    default:
      operation satisfies never
  }
}

function message(writer: NetlinkWriter, type: number, flags: number, body: () => void): void {
  writer.begin(type, NLM_F_REQUEST | flags)
  body()
  writer.end()
}

/** struct ifinfomsg. */
function linkHeader(writer: NetlinkWriter, index: number, flags: number = IFF_UP): void {
  writer.u32(0)
  writer.u32(index)
  writer.u32(flags)
  writer.u32(flags)
}

function writeVeth(writer: NetlinkWriter, veth: LinkOperation & { kind: 'add-veth' }): void {
  message(writer, RTM_NEWLINK, NLM_F_CREATE_EXCL, () => {
    linkHeader(writer, veth.index)
    writer.attributeText(IFLA_IFNAME, veth.name)
    writer.attributeBytes(IFLA_ADDRESS, macBytes(veth.mac))
    if (veth.bridge !== undefined) writer.attributeU32(IFLA_MASTER, veth.bridge)
    writer.attribute(IFLA_LINKINFO, () => {
      writer.attributeText(IFLA_INFO_KIND, 'veth')
      writer.attribute(IFLA_INFO_DATA, () =>
        writer.attribute(VETH_INFO_PEER, () => {
          // The peer of a veth cannot be up before both ends exist: ENOTCONN.
          linkHeader(writer, veth.peer.index, 0)
          writer.attributeText(IFLA_IFNAME, veth.peer.name)
          writer.attributeBytes(IFLA_ADDRESS, macBytes(veth.peer.mac))
          writer.attributeU32(IFLA_NET_NS_FD, veth.peer.namespace.fd)
        }),
      )
    })
  })
}

function writeBridge(writer: NetlinkWriter, bridge: LinkOperation & { kind: 'add-bridge' }): void {
  message(writer, RTM_NEWLINK, NLM_F_CREATE_EXCL, () => {
    linkHeader(writer, bridge.index)
    writer.attributeText(IFLA_IFNAME, bridge.name)
    writer.attributeBytes(IFLA_ADDRESS, macBytes(bridge.mac))
    writer.attribute(IFLA_LINKINFO, () => writer.attributeText(IFLA_INFO_KIND, 'bridge'))
  })
}

function writeAddress(writer: NetlinkWriter, operation: LinkOperation & { kind: 'add-address' }): void {
  const ip = address(operation.address)
  message(writer, RTM_NEWADDR, NLM_F_CREATE_EXCL, () => {
    writer.u8(AF[ip.family])
    writer.u8(operation.prefixLength)
    writer.u8(ip.family === 6 ? IFA_F_NODAD : 0)
    writer.u8(operation.scope === 'host' ? SCOPE_HOST : SCOPE_UNIVERSE)
    writer.u32(operation.index)
    writer.attributeBytes(IFA_LOCAL, addressBytes(ip))
    writer.attributeBytes(IFA_ADDRESS, addressBytes(ip))
  })
}

/** struct rtmsg: table main, protocol static; link scope where there is no gateway. */
function writeRoute(
  writer: NetlinkWriter,
  route: Pick<LinkOperation & { kind: 'add-route' }, 'to' | 'index' | 'via' | 'type'>,
  messageType: number,
): void {
  const to = parseCIDR(route.to)
  if (to === undefined) throw new Error(`${JSON.stringify(route.to)} is not a range`)
  message(writer, messageType, messageType === RTM_NEWROUTE ? NLM_F_CREATE_REPLACE : 0, () => {
    writer.u8(AF[to.family])
    writer.u8(to.prefixLength)
    writer.u8(0)
    writer.u8(0)
    writer.u8(254)
    writer.u8(4)
    const onLink = route.via === undefined && route.type === undefined
    writer.u8(onLink ? SCOPE_LINK : SCOPE_UNIVERSE)
    writer.u8(route.type === 'unreachable' ? RTN_UNREACHABLE : RTN_UNICAST)
    writer.u32(route.via !== undefined && route.index !== undefined ? RTNH_F_ONLINK : 0)
    if (to.prefixLength > 0) writer.attributeBytes(RTA_DST, addressBytes({ family: to.family, value: to.base }))
    if (route.index !== undefined) writer.attributeU32(RTA_OIF, route.index)
    if (route.via !== undefined) writer.attributeBytes(RTA_GATEWAY, addressBytes(address(route.via)))
  })
}

function writeNeighbour(writer: NetlinkWriter, operation: LinkOperation & { kind: 'add-neighbour' }): void {
  const ip = address(operation.address)
  message(writer, RTM_NEWNEIGH, NLM_F_CREATE_REPLACE, () => {
    writer.u8(AF[ip.family])
    writer.u8(0)
    writer.u16(0)
    writer.u32(operation.index)
    writer.u16(NUD_PERMANENT)
    writer.u16(0)
    writer.attributeBytes(NDA_DST, addressBytes(ip))
    writer.attributeBytes(NDA_LLADDR, macBytes(operation.mac))
  })
}

function address(text: string): IP {
  const ip = parseIP(text)
  if (ip === undefined) throw new Error(`${JSON.stringify(text)} is not an address`)
  return ip
}

function addressBytes(ip: IP): Uint8Array {
  const size = ip.family === 4 ? 4 : 16
  return Uint8Array.from({ length: size }, (_, i) => Number((ip.value >> BigInt(8 * (size - 1 - i))) & 255n))
}

function macBytes(mac: string): Uint8Array {
  return Uint8Array.from(mac.split(':'), (byte) => Number.parseInt(byte, 16))
}

/** The operation as the `ip` program would be told. */
export function asCommand(operation: LinkOperation): string {
  switch (operation.kind) {
    case 'add-veth': {
      const { name, index, mac, bridge, peer } = operation
      const master = bridge === undefined ? '' : ` master ${bridge}`
      const other = `${peer.name} index ${peer.index} address ${peer.mac} netns ${peer.namespace.path}`
      return `ip link add ${name} index ${index} address ${mac}${master} type veth peer ${other}`
    }
    case 'add-bridge':
      return `ip link add ${operation.name} index ${operation.index} address ${operation.mac} type bridge`
    case 'set-up':
      return `ip link set ${operation.index} up`
    case 'add-address': {
      const scope = operation.scope === undefined ? '' : ` scope ${operation.scope}`
      return `ip address add ${operation.address}/${operation.prefixLength} dev ${operation.index}${scope}`
    }
    case 'add-route': {
      const via = operation.via === undefined ? '' : ` via ${operation.via}`
      const device = operation.index === undefined ? '' : ` dev ${operation.index}`
      const type = operation.type === undefined ? '' : `${operation.type} `
      return `ip route replace ${type}${operation.to}${via}${device}`
    }
    case 'delete-route':
      return `ip route delete ${operation.to} dev ${operation.index}`
    default:
      return `ip neighbour replace ${operation.address} lladdr ${operation.mac} dev ${operation.index}`
  }
}
