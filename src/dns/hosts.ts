import { parseIP, type IP } from '../lib/ip.ts'
import { isName } from './names.ts'
import { addressData, RCODE, TYPE, type AddressData, type Question, type ResourceRecord } from './records.ts'
import { addressKey, parseReverse } from './reverse.ts'
import type { Answer } from './answer.ts'

/** Names with fixed addresses, as in /etc/hosts. */
export interface Hosts {
  /** By absolute name in lower case. */
  readonly addresses: ReadonlyMap<string, readonly AddressData[]>
  /** The first name of each address, absolute, by addressKey. */
  readonly names: ReadonlyMap<string, string>
}

const TTL = 30

/** Reads lines of an address and names; from `#` on they are comments. `problems` names lines that are something else. */
export function parseHosts(text: string): Hosts & { readonly problems: readonly { line: number; text: string }[] } {
  const addresses = new Map<string, AddressData[]>()
  const names = new Map<string, string>()
  const problems: { line: number; text: string }[] = []
  for (const [index, whole] of text.split('\n').entries()) {
    const [address, ...hosts] = whole.replace(/#.*/, '').trim().split(/\s+/)
    if (address === undefined || address === '') continue
    const ip = parseIP(address)
    if (ip === undefined || hosts.length === 0 || !hosts.every(isName)) {
      problems.push({ line: index + 1, text: whole.trim() })
      continue
    }
    for (const host of hosts) addHost(addresses, absolute(host), ip)
    const key = addressKey(ip)
    if (!names.has(key)) names.set(key, absolute(hosts[0] ?? ''))
  }
  return { addresses, names, problems }
}

function absolute(name: string): string {
  return `${name.toLowerCase().replace(/\.$/, '')}.`
}

function addHost(addresses: Map<string, AddressData[]>, name: string, ip: IP): void {
  const found = addresses.get(name)
  if (found === undefined) addresses.set(name, [addressData(ip)])
  else found.push(addressData(ip))
}

/** What the file says of a question; undefined for names that are not in it. */
export function answerHosts(hosts: Hosts, { name, type }: Question): Answer | undefined {
  const key = name.toLowerCase()
  const reverse = parseReverse(key, [])
  const pointer = reverse?.complete === true && !reverse.extra ? hosts.names.get(reverse.prefix) : undefined
  const found = hosts.addresses.get(key)
  if (found === undefined && pointer === undefined) return undefined
  const records: readonly ResourceRecord[] =
    pointer === undefined
      ? (found ?? []).map((data) => ({ name, ttl: TTL, data }))
      : [{ name, ttl: TTL, data: { type: 'PTR', target: pointer } }]
  const answers = records.filter(({ data }) => data.type !== 'OTHER' && TYPE[data.type] === type)
  return { rcode: RCODE.NOERROR, answers, authority: [], additional: [], authoritative: true }
}
