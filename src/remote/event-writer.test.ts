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

function fake(answer: (message: Message, index: number) => void = () => undefined): Fake {
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
    host: 'node-1',
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
    metadata: { name: 'web.17979cfe362a0000', namespace: 'shop' },
    involvedObject: { apiVersion: 'v1', kind: 'Service', namespace: 'shop', name: 'web', uid: 'u' },
    type: 'Warning',
    reason: 'AddressInUse',
    message: 'taken',
    source: { component: 'portolan-proxy', host: 'node-1' },
    firstTimestamp: '2023-11-14T22:13:20Z',
  })
})

test('said again it is counted up; forgotten by the server it is written anew', async () => {
  const { sent, warn, settled } = fake(({ method }, index) => {
    if (method === 'PATCH' && index === 3) throw new ApiError(404, 'gone')
  })
  for (let i = 0; i < 3; i++) warn('taken')
  await settled()
  const path = '/api/v1/namespaces/shop/events'
  expect(sent.map(shortly)).toEqual([
    ['POST', path, 1],
    ['PATCH', `${path}/web.17979cfe362a0000`, 2],
    ['PATCH', `${path}/web.17979cfe362a0000`, 3],
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
