/** For tests: an API server of one kind whose answers are given one by one, on loopback. */
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** One request, which waits for its answer. */
export interface ScriptedRequest {
  readonly url: URL
  readonly isWatch: boolean
  readonly accept: string
  list(names: readonly object[], resourceVersion: string, next?: string): void
  /** The head of a watch, and the first lines of it. */
  stream(...events: readonly object[]): void
  raw(text: string): void
  end(): void
  /** Without a word. */
  cut(): void
  fail(code: number, message: string, headers?: Readonly<Record<string, string>>): void
}

export interface ScriptedServer {
  readonly address: string
  next(): Promise<ScriptedRequest>
  close(): Promise<void>
}

export async function scriptedServer(): Promise<ScriptedServer> {
  const queue: ScriptedRequest[] = []
  let wake: (() => void) | undefined
  const server = createServer((request, response) => {
    queue.push(scripted(new URL(request.url ?? '/', 'http://localhost'), request.headers.accept ?? '', response))
    wake?.()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    address: `http://127.0.0.1:${port}`,
    async next() {
      while (queue.length === 0) await new Promise<void>((resolve) => (wake = resolve))
      const request = queue.shift()
      if (request === undefined) throw new Error('the queue was emptied by somebody else')
      return request
    },
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function scripted(url: URL, accept: string, response: ServerResponse): ScriptedRequest {
  const lines = (events: readonly object[]): string => events.map((event) => `${JSON.stringify(event)}\n`).join('')
  return {
    url,
    accept,
    isWatch: url.searchParams.get('watch') === 'true',
    list(items, resourceVersion, next) {
      response.end(JSON.stringify({ items, metadata: { resourceVersion, ...(next ? { continue: next } : {}) } }))
    },
    stream(...events) {
      if (!response.headersSent) response.writeHead(200).flushHeaders()
      if (events.length > 0) response.write(lines(events))
    },
    raw: (text) => void response.write(text),
    end: () => void response.end(),
    cut: () => void response.socket?.resetAndDestroy(),
    fail: (code, message, headers = {}) => void response.writeHead(code, headers).end(JSON.stringify({ message })),
  }
}
