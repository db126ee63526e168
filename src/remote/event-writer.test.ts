import { expect, test } from 'vitest'
import { ApiError, type Message } from './api-client.ts'
import { createEventWriter } from './event-writer.ts'

const service = { apiVersion: 'v1', kind: 'Service', metadata: { namespace: 'shop', name: 'web', uid: 'u' } }

interface Fake {
  readonly sent: Message[]
  readonly problems: string[]
  readonly warn: (message: string) => void
  /** When everything told so far was tried. */
  readonly settled: () => Promise<void>
}

function fake(answer: (message: Message, index: number) => void = () => undefined, host = 'node-1'): Fake {
  const sent: Message[] = []
  const problems: string[] = []
  const client = {
    async write(message: Message) {
      sent.push(message)
      answer(message, sent.length)
      return '{}'
    },
  }
  const writer = createEventWriter({
    client,
    component: 'portolan-proxy',
    host,
    now: () => 1_700_000_000_000,
    onProblem: (message) => problems.push(message),
  })
  return {
    sent,
    problems,
    warn: (message) => writer.warn(service, 'AddressInUse', message),
    settled: () => new Promise((resolve) => setTimeout(resolve, 0)),
  }
}

const shortly = ({ method, path, body }: Message): unknown => [method, path, JSON.parse(body).count]

test('a Warning about the object, in its namespace', async () => {
  const { sent, warn, settled } = fake()
  warn('taken')
  await settled()
  expect(sent.map(shortly)).toEqual([['POST', '/api/v1/namespaces/shop/events', 1]])
  expect(JSON.parse(sent[0]?.body ?? '')).toMatchObject({
    metadata: { name: expect.stringMatching(/^web\.17979cfe36[23]/), namespace: 'shop' },
    involvedObject: { apiVersion: 'v1', kind: 'Service', namespace: 'shop', name: 'web', uid: 'u' },
    type: 'Warning',
    reason: 'AddressInUse',
    message: 'taken',
    source: { component: 'portolan-proxy', host: 'node-1' },
    firstTimestamp: '2023-11-14T22:13:20Z',
  })
})

test('nodes that say the same at the same moment write Events of their own', async () => {
  const nodes = ['node-1', 'node-2'].map((host) => fake(undefined, host))
  for (const { warn, settled } of nodes) {
    warn('taken')
    warn('taken too')
    await settled()
  }
  const names = nodes.flatMap(({ sent }) => sent.map(({ body }) => JSON.parse(body).metadata.name))
  expect(new Set(names).size).toBe(4)
})

test('said again it is counted up; forgotten by the server it is written anew', async () => {
  const { sent, warn, settled } = fake(({ method }, index) => {
    if (method === 'PATCH' && index === 3) throw new ApiError(404, 'gone')
  })
  for (let i = 0; i < 3; i++) warn('taken')
  await settled()
  const path = '/api/v1/namespaces/shop/events'
  const { name } = JSON.parse(sent[0]?.body ?? '').metadata
  expect(sent.map(shortly)).toEqual([
    ['POST', path, 1],
    ['PATCH', `${path}/${name}`, 2],
    ['PATCH', `${path}/${name}`, 3],
    ['POST', path, 1],
  ])
})

test('a server that refuses is told of once, and tried again', async () => {
  const { sent, problems, warn, settled } = fake((_, index) => {
    if (index < 3) throw new ApiError(403, '403 events is forbidden')
  })
  for (const text of ['a', 'b', 'c']) warn(text)
  await settled()
  expect([problems, sent.length]).toEqual([['403 events is forbidden'], 3])
})

test('more than a hundred do not wait', async () => {
  const { sent, warn, settled } = fake()
  for (let i = 0; i < 150; i++) warn(`message ${i}`)
  await settled()
  expect(sent).toHaveLength(100)
})

test('of more than a thousand the oldest is forgotten, and written anew', async () => {
  const { sent, warn, settled } = fake()
  for (let i = 0; i <= 1000; i++) {
    warn(`message ${i}`)
    if (i % 50 === 0) await settled()
  }
  warn('message 0')
  warn('message 1000')
  await settled()
  expect(sent.slice(1001).map(({ method }) => method)).toEqual(['POST', 'PATCH'])
})
