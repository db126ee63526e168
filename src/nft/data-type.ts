/** What the kernel and nft 1.0.6 need to know of each type of a set's field. */
import type { DataType } from './ruleset.ts'

interface DataTypeInfo {
  /** nft's number of the type. It is kept in the set for printing; the kernel does not read it. */
  readonly id: number
  readonly bytes: number
  /** nft's word on the order of bytes of a lone field: 0 does not matter, 1 host, 2 network. */
  readonly byteOrder: 0 | 1 | 2
  /** An expression of this type, for `typeof`. */
  readonly example: string
  /** The same expression as nft keeps it in the user data of a set: its number, then its attributes. */
  readonly typeof: {
    readonly expression: number
    readonly attributes: readonly (readonly [type: number, value: number])[]
  }
}

const payload = 7
const meta = 9
const numgen = 23

export const dataTypes: Readonly<Record<DataType, DataTypeInfo>> = {
  ipv4_addr: {
    id: 7,
    bytes: 4,
    byteOrder: 2,
    example: 'ip daddr',
    typeof: {
      expression: payload,
      attributes: [
        [0, 12],
        [1, 12],
      ],
    },
  },
  ipv6_addr: {
    id: 8,
    bytes: 16,
    byteOrder: 2,
    example: 'ip6 daddr',
    typeof: {
      expression: payload,
      attributes: [
        [0, 13],
        [1, 9],
      ],
    },
  },
  inet_proto: {
    id: 12,
    bytes: 1,
    byteOrder: 0,
    example: 'meta l4proto',
    typeof: { expression: meta, attributes: [[0, 16]] },
  },
  inet_service: {
    id: 13,
    bytes: 2,
    byteOrder: 2,
    example: 'th dport',
    typeof: {
      expression: payload,
      attributes: [
        [0, 11],
        [1, 2],
      ],
    },
  },
  mark: { id: 19, bytes: 4, byteOrder: 1, example: 'meta mark', typeof: { expression: meta, attributes: [[0, 3]] } },
  classid: {
    id: 23,
    bytes: 4,
    byteOrder: 1,
    example: 'meta priority',
    typeof: { expression: meta, attributes: [[0, 2]] },
  },
  integer: {
    id: 4,
    bytes: 4,
    byteOrder: 1,
    example: 'numgen inc mod 2',
    typeof: {
      expression: numgen,
      attributes: [
        [0, 0],
        [1, 2],
        [2, 0],
      ],
    },
  },
  ifname: {
    id: 41,
    bytes: 16,
    byteOrder: 1,
    example: 'meta iifname',
    typeof: { expression: meta, attributes: [[0, 6]] },
  },
}

/** Bytes of a field inside a concatenation: whole 32-bit registers. */
export function paddedBytes(bytes: number): number {
  return (bytes + 3) & ~3
}

/** Length of a key or of data in bytes: a lone field is not padded. */
export function fieldBytes(types: readonly DataType[]): number {
  const [first, ...rest] = types
  if (first !== undefined && rest.length === 0) return dataTypes[first].bytes
  return types.reduce((sum, type) => sum + paddedBytes(dataTypes[type].bytes), 0)
}

/** nft's number of a concatenation: six bits a field. */
export function typeId(types: readonly DataType[]): number {
  return types.reduce((id, type) => id * 64 + dataTypes[type].id, 0)
}
