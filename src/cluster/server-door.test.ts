import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { createServer as createSecureServer, request } from 'node:https'
import { expect, onTestFinished, test } from 'vitest'
import { makeAuthority, makeCertificates } from '../apiserver/http/certificates.ts'
import { openServerDoor } from './server-door.ts'

const HOST = '127.0.0.1'

async function freePort(): Promise<number> {
  const server = createServer().listen(0, HOST)
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address !== null ? address.port : 0
}

test('who comes before the server waits for it; who comes later does not', async () => {
  const port = await freePort()
  const door = await openServerDoor(HOST, port)
  const authority = makeAuthority(Date.now())
  const { certificate: cert, key } = makeCertificates(authority, [HOST], Date.now())
  const ask = (): Promise<string> =>
    new Promise((resolve, reject) => {
      const options = { host: HOST, port, ca: authority.certificate, agent: false }
      request(options, (answer) => answer.setEncoding('utf8').on('data', resolve))
        .on('error', reject)
        .end()
    })
  const early = ask()
  // The door saw it: another connection that came after it is open.
  await once(connect(port, HOST).unref(), 'connect')
  const server = createSecureServer({ cert, key }, (_request, answer) => answer.end('hello'))
  onTestFinished(() => {
    door.close()
    server.closeAllConnections()
  })
  door.leadTo(server)
  expect([await early, await ask()]).toEqual(['hello', 'hello'])
})

test('where there will be no server, nobody waits', async () => {
  const port = await freePort()
  const door = await openServerDoor(HOST, port)
  const socket = connect(port, HOST)
  await once(socket, 'connect')
  const ended = once(socket.resume(), 'close')
  await new Promise((resolve) => setImmediate(resolve))
  door.close()
  await ended
})
