import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { get, type Snapshot } from '../../model/snapshot.ts'
import { logPath } from '../../kubelet/log-files.ts'
import { render } from '../../nft/render.ts'
import type { Table } from '../../nft/ruleset.ts'
import type { NodeTraffic } from '../../proxy/traffic.ts'
import type { ForwardingState } from '../../explain/dns/observed.ts'
import type { Observation, ProbeRequest } from '../../explain/trace/observation.ts'
import { endMarkedProcesses } from '../../host/marked-processes.ts'
import type { QueryFeed } from '../dns/query-feed.ts'
import { RUN_MARK } from '../protocol.ts'
import type { Clients } from '../pods/clients.ts'
import type { ApplyReport } from '../objects.ts'
import { parseQueryWish, queryFilter, streamQueries } from './dns-queries.ts'
import type { NetworkStatus } from './status.ts'

/** What other commands ask of a running network, over HTTP on a UNIX socket that only its user can open. */
export interface ControlServerOptions {
  readonly path: string
  readonly snapshot: () => Snapshot
  readonly status: () => NetworkStatus
  readonly apply: (manifest: readonly unknown[]) => Promise<ApplyReport>
  readonly podsReady: () => Promise<void>
  /** The path of the kubeconfig, once the API server answers. */
  readonly kubeconfig: () => Promise<string>
  readonly logDirectory: string
  readonly clients: Clients
  /** The nftables tables of a node, or of the balancer, one of each IP family; none where there is no such place. */
  readonly tables: (place: string) => readonly Table[]
  /** What the nodes have passed on. */
  readonly traffic: () => readonly NodeTraffic[]
  readonly names: NetworkNames
  /** Looks at one connection. */
  readonly trace: (request: ProbeRequest) => Promise<Observation>
  /** Of the servers upstream; undefined where nobody is asked. */
  readonly forwarding: () => Promise<ForwardingState | undefined>
  /** Asks the servers upstream. */
  readonly askUpstream: (query: Uint8Array) => Promise<Uint8Array | undefined>
  readonly followQueries: QueryFeed['follow']
  readonly stop: () => void
}

type Handler = (request: IncomingMessage, response: ServerResponse, url: URL) => Promise<void> | void

export function startControlServer(options: ControlServerOptions): Promise<void> {
  /** Marks of the programs of `portolan run`. */
  const running = new Set<string>()
  const handlers: Readonly<Record<string, Handler>> = {
    'GET /status': (_request, response) => answer(response, options.status()),
    'POST /apply': async (request, response) => answer(response, await options.apply(await readJson(request))),
    'GET /pods-ready': async (_request, response) => {
      await options.podsReady()
      answer(response, options.status())
    },
    'POST /clients': (_request, response, url) => openClient(options.clients, running, response, url),
    'POST /clients/ended': (_request, response, url) => {
      running.delete(url.searchParams.get('mark') ?? '')
      answer(response, {})
    },
    'GET /logs': (_request, response, url) => answer(response, logFile(options, url)),
    'GET /kubeconfig': async (_request, response) => answer(response, { path: await options.kubeconfig() }),
    'GET /nft': (_request, response, url) => answer(response, rulesOf(options, url)),
    'GET /traffic': (_request, response) => answer(response, options.traffic()),
    'GET /snapshot': (_request, response) => answer(response, objectsOf(options)),
    'POST /trace': async (request, response) => answer(response, await options.trace(await readProbe(request))),
    'GET /dns/forwarding': async (_request, response) =>
      answer(response, (await options.forwarding()) ?? { looping: false, upstreams: [] }),
    'POST /dns/upstream': async (request, response) => answer(response, await askUpstream(options, request)),
    'GET /dns/queries': (_request, response, url) =>
      streamQueries(options.followQueries, queryFilter(parseQueryWish(url), options.snapshot()), response),
    'POST /stop': (_request, response) => {
      response.writeHead(202).flushHeaders()
      options.stop()
    },
  }
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://portolan')
    const handler = handlers[`${request.method} ${url.pathname}`]
    if (handler === undefined) return answer(response, { message: `no such path: ${url.pathname}` }, 404)
    Promise.resolve()
      .then(() => handler(request, response, url))
      .catch((error: unknown) => {
        answer(response, { message: error instanceof Error ? error.message : String(error) }, 400)
      })
  })
  server.requestTimeout = 0
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.path, resolve)
  })
}

