import { readFileSync } from 'node:fs'
import { FLAG, type Message, queryMessage } from '../../../src/dns/message.ts'
import { readMessage } from '../../../src/dns/read-message.ts'
import { formatRecord, RCODE, type ResourceRecord } from '../../../src/dns/records.ts'
import { writeMessage } from '../../../src/dns/write-message.ts'

type Section = 'answer' | 'authority' | 'additional'

/** One line of cases.jsonl; README.md says what the fields mean. */
export interface Case {
  readonly id: string
  readonly config: string
  readonly row: string
  readonly name: string
  readonly type: string
  readonly class?: string
  readonly transport?: 'udp' | 'tcp'
  readonly opcode?: string
  readonly edns?: { readonly size?: number; readonly version?: number }
  readonly rcode: string | readonly string[]
  readonly aa?: boolean
  readonly flags?: readonly string[]
  readonly answer?: readonly string[]
  readonly authority?: readonly string[]
  readonly additional?: readonly string[]
  readonly ttl?: boolean
  readonly ordered?: boolean
  readonly exactCase?: boolean
  readonly tc?: boolean
  readonly maxSize?: number
  readonly atLeast?: number
}

const TYPES: Readonly<Record<string, number>> = {
  A: 1, NS: 2, CNAME: 5, SOA: 6, PTR: 12, HINFO: 13, MX: 15, TXT: 16, AAAA: 28, SRV: 33, HTTPS: 65, IXFR: 251, AXFR: 252,
  ANY: 255,
}
const CLASSES: Readonly<Record<string, number>> = { IN: 1, CH: 3 }
const OPCODES: Readonly<Record<string, number>> = { QUERY: 0, NOTIFY: 4, UPDATE: 5 }

/** Of `cases.jsonl`, or another file beside it. */
export function readCases(file = 'cases.jsonl'): readonly Case[] {
  const text = readFileSync(new URL(file, import.meta.url), 'utf8')
  return text.trim().split('\n').map((line) => JSON.parse(line) as Case)
}

/** The query of a case, with recursion desired. */
export function queryOf(c: Case, id: number): Uint8Array {
  const { name, type, edns } = c
  const question = { name, type: TYPES[type] ?? 0, class: CLASSES[c.class ?? 'IN'] ?? 0 }
  return writeMessage({
    ...queryMessage(id, question),
    opcode: OPCODES[c.opcode ?? 'QUERY'] ?? 0,
    ...(edns === undefined ? {} : { edns: { size: edns.size ?? 1232, version: edns.version ?? 0, dnssecOk: false } }),
  })
}

export function isTruncated(bytes: Uint8Array): boolean {
  return (((bytes[2] ?? 0) << 8) & FLAG.TC) !== 0
}

/** Owner, TTL, class, type and each word of the data. */
function words(line: string, c: Case): readonly string[] {
  const [owner = '', ttl = '', ...rest] = line.split(' ')
  return [owner, c.ttl === true ? ttl : '*', ...rest].map((word) => word.toLowerCase())
}

function matches(want: string, got: string, c: Case): boolean {
  const wanted = words(want, c)
  const present = words(got, c)
  return wanted.length === present.length && wanted.every((word, i) => word === '*' || word === present[i])
}

function compareSection(c: Case, section: Section, records: readonly ResourceRecord[]): readonly string[] {
  const want = c[section]
  if (want === undefined) return []
  const got = records.map(formatRecord)
  const extra = got.filter((line) => !want.some((wanted) => matches(wanted, line, c)))
  const missing = want.filter((wanted) => !got.some((line) => matches(wanted, line, c)))
  const problems = extra.map((line) => `${section}: unexpected ${line}`)
  if (c.tc === true) {
    if (section === 'answer' && got.length < (c.atLeast ?? 1)) problems.push(`answer: only ${got.length} records`)
    return problems
  }
  problems.push(...missing.map((line) => `${section}: missing ${line}`))
  if (got.length !== want.length) problems.push(`${section}: ${got.length} records, not ${want.length}`)
  if (section !== 'answer') return problems
  const inOrder = want.every((line, i) => matches(line, got[i] ?? '', c))
  if (c.ordered === true && !inOrder) problems.push(`answer: in another order: ${got.join(', ')}`)
  const otherCase = records.filter(({ name }) => name !== c.name)
  if (c.exactCase === true) problems.push(...otherCase.map(({ name }) => `answer: ${name} has another letter case`))
  return problems
}

function rcodeName(rcode: number): string {
  return Object.entries(RCODE).find(([, code]) => code === rcode)?.[0] ?? String(rcode)
}

/** In the order and with the names of dig. */
function flagsOf(message: Message): string {
  const { authoritative, truncated, recursionDesired, recursionAvailable, authenticData, checkingDisabled } = message
  const flags = Object.entries({
    aa: authoritative,
    tc: truncated,
    rd: recursionDesired,
    ra: recursionAvailable,
    ad: authenticData,
    cd: checkingDisabled,
  })
  return flags.flatMap(([name, set]) => (set ? [name] : [])).join(' ')
}

function compareHeader(c: Case, message: Message, size: number): readonly string[] {
  const rcode = rcodeName(message.rcode)
  const [question] = message.questions
  const wanted = [c.rcode].flat()
  const problems: string[] = []
  if (!message.response) problems.push('QR is not set')
  if (!wanted.includes(rcode)) problems.push(`rcode ${rcode}, not ${wanted.join(' or ')}`)
  if (c.aa !== undefined && message.authoritative !== c.aa) problems.push(`AA is ${message.authoritative}`)
  const flags = flagsOf(message)
  if (c.flags !== undefined && flags !== c.flags.join(' ')) problems.push(`flags ${flags}, not ${c.flags.join(' ')}`)
  if (c.tc === true && !message.truncated) problems.push('TC is not set')
  if (size > (c.maxSize ?? size)) problems.push(`${size} bytes, more than ${c.maxSize}`)
  if (message.edns !== undefined && c.edns === undefined) problems.push('an OPT record that was not asked for')
  const mayOmit = ['FORMERR', 'NOTIMP'].includes(rcode)
  if (question === undefined ? !mayOmit : question.name !== c.name) problems.push('the question is not returned')
  return problems
}

/** What is wrong with an answer; empty where it is as required. */
export function compare(c: Case, bytes: Uint8Array | undefined): readonly string[] {
  const message = bytes && readMessage(bytes)
  if (bytes === undefined || message === undefined) return [bytes === undefined ? 'no answer' : 'a broken answer']
  return [
    ...compareHeader(c, message, bytes.length),
    ...compareSection(c, 'answer', message.answers),
    ...compareSection(c, 'authority', message.authority),
    ...compareSection(c, 'additional', message.additional),
  ]
}

/** The upstream that the cases expect. */
export function upstreamAnswer(query: Uint8Array): Uint8Array | undefined {
  const message = readMessage(query)
  const [question] = message?.questions ?? []
  if (message === undefined || question === undefined) return undefined
  const name = question.name.toLowerCase()
  const known = name === 'db.example.test.'
  const fails = name === 'servfail.test.' || name.endsWith('.servfail.test.')
  const address: ResourceRecord = {
    name: question.name,
    ttl: 60,
    data: { type: 'A', address: Uint8Array.of(192, 0, 2, 4) },
  }
  return writeMessage({
    ...message,
    response: true,
    recursionAvailable: true,
    rcode: fails ? RCODE.SERVFAIL : known ? RCODE.NOERROR : RCODE.NXDOMAIN,
    answers: known && question.type === 1 ? [address] : [],
  })
}
