/** IP addresses and CIDRs as values. Text is read strictly (no leading zeros, no IPv4-mapped IPv6), as Kubernetes 1.36 does. */

export interface IP {
  readonly family: 4 | 6
  readonly value: bigint
}

export interface CIDR {
  readonly family: 4 | 6
  /** The lowest address: host bits are zero. */
  readonly base: bigint
  readonly prefixLength: number
}

/** By hand: tens of thousands are read when a large cluster's endpoints come in. */
export function parseIPv4(text: string): number | undefined {
  let [value, part, digits, dots] = [0, 0, 0, 0]
  for (let i = 0; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 48
    if (digit >= 0 && digit <= 9) {
      if (digits > 0 && part === 0) return undefined
      part = part * 10 + digit
      digits++
      if (part > 255) return undefined
    } else if (digit === -2 && digits > 0) {
      value = value * 256 + part
      part = digits = 0
      dots++
    } else {
      return undefined
    }
  }
  return dots === 3 && digits > 0 ? value * 256 + part : undefined
}

export function formatIPv4(value: number): string {
  return [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255].join('.')
}

function parseIPv6(text: string): bigint | undefined {
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const groups = halves.map((half) => (half === '' ? [] : half.split(':')))
  const last = groups.at(-1)?.at(-1)
  if (last?.includes('.')) {
    const v4 = parseIPv4(last)
    if (v4 === undefined) return undefined
    groups.at(-1)?.splice(-1, 1, (v4 >>> 16).toString(16), (v4 & 0xffff).toString(16))
  }
  const [head = [], tail = []] = groups
  const missing = 8 - head.length - tail.length
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined
  const all = [...head, ...Array.from({ length: missing }, () => '0'), ...tail]
  if (!all.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) return undefined
  return all.reduce((value, group) => (value << 16n) | BigInt(Number.parseInt(group, 16)), 0n)
}

export function parseIP(text: string): IP | undefined {
  if (!text.includes(':')) {
    const v4 = parseIPv4(text)
    return v4 === undefined ? undefined : { family: 4, value: BigInt(v4) }
  }
  const v6 = parseIPv6(text)
  return v6 === undefined || v6 >> 32n === 0xffffn ? undefined : { family: 6, value: v6 }
}

/** Canonical text: RFC 5952 for IPv6. */
export function formatIP(ip: IP): string {
  if (ip.family === 4) return formatIPv4(Number(ip.value))
  const groups = Array.from({ length: 8 }, (_, i) => Number((ip.value >> BigInt(112 - 16 * i)) & 0xffffn).toString(16))
  const runs = [...groups.join(':').matchAll(/\b0(?::0)+\b/g)]
  const longest = runs.reduce<RegExpMatchArray | undefined>(
    (best, run) => (run[0].length > (best?.[0].length ?? 0) ? run : best),
    undefined,
  )
  if (longest === undefined) return groups.join(':')
  const text = groups.join(':')
  const start = longest.index ?? 0
  return `${text.slice(0, start).replace(/:$/, '')}::${text.slice(start + longest[0].length).replace(/^:/, '')}`
}

/** `10.0.0.0/8`; undefined where it is not a CIDR. Host bits are dropped. */
export function parseCIDR(text: string): CIDR | undefined {
  const [address = '', length = '', ...rest] = text.split('/')
  const ip = parseIP(address)
  if (ip === undefined || rest.length > 0 || !/^(0|[1-9]\d{0,2})$/.test(length)) return undefined
  const bits = ip.family === 4 ? 32 : 128
  const prefixLength = Number(length)
  if (prefixLength > bits) return undefined
  const shift = BigInt(bits - prefixLength)
  return { family: ip.family, base: (ip.value >> shift) << shift, prefixLength }
}

export function formatCIDR(cidr: CIDR): string {
  return `${formatIP({ family: cidr.family, value: cidr.base })}/${cidr.prefixLength}`
}

/** How many addresses, the lowest and highest included. */
export function cidrSize(cidr: CIDR): bigint {
  return 1n << BigInt((cidr.family === 4 ? 32 : 128) - cidr.prefixLength)
}

/** The address at `index`, counted from the lowest. */
export function cidrAddress(cidr: CIDR, index: bigint | number): IP {
  return { family: cidr.family, value: cidr.base + BigInt(index) }
}

export function cidrContains(cidr: CIDR, ip: IP): boolean {
  return cidr.family === ip.family && ip.value >= cidr.base && ip.value < cidr.base + cidrSize(cidr)
}

/** As URLs have it: an IPv6 address stands in brackets. */
export function hostAndPort(address: string, port: number | string): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
}
