import { request, type IncomingMessage } from 'node:http'
import { readFileSync } from 'node:fs'
import type { ApplyReport } from './objects.ts'
import type { ClientPlace } from './clients.ts'
import { networkFreed, stateDirectory, type StateDirectory } from './state-directory.ts'
import type { NetworkStatus } from './status.ts'

/** A running network, as other commands see it. Every call throws an Error with the network's own words where it refuses. */
export interface RunningNetwork {
  status(): Promise<NetworkStatus>
  apply(manifest: readonly unknown[]): Promise<ApplyReport>
  /** When every Pod is ready. */
  podsReady(): Promise<NetworkStatus>
  /** The place lives until `close` is called, or this process ends. */
  openClient(
    from: string | undefined,
  ): Promise<{ readonly place: ClientPlace; readonly enginePid: number; close(): void }>
  logFile(query: Readonly<Record<string, string>>): Promise<string>
  /** Resolves when the network has ended. */
  stop(): Promise<void>
}

/** The network of that name, or undefined where none runs. */
export async function connectNetwork(name: string): Promise<RunningNetwork | undefined> {
  const directory = stateDirectory(name)
  const network = runningNetwork(directory)
  try {
    await network.status()
    return network
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ECONNREFUSED'))
      return undefined
    throw error
  }
}

function runningNetwork(directory: StateDirectory): RunningNetwork {
  const { socket, enginePid } = directory
  const json = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const response = await send(socket, method, path, body)
    return (await readJson(response)) as T
  }
  return {
    status: () => json('GET', '/status'),
    apply: (manifest) => json('POST', '/apply', manifest),
    podsReady: () => json('GET', '/pods-ready'),
    async openClient(from) {
      const query = from === undefined ? '' : `?from=${encodeURIComponent(from)}`
      const response = await send(socket, 'POST', `/clients${query}`)
      const place = JSON.parse(await firstLine(response)) as ClientPlace
      const pid = Number(readFileSync(enginePid, 'utf8'))
      return { place, enginePid: pid, close: () => response.destroy() }
    },
    async logFile(query) {
      const { path } = await json<{ path: string }>('GET', `/logs?${new URLSearchParams(query).toString()}`)
      return path
    },
    async stop() {
      const freed = networkFreed(directory)
      const response = await send(socket, 'POST', '/stop')
      // The engine closes the connection by ending.
      response.resume()
      await new Promise<void>((resolve) => response.once('close', resolve).once('error', () => resolve()))
      await freed
    },
  }
}

function send(socketPath: string, method: string, path: string, body?: unknown): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const sent = request({ socketPath, method, path, agent: false }, (response) => {
      if ((response.statusCode ?? 500) < 400) return resolve(response)
      readJson(response).then((value) => reject(new Error((value as { message: string }).message)), reject)
    })
    sent.once('error', reject)
    sent.end(body === undefined ? undefined : JSON.stringify(body))
  })
}

async function readJson(response: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk as Buffer)
  return JSON.parse(Buffer.concat(chunks).toString('utf8'))
}

/** Leaves the connection open. */
function firstLine(response: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    response.setEncoding('utf8')
    response.once('error', reject)
    response.on('data', (chunk: string) => {
      text += chunk
      if (text.includes('\n')) resolve(text)
    })
  })
}
