import { createServer } from 'node:net'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { listenerPid } from './unix-peer.ts'

test('who listens is said, and that nobody does', async () => {
  const name = `portolan-test-${process.pid}`
  expect(listenerPid(name)).toBeUndefined()
  const server = createServer().listen(`\0${name}`)
  await once(server, 'listening')
  expect(listenerPid(name)).toBe(process.pid)
  server.close()
  await once(server, 'close')
  expect(listenerPid(name)).toBeUndefined()
})
