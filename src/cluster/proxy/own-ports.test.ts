import { createServer, type AddressInfo, type Server } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openPorts, type OwnPort } from './own-ports.ts'

let holder: Server
let port: OwnPort
beforeEach(async () => {
  holder = createServer()
  await new Promise<void>((done) => holder.listen(0, '127.0.0.1', done))
  const address = { host: '127.0.0.1', port: (holder.address() as AddressInfo).port }
  port = { address, option: '--metrics-bind-address', listener: (_request, response) => void response.end('here') }
})
afterEach(() => void holder.close())

const release = (): Promise<void> => new Promise((done) => holder.close(() => done()))
const where = (): string => `${port.address.host}:${port.address.port}`
const asked = (): Promise<string> =>
  fetch(`http://${where()}/`, { headers: { connection: 'close' } }).then(
    (response) => response.text(),
    () => 'nobody',
  )

test('a port that is taken is tried again, and that is said once', async () => {
  const said: string[] = []
  const open = await openPorts([port], { hardFail: false, onMessage: (message) => said.push(message), retry: 1 })
  const taken = `--metrics-bind-address: listen EADDRINUSE: address already in use ${where()}: it is tried again every 0.001 s`
  expect(said).toEqual([taken])
  await release()
  await expect.poll(asked).toBe('here')
  expect(said).toEqual([taken, `${where()} is open now`])
  open.close()
  await expect.poll(asked).toBe('nobody')
})

test('where it must not fail, nothing is left open', async () => {
  const free = { ...port, address: { ...port.address, host: '127.0.0.2' } }
  await expect(openPorts([free, port], { hardFail: true, onMessage: () => undefined })).rejects.toThrow(
    `--metrics-bind-address: listen EADDRINUSE: address already in use ${where()}: name another one, or "none"`,
  )
  await expect.poll(() => fetch(`http://127.0.0.2:${port.address.port}/`).catch(() => 'nobody')).toBe('nobody')
})
