import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { eachLine } from './lines.ts'

test.for<readonly [string, (response: ServerResponse) => void]>([
  ['ended', (response) => response.end()],
  ['cut off', (response) => response.destroy()],
])('an answer that is %s is over, and its whole lines were shown', async ([, end]) => {
  let cut = (): void => undefined
  const server = createServer((_, response) => {
    cut = () => end(response)
    response.write('one\ntw')
    response.write('o\nhalf')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  try {
    const response = await new Promise<IncomingMessage>((resolve, reject) =>
      request({ host: '127.0.0.1', port, agent: false }, resolve).once('error', reject).end(),
    )
    const lines: string[] = []
    const over = eachLine(response, (line) => {
      lines.push(line)
      if (line === 'two') cut()
    })
    expect(await over).toBeUndefined()
    expect(lines).toEqual(['one', 'two'])
  } finally {
    server.close()
  }
})
