import { describe, expect, test } from 'vitest'
import { parseHosts } from '../../dns/hosts.ts'
import { queryMessage, type Message } from '../../dns/message.ts'
import { readMessage } from '../../dns/read-message.ts'
import { addressData, CLASS_IN, formatRecord, TYPE } from '../../dns/records.ts'
import { writeMessage } from '../../dns/write-message.ts'
import { parseIP } from '../../lib/ip.ts'
import { createForwarder, type Forwarder, type ForwarderOptions } from './forwarder.ts'

function query(name: string, id = 1, type: number = TYPE.A): Uint8Array {
  return writeMessage(queryMessage(id, { name, type, class: CLASS_IN }))
}

/** Answers every name with one address, and keeps the names. */
function server(
  address: string,
  ttl = 60,
): { readonly asked: string[]; readonly query: ForwarderOptions['upstream']['query'] } {
  const asked: string[] = []
  const ip = parseIP(address)
  return {
    asked,
    async query(bytes) {
      const message = readMessage(bytes)
      const [question] = message?.questions ?? []
      if (message === undefined || question === undefined || ip === undefined) return undefined
      asked.push(question.name)
      return writeMessage({
        ...message,
        response: true,
        answers: [{ name: question.name, ttl, data: addressData(ip) }],
      })
    },
  }
}

const onError = (error: unknown): never => {
  throw error
}

async function ask(forwarder: Forwarder, bytes: Uint8Array): Promise<readonly string[] | undefined> {
  const answer = await forwarder.query(bytes, false)
  const message: Message | undefined = answer && readMessage(answer)
  return message?.answers.map(formatRecord)
}

test('an answer is asked for once', async () => {
  const upstream = server('192.0.2.1')
  const forwarder = createForwarder({ upstream, onError })
  const wanted = ['a.test. 60 IN A 192.0.2.1']
  const both = await Promise.all([ask(forwarder, query('a.test.', 1)), ask(forwarder, query('a.test.', 2))])
  expect([...both, await ask(forwarder, query('a.test.', 3))]).toEqual([wanted, wanted, wanted])
  expect([upstream.asked, forwarder.counts]).toEqual([
    ['a.test.'],
    { hits: { success: 1, denial: 0 }, misses: 2, prefetches: 0 },
  ])
  const answers = await Promise.all([5, 6].map((id) => forwarder.query(query('b.test.', id), false)))
  expect(answers.map((bytes) => bytes && readMessage(bytes)?.id)).toEqual([5, 6])
})

test('an answer of no time is asked for each time', async () => {
  const upstream = server('192.0.2.1', 0)
  const forwarder = createForwarder({ upstream, onError })
  await ask(forwarder, query('a.test.'))
  await ask(forwarder, query('a.test.'))
  expect(upstream.asked).toHaveLength(2)
})

test('stub domains: the longest that fits, whole labels', async () => {
  const [upstream, corp, deep] = [server('192.0.2.1'), server('192.0.2.2'), server('192.0.2.3')]
  const stubs = [
    { domain: 'corp.test.', upstream: corp },
    { domain: 'deep.corp.test.', upstream: deep },
  ]
  const forwarder = createForwarder({ upstream, stubs, onError })
  for (const name of ['a.Corp.test.', 'corp.test.', 'a.deep.corp.test.', 'xcorp.test.'])
    await ask(forwarder, query(name))
  expect([upstream.asked, corp.asked, deep.asked]).toEqual([
    ['xcorp.test.'],
    ['a.Corp.test.', 'corp.test.'],
    ['a.deep.corp.test.'],
  ])
})

test('names with fixed addresses are never asked for', async () => {
  const upstream = server('192.0.2.1')
  const forwarder = createForwarder({ upstream, hosts: () => parseHosts('192.0.2.9 db.test'), onError })
  expect(await ask(forwarder, query('db.test.'))).toEqual(['db.test. 30 IN A 192.0.2.9'])
  expect(await ask(forwarder, query('db.test.', 1, TYPE.AAAA))).toEqual([])
  expect(upstream.asked).toEqual([])
  // Nobody has checked a signature, whatever the client asks for.
  const asking = query('db.test.')
  asking[3] = 0x20
  const reply = readMessage((await forwarder.query(asking, false)) ?? new Uint8Array())
  expect(reply).toMatchObject({ authoritative: true, authenticData: false })
})

describe('loops', () => {
  test('where the upstream leads back, it is told once, and nothing goes round', async () => {
    let loops = 0
    let rounds = 0
    const upstream: ForwarderOptions['upstream'] = {
      query(bytes, overTcp) {
        rounds++
        return forwarder.query(bytes, overTcp)
      },
    }
    const forwarder: Forwarder = createForwarder({ upstream, onLoop: () => loops++, onError })
    await forwarder.probeLoop()
    expect([loops, rounds]).toEqual([1, 1])
    expect([await ask(forwarder, query('a.test.')), loops, rounds]).toEqual([undefined, 1, 1])
    expect(forwarder.looping()).toBe(true)
  })

  test('it is looked for with the first question, where that is wanted', async () => {
    const upstream = server('192.0.2.1')
    const forwarder = createForwarder({ upstream, probesLoop: true, onError })
    await ask(forwarder, query('a.test.'))
    await ask(forwarder, query('b.test.'))
    expect(upstream.asked.map((name) => name.replace(/^\w+\.portolan/, 'X.portolan')).toSorted()).toEqual([
      'X.portolan-loop.invalid.',
      'a.test.',
      'b.test.',
    ])
    expect(forwarder.looping()).toBe(false)
  })

  test('another upstream is none', async () => {
    const upstream = server('192.0.2.1')
    const forwarder = createForwarder({ upstream, onLoop: () => expect.unreachable(), onError })
    await forwarder.probeLoop()
    expect(await ask(forwarder, query('a.test.'))).toHaveLength(1)
  })
})