function answer(response: ServerResponse, value: unknown, code = 200): void {
  response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(value))
}

/** Everything that is, for those who explain it. */
function objectsOf({ snapshot, names }: ControlServerOptions): NetworkSnapshot {
  const objects = Object.values(snapshot().objects).flatMap((map) => [...map].map(([, object]) => object))
  return { ...names, objects }
}

/** What cluster DNS goes by, besides the objects. */
export interface NetworkNames {
  readonly clusterDomain: string
  /** Ranges of the network's addresses: reverse names in them are its own. */
  readonly ranges: readonly string[]
  /** Whether it walks the search path for Pods. */
  readonly searchPath: boolean
}

export interface NetworkSnapshot extends NetworkNames {
  readonly objects: readonly unknown[]
}

/** What was said, in base64, and how many milliseconds it took. */
export interface UpstreamAnswer {
  readonly answer?: string
  readonly milliseconds: number
}

async function askUpstream(options: ControlServerOptions, request: IncomingMessage): Promise<UpstreamAnswer> {
  const query = await readBody(request)
  if (typeof query !== 'string') throw new Error('the body must be a query in base64')
  const begun = performance.now()
  const said = await options.askUpstream(Buffer.from(query, 'base64'))
  return {
    milliseconds: performance.now() - begun,
    ...(said === undefined ? {} : { answer: Buffer.from(said).toString('base64') }),
  }
}

async function readProbe(request: IncomingMessage): Promise<ProbeRequest> {
  const value = await readBody(request)
  if (typeof value !== 'object' || value === null || !('from' in value)) throw new Error('the body must be a probe')
  return value as ProbeRequest
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return JSON.parse(Buffer.concat(chunks).toString('utf8'))
}

async function readJson(request: IncomingMessage): Promise<readonly unknown[]> {
  const value = await readBody(request)
  if (!Array.isArray(value)) throw new Error('the body must be a list of objects')
  return value
}

/**
 * The place lives as long as the connection: the program's end, however it came, gives it back. Where the connection ends
 * and nobody has said that the program did, whoever started it was killed: what carries its mark ends too.
 */
function openClient(clients: Clients, running: Set<string>, response: ServerResponse, url: URL): void {
  const client = clients.open(url.searchParams.get('from') ?? undefined)
  const mark = url.searchParams.get('mark') ?? ''
  running.add(mark)
  response.on('close', () => {
    if (running.delete(mark) && /^[\w-]{36}$/.test(mark)) endMarkedProcesses(`${RUN_MARK}=${mark}`)
    client.close()
  })
  response.writeHead(200, { 'content-type': 'application/json' }).write(`${JSON.stringify(client.place)}\n`)
}

function rulesOf({ tables }: ControlServerOptions, url: URL): { readonly text: string } {
  const place = url.searchParams.get('place') ?? ''
  const found = tables(place)
  if (found.length === 0) throw new Error(`there is no node ${JSON.stringify(place)}`)
  return { text: render(found) }
}

function logFile({ snapshot, logDirectory }: ControlServerOptions, url: URL): { readonly path: string } {
  const [namespace, name] = [url.searchParams.get('namespace') ?? 'default', url.searchParams.get('pod') ?? '']
  const pod = get(snapshot(), 'Pod', `${namespace}/${name}`)
  if (pod === undefined) throw new Error(`there is no Pod ${JSON.stringify(name)} in namespace ${namespace}`)
  const names = [...(pod.spec.initContainers ?? []), ...pod.spec.containers].map((container) => container.name)
  const wanted = url.searchParams.get('container') ?? pod.spec.containers[0]?.name ?? ''
  if (!names.includes(wanted)) {
    throw new Error(
      `Pod ${JSON.stringify(name)} has no container ${JSON.stringify(wanted)}: it has ${names.join(', ')}`,
    )
  }
  const statuses = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])]
  const restarts = statuses.find((status) => status.name === wanted)?.restartCount ?? 0
  const previous = url.searchParams.has('previous') ? 1 : 0
  if (restarts < previous) throw new Error(`container ${JSON.stringify(wanted)} has not been restarted`)
  return { path: logPath(logDirectory, pod, wanted, restarts - previous) }
}
