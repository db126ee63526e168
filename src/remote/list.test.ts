import { expect, test } from 'vitest'
import { createApiClient } from './api-client.ts'
import { listAll } from './list.ts'
import { scriptedServer } from './scripted-server.ts'

test('items come without what says who wrote which field', async () => {
  const server = await scriptedServer()
  try {
    const client = createApiClient(() => ({ server: server.address, insecure: false }))
    const listed = listAll(client, { path: '/api/v1/services' }, new AbortController().signal)
    const history = { 'kubectl.kubernetes.io/last-applied-configuration': '{}' }
    const request = await server.next()
    request.list(
      [
        { metadata: { name: 'a', managedFields: [{}], annotations: { ...history, kept: 'yes' } }, spec: { port: 1 } },
        { metadata: { name: 'b', annotations: { kept: 'yes' } } },
        {},
      ],
      '7',
    )
    expect(await listed).toEqual({
      items: [
        { metadata: { name: 'a', annotations: { kept: 'yes' } }, spec: { port: 1 } },
        { metadata: { name: 'b', annotations: { kept: 'yes' } } },
        {},
      ],
      resourceVersion: '7',
    })
    client.close()
  } finally {
    await server.close()
  }
})
