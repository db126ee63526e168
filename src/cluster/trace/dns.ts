import { readFileSync } from 'node:fs'
import { addressOf, CLASS_IN, RCODE, TYPE } from '../../dns/records.ts'
import { queryMessage } from '../../dns/message.ts'
import { readMessage } from '../../dns/read-message.ts'
import { writeMessage } from '../../dns/write-message.ts'
import type { Query } from '../../explain/trace/observation.ts'
import type { NetworkNamespace } from '../../host/namespaces.ts'
import { formatIP } from '../../lib/ip.ts'
import { connectAll } from './connect.ts'

const DNS_PORT = 53
const PATIENCE = { connect: 50, answer: 250 } as const
const NAMES: ReadonlyMap<number, string> = new Map(Object.entries(RCODE).map(([name, code]) => [code, name]))

/** The server that a place's resolv.conf names first. */
export function nameServer(resolvConf: string): string | undefined {
  const [, server] = /^nameserver\s+(\S+)/m.exec(readFileSync(resolvConf, 'utf8')) ?? []
  return server
}

/** Asks for A, and for AAAA where there is none, one name after the other until one has an address: as a resolver does. */
export async function resolveNames(
  namespace: NetworkNamespace,
  server: string,
  names: readonly string[],
): Promise<readonly Query[]> {
  const queries: Query[] = []
  for (const name of names) {
    const first = await ask(namespace, server, name, 'A')
    const isOfOtherType = first.result === 'NOERROR' && first.addresses.length === 0
    const query = isOfOtherType ? await ask(namespace, server, name, 'AAAA') : first
    queries.push(...(isOfOtherType ? [first] : []), query)
    if (query.addresses.length > 0 || query.result === 'timeout' || query.result === 'SERVFAIL') break
  }
  return queries
}

async function ask(namespace: NetworkNamespace, server: string, name: string, type: Query['type']): Promise<Query> {
  const start = performance.now()
  const question = { name: `${name}.`, type: TYPE[type], class: CLASS_IN }
  const send = writeMessage(queryMessage(1 + Math.floor(Math.random() * 65_534), question))
  const [answer] = await connectAll(namespace, [{ address: server, port: DNS_PORT }], {
    protocol: 'UDP',
    send,
    patience: PATIENCE,
  })
  const milliseconds = Math.round((performance.now() - start) * 10) / 10
  if (answer === undefined || answer.bytes === '') {
    return { name, type, result: answer?.errno ?? 'timeout', addresses: [], milliseconds }
  }
  const message = readMessage(Buffer.from(answer.bytes, 'latin1'))
  if (typeof message !== 'object') return { name, type, result: 'unreadable', addresses: [], milliseconds }
  const addresses = message.answers.flatMap(({ data }) =>
    data.type === 'A' || data.type === 'AAAA' ? formatIP(addressOf(data)) : [],
  )
  return { name, type, result: NAMES.get(message.rcode) ?? `rcode ${message.rcode}`, addresses, milliseconds }
}
