import type { IncomingMessage } from 'node:http'

/** Until the connection ends, however that is. */
export function eachLine(response: IncomingMessage, show: (line: string) => void): Promise<void> {
  let rest = ''
  response.setEncoding('utf8')
  response.on('data', (chunk: string) => {
    const lines = `${rest}${chunk}`.split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) show(line)
  })
  // A network that is gone has not ended its answer: that is an error, and no other end than that.
  response.on('error', () => undefined)
  return new Promise((resolve) => response.once('close', resolve))
}
