/** A client of a network's API server, as cheap as it can be: what is measured is the server. */
import { readFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { Agent, request, type RequestOptions } from 'node:https'

export interface ApiClient {
  /** The status code, when the answer has come to its end. */
  call(method: string, path: string, body?: unknown, contentType?: string): Promise<number>
  /** The chunks of an answer that goes on; `end` cuts it off. */
  watch(path: string, chunk: (bytes: Buffer) => void): Promise<{ end(): void }>
  close(): void
}

interface Kubeconfig {
  readonly clusters: readonly {
    readonly cluster: { readonly server: string; readonly 'certificate-authority-data': string }
  }[]
  readonly users: readonly { readonly user: { readonly token: string } }[]
}

/** With so many connections, which stay open. */
export function apiClient(kubeconfig: string, connections: number): ApiClient {
  const { clusters, users } = JSON.parse(readFileSync(kubeconfig, 'utf8')) as Kubeconfig
  const [cluster, user] = [clusters[0]?.cluster, users[0]?.user]
  if (cluster === undefined || user === undefined) throw new Error(`${kubeconfig} has no cluster`)
  const { hostname, port } = new URL(cluster.server)
  const common = {
    host: hostname,
    port,
    ca: Buffer.from(cluster['certificate-authority-data'], 'base64'),
    headers: { authorization: `Bearer ${user.token}` },
  }
  const agent = new Agent({ keepAlive: true, maxSockets: connections })
  return {
    async call(method, path, body, contentType = 'application/json') {
      const payload = body === undefined ? undefined : Buffer.from(JSON.stringify(body))
      const headers = {
        ...common.headers,
        ...(payload && { 'content-type': contentType, 'content-length': payload.length }),
      }
      const answer = await send({ ...common, agent, method, path, headers }, payload)
      answer.resume()
      await new Promise((resolve) => answer.once('end', resolve))
      return answer.statusCode ?? 0
    },
    async watch(path, chunk) {
      const answer = await send({ ...common, agent: false, path })
      answer.on('error', () => undefined)
      answer.on('data', chunk)
      return { end: () => void answer.destroy() }
    },
    close: () => agent.destroy(),
  }
}

function send(options: RequestOptions, payload?: Buffer): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const sent = request(options, resolve)
    sent.once('error', reject)
    sent.end(payload)
  })
}

/** Calls `work` with every index below `count`, `clients` at once. */
export async function together(clients: number, count: number, work: (index: number) => Promise<void>): Promise<void> {
  let next = 0
  const client = async (): Promise<void> => {
    while (next < count) await work(next++)
  }
  await Promise.all(Array.from({ length: clients }, client))
}
