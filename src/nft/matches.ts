/** Whether what the kernel holds is what it was told: it adds handles, counters and its defaults, which are zero. */
import { attribute, type Attribute, attributesOf, bytesText, textOf } from './attribute.ts'

/** `ignored`: types at the outermost level that the kernel gives values of its own. */
export function matches(
  wanted: readonly Attribute[],
  found: readonly Attribute[],
  ignored: readonly number[],
): boolean {
  const types = new Set([...wanted, ...found].map(({ type }) => type))
  return [...types].every((type) => {
    if (ignored.includes(type)) return true
    const [told, held] = [wanted, found].map((all) => all.filter((one) => one.type === type))
    return sameAttributes(told ?? [], held ?? [])
  })
}

function sameAttributes(told: readonly Attribute[], held: readonly Attribute[]): boolean {
  if (told.length === 0 || held.length === 0) return [...told, ...held].every(({ value }) => isZero(value))
  return told.length === held.length && told.every((one, i) => sameValue(one, held[i]))
}

function sameValue({ isNested, value }: Attribute, held: Attribute | undefined): boolean {
  if (held === undefined) return false
  if (!isNested) return bytesText(value) === bytesText(held.value)
  return sameInside(attributesOf(value), attributesOf(held.value))
}

/** What is inside an attribute: that of an instruction is its name and its data. */
function sameInside(told: readonly Attribute[], held: readonly Attribute[]): boolean {
  const name = textOf(attribute(told, 1))
  const registers = REGISTERS[name]
  if (registers === undefined) return matches(told, held, [])
  if (textOf(attribute(held, 1)) !== name) return false
  const [wanted, found] = [dataOf(told), dataOf(held)]
  if (!registers.every((type) => registerOf(wanted, type) === registerOf(found, type))) return false
  return matches(wanted, found, [
    ...registers,
    ...(name === 'counter' ? counts : name === 'nat' ? natEnds(wanted, found) : []),
  ])
}

/** Packets and bytes. */
const counts = [1, 2]

/** The kernel writes an address and a port as ranges from one to itself, and flags that they are there. */
function natEnds(wanted: readonly Attribute[], found: readonly Attribute[]): readonly number[] {
  const isEnd = ([first, end]: readonly [number, number]): boolean =>
    registerOf(found, first) === registerOf(found, end)
  const given = (type: number, bit: number): number => (numberOf(wanted, type) === undefined ? 0 : bit)
  const flags = (numberOf(wanted, NAT.flags) ?? 0) | given(NAT.address, 1) | given(NAT.port, 2)
  const ranges = [[NAT.address, NAT.lastAddress] as const, [NAT.port, NAT.lastPort] as const]
  return ranges.every(isEnd) && (numberOf(found, NAT.flags) ?? 0) === flags
    ? [NAT.lastAddress, NAT.lastPort, NAT.flags]
    : []
}

const NAT = { address: 3, lastAddress: 4, port: 5, lastPort: 6, flags: 7 } as const

function dataOf(instruction: readonly Attribute[]): readonly Attribute[] {
  const data = attribute(instruction, 2)
  return data === undefined ? [] : attributesOf(data)
}

/** Attributes of each instruction that name a register. */
const REGISTERS: Readonly<Record<string, readonly number[]>> = {
  bitwise: [1, 2],
  cmp: [1],
  counter: [],
  ct: [1, 4],
  dynset: [4, 5],
  fib: [1],
  hash: [1, 2],
  immediate: [1],
  lookup: [2, 3],
  masq: [2, 3],
  meta: [1, 3],
  nat: [NAT.address, NAT.port],
  numgen: [1],
  payload: [1, 5],
  reject: [],
}

function numberOf(data: readonly Attribute[], type: number): number | undefined {
  return attribute(data, type)?.getUint32(0)
}

/** Registers have two numbers each: 8 is 1, 12 is 2. */
function registerOf(data: readonly Attribute[], type: number): number | undefined {
  const number = numberOf(data, type)
  return number !== undefined && number >= 8 && number % 4 === 0 ? number / 4 - 1 : number
}

function isZero(value: DataView): boolean {
  for (let i = 0; i < value.byteLength; i++) if (value.getUint8(i) !== 0) return false
  return true
}
