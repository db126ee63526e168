/** What selectors give for a packet, as text of the fields of a key. */
import { cidrContains, parseCIDR, parseIP } from '../lib/ip.ts'
import { dataTypes, paddedBytes } from './data-type.ts'
import { typeOf } from './encode-expression.ts'
import { singleOf } from './blocks.ts'
import { bitsOf } from './flags.ts'
import { isPrefix } from './interval-bounds.ts'
import { jhash, scale } from './jhash.ts'
import { MessageWriter } from './message-writer.ts'
import type { Packet } from './packet.ts'
import type { NftSet, Selector, Statement } from './ruleset.ts'
import type { Element } from './ruleset.ts'
import { protocolNumber, writeValue } from './value.ts'

type Numgen = Selector & { readonly kind: 'numgen' }

/** What a selector needs besides the packet. */
export interface Surroundings {
  readonly isLocal: (address: string) => boolean
  /** 0 .. modulus - 1. */
  readonly number: (numgen: Numgen) => number
}

/** Undefined where the packet has no such field: the rule does not match. */
export function evaluateSelector(selector: Selector, packet: Packet, around: Surroundings): string | undefined {
  switch (selector.kind) {
    case 'payload':
      return payload(selector.field, packet)
    case 'meta':
      return meta(selector.key, packet)
    case 'ct':
      return conntrack(selector.key, packet)
    case 'fib':
      return addressType(packet[selector.address], around)
    case 'numgen':
      return `${around.number(selector) + selector.offset}`
    default:
      return hashOf(selector, packet, around)
  }
}

/** All fields of a key, or undefined where one is missing. */
export function evaluateKey(
  key: readonly Selector[],
  packet: Packet,
  around: Surroundings,
): readonly string[] | undefined {
  const fields = key.map((selector) => evaluateSelector(selector, packet, around))
  return fields.every((field) => field !== undefined) ? fields : undefined
}

type Key<K extends Selector['kind'], F extends string> =
  Extract<Selector, { readonly kind: K }> extends infer S
    ? S extends { readonly [P in F]: infer V }
      ? V
      : never
    : never

function payload(field: Key<'payload', 'field'>, packet: Packet): string | undefined {
  const [header, name] = field.split(' ')
  if (header === 'th') return numberText(name === 'sport' ? packet.sport : packet.dport)
  if ((header === 'ip') !== (packet.family === 4)) return undefined
  return name === 'saddr' ? packet.saddr : packet.daddr
}

function numberText(value: number | undefined): string | undefined {
  return value === undefined ? undefined : `${value}`
}

function meta(key: Key<'meta', 'key'>, packet: Packet): string {
  if (key === 'mark' || key === 'priority') return `${packet[key] ?? 0}`
  return packet[key] ?? ''
}

function conntrack(key: Key<'ct', 'key'>, packet: Packet): string | undefined {
  if (key === 'state') return packet.ct.state
  if (key === 'status') return packet.ct.status.join(',')
  if (key === 'direction') return packet.ct.direction ?? 'original'
  if (key.startsWith('reply')) return replySource(key, packet)
  const original = packet.ct.original ?? packet
  if (key === 'original proto-dst') return numberText(original.dport)
  if (key.startsWith('original ip6') !== (packet.family === 6)) return undefined
  return key.endsWith('saddr') ? original.saddr : original.daddr
}

/** Where answers come from: at the flow's first packet, the address that it has now. */
function replySource(key: Key<'ct', 'key'>, packet: Packet): string | undefined {
  const { saddr, sport } = packet.ct.reply ?? { saddr: packet.daddr, sport: packet.dport }
  if (key === 'reply proto-src') return numberText(sport)
  return key.startsWith('reply ip6') === (packet.family === 6) ? saddr : undefined
}

const multicast = ['224.0.0.0/4', 'ff00::/8'].map(parseCIDR)

function addressType(address: string, around: Surroundings): string {
  if (around.isLocal(address)) return 'local'
  const ip = parseIP(address)
  return ip && multicast.some((cidr) => cidr && cidrContains(cidr, ip)) ? 'multicast' : 'unicast'
}

function hashOf(hash: Selector & { readonly kind: 'jhash' }, packet: Packet, around: Surroundings): string | undefined {
  const fields = evaluateKey(hash.of, packet, around)
  if (fields === undefined) return undefined
  const writer = new MessageWriter(64)
  for (const [i, selector] of hash.of.entries()) {
    const type = typeOf(selector)
    if (type === 'bits' || type === 'address type' || type === 'direction')
      throw new RangeError(`a hash of ${selector.kind} is not supported`)
    writeValue(writer, type, fields[i] ?? '')
    if (hash.of.length > 1) writer.zeros(paddedBytes(dataTypes[type].bytes) - dataTypes[type].bytes)
  }
  return `${scale(jhash(writer.bytes, hash.seed), hash.modulus) + hash.offset}`
}

/** Whether a match holds for what its left side gave. */
export function compare({ left, op, right }: Statement & { readonly kind: 'match' }, value: string): boolean {
  return same(left, value, right) === (op === '==')
}

function same(left: Selector, value: string, right: string): boolean {
  const type = typeOf(left)
  if (type === 'bits') return (value === '' ? 0 : bitsOf(left, value) & bitsOf(left, right)) !== 0
  if (type === 'address type' || type === 'direction') return value === right
  if (type === 'ifname') {
    const name = right.replaceAll('"', '')
    return name.endsWith('*') ? value.startsWith(name.slice(0, -1)) : value === name
  }
  if (type === 'inet_proto') return protocolNumber(value) === protocolNumber(right)
  if (type === 'ipv4_addr' || type === 'ipv6_addr') return contains(right, value)
  return Number(value) === Number(right)
}

/** The element of a set that a key is in. */
export function findElement(set: NftSet, key: readonly string[]): Element | undefined {
  if (set.block !== undefined) return findInBlock(set, set.block, key)
  const exact = set.elements.get(key.join(' . '))
  if (exact !== undefined || !set.interval) return exact
  return [...set.elements.values()].find((element) => element.key.every((field, i) => contains(field, key[i] ?? '')))
}

function findInBlock(set: NftSet, block: number, key: readonly string[]): Element | undefined {
  const found = set.elements.get(key.slice(0, -1).join(' . '))
  const place = Number(key.at(-1))
  return found !== undefined && place < block ? singleOf(set, found, place) : undefined
}

function contains(field: string, value: string): boolean {
  if (!isPrefix(field)) return field === value
  const [cidr, ip] = [parseCIDR(field), parseIP(value)]
  return cidr !== undefined && ip !== undefined && cidrContains(cidr, ip)
}
