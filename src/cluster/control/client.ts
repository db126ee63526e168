import { request, type IncomingMessage } from 'node:http'
import { readFileSync } from 'node:fs'
import type { ForwardingState } from '../../explain/dns/observed.ts'
import type { Observation, ProbeRequest } from '../../explain/trace/observation.ts'
import type { NodeTraffic } from '../../proxy/traffic.ts'
import type { ApplyReport } from '../objects.ts'
import type { ClientPlace } from '../pods/clients.ts'
import type { QueryLine, QueryWish } from './dns-queries.ts'
import { eachLine } from './lines.ts'
import type { NetworkSnapshot, UpstreamAnswer } from './server.ts'
import { networkFreed, networkHeld, stateDirectory, type StateDirectory } from '../state/state-directory.ts'
import type { NetworkStatus } from './status.ts'

/** A running network, as other commands see it. Every call throws an Error with the network's own words where it refuses. */
export interface RunningNetwork {
  status(): Promise<NetworkStatus>
  apply(manifest: readonly unknown[]): Promise<ApplyReport>
  /** When every Pod is ready; rejects where the signal comes first. */
  podsReady(signal: AbortSignal): Promise<NetworkStatus>
  /** The place lives until `close` is called, or this process ends. */
  /** `mark`: a UUID that the program carries in its environment as RUN_MARK, so that it can be found. */
  openClient(
    from: string | undefined,
    mark: string,
  ): Promise<{ readonly place: ClientPlace; readonly enginePid: number; close(): Promise<void> }>
  /** The nftables rules of a node, or of `balancer`, as nft text. */
  rules(place: string): Promise<string>
  /** What the nodes have passed on. */
  traffic(): Promise<readonly NodeTraffic[]>
  logFile(query: Readonly<Record<string, string>>): Promise<string>
  /** The path of the kubeconfig. */
  kubeconfig(): Promise<string>
  /** Everything that the API holds. */
  snapshot(): Promise<NetworkSnapshot>
  /** Looks at one connection: see `ProbeRequest`. */
  trace(request: ProbeRequest): Promise<Observation>
  /** Who is asked for other names than the cluster's, and how they are. */
  forwarding(): Promise<ForwardingState>
  /** Asks the servers upstream: what came back, and how many milliseconds it took. */
  askUpstream(query: Uint8Array): Promise<{ readonly answer: Uint8Array | undefined; readonly milliseconds: number }>
  /** Hands over the questions to cluster DNS as they come, until the signal comes or the network has ended; `begun` once it listens. */
  followQueries(wish: QueryWish, show: (line: QueryLine) => void, begun: () => void, signal: AbortSignal): Promise<void>
  /** Resolves when the network has ended. */
  stop(): Promise<void>
}

/** The network refuses, in its own words. */
export class NetworkRefusal extends Error {}

/** The network does not answer any more, or not yet. */
export class NetworkGone extends Error {}

/** The network of that name, or undefined where none runs. */
export async function connectNetwork(name: string): Promise<RunningNetwork | undefined> {
  const network = runningNetwork(stateDirectory(name))
  try {
    await network.status()
    return network
  } catch (error) {
    if (error instanceof NetworkGone) return undefined
    throw error
  }
}

const PATIENCE = 10_000
const POLL = 50

/**
 * The same, but where a front is about to start or to stop the network this waits: for the network, or for the front's
 * end. Throws NetworkGone after ten seconds.
 */
export async function awaitNetwork(name: string): Promise<RunningNetwork | undefined> {
  const end = performance.now() + PATIENCE
  while (performance.now() < end) {
    const network = await connectNetwork(name)
    if (network !== undefined || !(await networkHeld(stateDirectory(name)))) return network
    await new Promise((resolve) => setTimeout(resolve, POLL))
  }
  throw new NetworkGone(`network ${JSON.stringify(name)} is starting or stopping, and takes long: try again`)
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
    traffic: () => json('GET', '/traffic'),
    snapshot: () => json('GET', '/snapshot'),
    trace: (request) => json('POST', '/trace', request),
    forwarding: () => json('GET', '/dns/forwarding'),
    async askUpstream(query) {
      const body = Buffer.from(query).toString('base64')
      const { answer, milliseconds } = await json<UpstreamAnswer>('POST', '/dns/upstream', body)
      return { answer: answer === undefined ? undefined : Buffer.from(answer, 'base64'), milliseconds }
    },
    podsReady: async (signal) =>
      (await readJson(await send(socket, 'GET', '/pods-ready', undefined, signal))) as NetworkStatus,
    async openClient(from, mark) {
      const query = new URLSearchParams({ mark, ...(from !== undefined && { from }) }).toString()
      const response = await send(socket, 'POST', `/clients?${query}`)
      const place = JSON.parse(await firstLine(response)) as ClientPlace
      const pid = Number(readFileSync(enginePid, 'utf8'))
      const close = async (): Promise<void> => {
        // Where the network is gone, so is all that ran in it.
        await json('POST', `/clients/ended?mark=${mark}`).catch(() => undefined)
        response.destroy()
      }
      return { place, enginePid: pid, close }
    },
    async rules(place) {
      const { text } = await json<{ text: string }>('GET', `/nft?place=${encodeURIComponent(place)}`)
      return text
    },
    async kubeconfig() {
      return (await json<{ path: string }>('GET', '/kubeconfig')).path
    },
    async logFile(query) {
      const { path } = await json<{ path: string }>('GET', `/logs?${new URLSearchParams(query).toString()}`)
      return path
    },
    async followQueries({ from, names }, show, begun, signal) {
      const query = new URLSearchParams(names.map((name): [string, string] => ['name', name]))
      if (from !== undefined) query.set('from', from)
      const response = await send(socket, 'GET', `/dns/queries?${query.toString()}`, undefined, signal)
      begun()
      await eachLine(response, (line) => show(JSON.parse(line) as QueryLine))
    },
    async stop() {
      const freed = networkFreed(directory)
      await send(socket, 'POST', '/stop').then(ended, (error: unknown) => {
        // Somebody else has ended it.
        if (!(error instanceof NetworkGone)) throw error
      })
      await freed
    },
  }
}

/** The engine closes the connection by ending. */
function ended(response: IncomingMessage): Promise<void> {
  response.resume()
  return new Promise((resolve) => response.once('close', resolve).once('error', () => resolve()))
}

const GONE: ReadonlySet<unknown> = new Set(['ENOENT', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE'])

function send(
  socketPath: string,
  method: string,
  path: string,
  body?: unknown,
  signal?: AbortSignal,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const sent = request({ socketPath, method, path, agent: false, signal }, (response) => {
      if ((response.statusCode ?? 500) < 400) return resolve(response)
      readJson(response).then((value) => reject(new NetworkRefusal((value as { message: string }).message)), reject)
    })
    sent.once('error', (error: NodeJS.ErrnoException) =>
      reject(GONE.has(error.code) ? new NetworkGone(`the network has ended (${error.code})`) : error),
    )
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
