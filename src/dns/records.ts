import { formatIP, type IP } from '../lib/ip.ts'

/** Record types of RFC 1035, 2782 and 3596 that Portolan reads and writes. All others are opaque bytes. */
export const TYPE = { A: 1, NS: 2, CNAME: 5, SOA: 6, PTR: 12, MX: 15, TXT: 16, AAAA: 28, SRV: 33 } as const
/** Types that stand in questions only, and OPT. */
export const QTYPE = { OPT: 41, IXFR: 251, AXFR: 252, ANY: 255 } as const
export const CLASS_IN = 1
export const RCODE = {
  NOERROR: 0,
  FORMERR: 1,
  SERVFAIL: 2,
  NXDOMAIN: 3,
  NOTIMP: 4,
  REFUSED: 5,
  /** RFC 6891: the upper bits travel in the OPT record. */
  BADVERS: 16,
} as const

/**
 * Names are text: absolute, with a dot at the end, in the letter case in which they came. A byte of a label that is not
 * printable, and a dot or a backslash inside a label, is `\DDD`: so a dot always ends a label.
 */
export type Name = string

export interface Question {
  readonly name: Name
  readonly type: number
  readonly class: number
}

/** Four bytes or sixteen, in network order. */
export interface AddressData {
  readonly type: 'A' | 'AAAA'
  readonly address: Uint8Array
}

export interface SRVData {
  readonly type: 'SRV'
  readonly priority: number
  readonly weight: number
  readonly port: number
  readonly target: Name
}

export interface SOAData {
  readonly type: 'SOA'
  readonly mname: Name
  readonly rname: Name
  /** serial, refresh, retry, expire, minimum */
  readonly numbers: readonly [number, number, number, number, number]
}

export type RecordData =
  | AddressData
  | SRVData
  | SOAData
  | { readonly type: 'CNAME' | 'NS' | 'PTR'; readonly target: Name }
  | { readonly type: 'MX'; readonly preference: number; readonly target: Name }
  /** One character a byte, at most 255 in each string. */
  | { readonly type: 'TXT'; readonly strings: readonly string[] }
  | { readonly type: 'OTHER'; readonly code: number; readonly bytes: Uint8Array }

/** A record of class IN. `ttl` in seconds. */
export interface ResourceRecord {
  readonly name: Name
  readonly ttl: number
  readonly data: RecordData
}

export function addressData(ip: IP): AddressData {
  const length = ip.family === 4 ? 4 : 16
  const address = new Uint8Array(length)
  let rest = ip.value
  for (let i = length - 1; i >= 0; i--) {
    address[i] = Number(rest & 0xffn)
    rest >>= 8n
  }
  return { type: ip.family === 4 ? 'A' : 'AAAA', address }
}

export function addressOf(data: AddressData): IP {
  return {
    family: data.type === 'A' ? 4 : 6,
    value: data.address.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n),
  }
}

export function typeCode(data: RecordData): number {
  return data.type === 'OTHER' ? data.code : TYPE[data.type]
}

function formatData(data: RecordData): string {
  switch (data.type) {
    case 'A':
    case 'AAAA':
      return formatIP(addressOf(data))
    case 'CNAME':
    case 'NS':
    case 'PTR':
      return data.target
    case 'SRV':
      return `${data.priority} ${data.weight} ${data.port} ${data.target}`
    case 'MX':
      return `${data.preference} ${data.target}`
    case 'SOA':
      return `${data.mname} ${data.rname} ${data.numbers.join(' ')}`
    case 'TXT':
      return data.strings.map((text) => JSON.stringify(text)).join(' ')
    case 'OTHER':
      break
  }
  return `\\# ${data.bytes.length} ${[...data.bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`
}

/** The record as a line of a zone file: `web.shop.svc.cluster.local. 5 IN A 10.96.0.11`; unknown types as RFC 3597 writes them. */
export function formatRecord(record: ResourceRecord): string {
  const type = record.data.type === 'OTHER' ? `TYPE${record.data.code}` : record.data.type
  return `${record.name} ${record.ttl} IN ${type} ${formatData(record.data)}`.trimEnd()
}
