import type { Protocol } from '../../../api/core.ts'
import type { ServicePortInfo } from '../../../model/resolve-services.ts'

/** `namespace/name/protocol/port name`: how a Service port is called in chains, comments and counters. */
export function servicePortLabel(info: ServicePortInfo): string {
  const { namespace, name, port } = info.name
  return `${namespace}/${name}/${protocolOf(info)}/${port}`
}

const NFT_NAMES: Readonly<Record<Protocol, string>> = { TCP: 'tcp', UDP: 'udp', SCTP: 'sctp' }

/** As nft names it. */
export function protocolOf(info: ServicePortInfo): string {
  return NFT_NAMES[info.name.protocol]
}

/** A key of the sets of frontends. */
export function frontendKey(info: ServicePortInfo, address: string): readonly string[] {
  return [address, protocolOf(info), String(info.port)]
}

export function nodePortKey(info: ServicePortInfo): readonly string[] {
  return [protocolOf(info), String(info.nodePort)]
}

/** Resources are named as the elements of their sets: the numbers of fields tell addresses, frontends and pairs apart. */
export function resourceName(key: readonly string[]): string {
  return key.join(SEPARATOR)
}

/** Whether a resource is an address and port, or a nodePort. */
export function isFrontend(resource: string): boolean {
  const fields = resource.split(SEPARATOR).length
  return fields === 2 || fields === 3
}

const SEPARATOR = ' . '
