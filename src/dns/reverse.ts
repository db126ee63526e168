import { cidrContains, type CIDR, type IP } from '../lib/ip.ts'
import { labelsOf } from './names.ts'

/** A name below `in-addr.arpa` or `ip6.arpa`. */
export interface ReverseRequest {
  readonly shape: 'reverse'
  /** As addressKey gives it; shorter where the name has too few labels for a whole address. */
  readonly prefix: string
  readonly complete: boolean
  /** Labels in front that are no part of an address. */
  readonly extra: boolean
  /** How many labels the zone of our own has that holds the name; undefined where the name is not ours. */
  readonly zoneLabels: number | undefined
}

interface Tree {
  readonly family: 4 | 6
  readonly labels: number
  /** Bits and hexadecimal digits that one label stands for. */
  readonly bits: number
  readonly digits: number
  readonly label: RegExp
}

const IPV4: Tree = { family: 4, labels: 4, bits: 8, digits: 2, label: /^(0|[1-9]\d?|1\d\d|2[0-4]\d|25[0-5])$/ }
const IPV6: Tree = { family: 6, labels: 32, bits: 4, digits: 1, label: /^[0-9a-f]$/ }

/** `4:0a600001`, `6:fd00...`: text such that a shorter prefix of the address is a prefix of the text. */
export function addressKey(ip: IP): string {
  return `${ip.family}:${ip.value.toString(16).padStart(ip.family === 4 ? 8 : 32, '0')}`
}

function treeOf(name: string): Tree | undefined {
  if (name.endsWith('.in-addr.arpa.')) return IPV4
  return name.endsWith('.ip6.arpa.') ? IPV6 : undefined
}

/** Zones end between labels: 10.96.0.0/12 is sixteen zones of two labels. */
function zoneSize(cidr: CIDR, tree: Tree): number {
  return Math.max(1, Math.ceil(cidr.prefixLength / tree.bits))
}

function ownZone(digits: string, tree: Tree, cidrs: readonly CIDR[]): number | undefined {
  const length = digits.length / tree.digits
  const whole = BigInt(`0x${digits.padEnd(tree.labels * tree.digits, '0')}`)
  const ip: IP = { family: tree.family, value: whole }
  return cidrs
    .map((cidr) => (cidrContains(cidr, ip) && length >= zoneSize(cidr, tree) ? zoneSize(cidr, tree) : undefined))
    .find((size) => size !== undefined)
}

/** What a name of the reverse trees asks for, or undefined where it is elsewhere. `name` in lower case. */
export function parseReverse(name: string, cidrs: readonly CIDR[]): ReverseRequest | undefined {
  const tree = treeOf(name)
  if (tree === undefined) return undefined
  const labels = labelsOf(name).toReversed().slice(2)
  const wrong = labels.findIndex((label) => !tree.label.test(label))
  const used = Math.min(wrong < 0 ? labels.length : wrong, tree.labels)
  const digits = labels
    .slice(0, used)
    .map((label) => (tree === IPV4 ? Number(label).toString(16).padStart(2, '0') : label))
    .join('')
  const size = used === 0 ? undefined : ownZone(digits, tree, cidrs)
  return {
    shape: 'reverse',
    prefix: `${tree.family}:${digits}`,
    complete: used === tree.labels,
    extra: labels.length > used,
    zoneLabels: size === undefined ? undefined : size + 2,
  }
}
