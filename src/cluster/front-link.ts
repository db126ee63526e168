import type { UpstreamCounts } from './dns/forwarding.ts'
import type { ForwardingState } from '../explain/dns/observed.ts'
import type { ListenAddress } from '../host/listen.ts'
import type { EngineMessage, FrontMessage, ListenResult } from './protocol.ts'

type DnsStateMessage = Extract<FrontMessage, { kind: 'dns-state' }>

/** The engine's side of the IPC channel: questions with their answers, and news. */
export interface FrontLink {
  /** The engine's end of the fd channel. */
  readonly channel: number
  send(message: EngineMessage, sent?: () => void): void
  listen(addresses: readonly ListenAddress[]): Promise<readonly ListenResult[]>
  queryDns(query: Uint8Array, overTcp: boolean): Promise<Uint8Array | undefined>
  /** Of the front, which asks upstream; undefined where it asks nobody. */
  forwarding(): Promise<ForwardingState | undefined>
  /** Of the servers upstream; undefined where nobody is asked. */
  upstreamCounts(): Promise<UpstreamCounts | undefined>
  receive(message: FrontMessage): void
}

export function createFrontLink(
  send: (message: EngineMessage, handle: undefined, options: undefined, sent: () => void) => void,
  channel: number,
): FrontLink {
  const listens = new Map<number, (results: readonly ListenResult[]) => void>()
  const queries = new Map<number, (answer: Uint8Array | undefined) => void>()
  const states = new Map<number, (message: DnsStateMessage) => void>()
  let nextId = 1
  const post = (message: EngineMessage, sent: () => void = () => undefined): void =>
    send(message, undefined, undefined, sent)
  const askState = (): Promise<DnsStateMessage> => {
    const id = nextId++
    post({ kind: 'dns-state', id })
    return new Promise((resolve) => states.set(id, resolve))
  }
  return {
    channel,
    send: post,
    listen(addresses) {
      const batch = nextId++
      post({ kind: 'listen', batch, addresses })
      return new Promise((resolve) => listens.set(batch, resolve))
    },
    queryDns(query, overTcp) {
      const id = nextId++
      post({ kind: 'dns-query', id, query: Buffer.from(query).toString('base64'), overTcp })
      return new Promise((resolve) => queries.set(id, resolve))
    },
    forwarding: async () => (await askState()).state,
    upstreamCounts: async () => (await askState()).counts,
    receive(message) {
      if (message.kind === 'listening') {
        listens.get(message.batch)?.(message.results)
        listens.delete(message.batch)
      } else if (message.kind === 'dns-answer') {
        queries.get(message.id)?.(message.answer === undefined ? undefined : Buffer.from(message.answer, 'base64'))
        queries.delete(message.id)
      } else if (message.kind === 'dns-state') {
        states.get(message.id)?.(message)
        states.delete(message.id)
      }
    },
  }
}
