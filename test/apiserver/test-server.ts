/** For tests: an API server on a port of its own, with a small network behind it. */
import { once } from 'node:events'
import type { RequestOptions } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { createApiClient, type ApiClient } from './api-client.ts'
import { DEFAULT_CLUSTER_CONFIG, parseClusterConfig, type ClusterConfig } from '../../src/model/cluster-config.ts'
import { createStore, type Store } from '../../src/store/store.ts'
import { createRegistry, type Registry } from '../../src/apiserver/registry.ts'
import { makeAuthority, makeCertificates, type Certificates } from '../../src/apiserver/http/certificates.ts'
import type { PodAccess } from '../../src/apiserver/http/context.ts'
import { createEventRecorder } from '../../src/apiserver/http/events/recorder.ts'
import { createApiServer } from '../../src/apiserver/http/server.ts'
import { createAuthenticator } from '../../src/apiserver/http/tokens/authenticate.ts'
import { makeJwtKey } from '../../src/apiserver/http/tokens/jwt.ts'
import { createServiceAccountTokens } from '../../src/apiserver/http/tokens/service-account-tokens.ts'
import { createWatchHistory } from '../../src/apiserver/http/watch-history.ts'

export type { Answer, Body, Call, Event } from './api-client.ts'

export interface TestServer extends ApiClient {
  readonly store: Store
  readonly registry: Registry
  /** Milliseconds since 1970; tests move it. */
  readonly clock: { now: number }
  readonly options: RequestOptions
  readonly certificates: Certificates
  readonly port: number
  /** Cuts off whoever is connected. */
  disconnectAll(): void
  /** Resolves when its port is free. */
  close(): Promise<void>
}

export const ISSUER = 'https://kubernetes.default.svc.cluster.local'
export const TOKEN = 'token-of-the-test'
/** 2026-01-01 00:00:00 UTC. */
export const NOW: number = Date.UTC(2026, 0, 1)

/** Nothing runs. */
export const NO_PODS: PodAccess = {
  logPath: () => '/nonexistent',
  attach: () => {
    throw new Error('no Pods here')
  },
  logTimes: { timeOf: () => 0, offsetAt: () => 0 },
  run: () => {
    throw new Error('no Pods here')
  },
  connect: () => Promise.reject(new Error('no Pods here')),
  usage: async () => ({ milliseconds: 1, of: () => undefined }),
}

export interface TestServerOptions {
  readonly pods?: PodAccess
  /** How many events are kept for watches. */
  readonly historySize?: number
  /** A server that was closed: the new one has its objects, its port and its keys. */
  readonly former?: TestServer
  /** What others write to as well; without it a store of the server's own, with the namespace `default`. */
  readonly objects?: Pick<TestServer, 'store' | 'registry'>
}

export async function startTestServer(given: TestServerOptions = {}): Promise<TestServer> {
  const { pods = NO_PODS, historySize, former } = given
  const clock = { now: NOW + 90_000 }
  const { store, registry } = given.objects ?? ownStore(former)
  const certificates =
    former?.certificates ?? makeCertificates(makeAuthority(Date.now()), ['127.0.0.1', 'localhost'], Date.now())
  const history = createWatchHistory(store, historySize)
  const tokens = createServiceAccountTokens({
    key: makeJwtKey(),
    issuer: ISSUER,
    snapshot: store.snapshot,
    now: () => clock.now,
  })
  const context = {
    store,
    registry,
    history,
    events: createEventRecorder(store, () => NOW),
    pods,
    tokens,
    authenticate: createAuthenticator(TOKEN, tokens),
    metrics: () => '',
    now: () => clock.now,
  }
  const server = createApiServer({ certificates, names: ['127.0.0.1', 'localhost'], context })
  // Those too that are still shaking hands.
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  await once(server.listen(former?.port ?? 0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  const options = {
    host: '127.0.0.1',
    port,
    ca: certificates.authority,
    agent: false as const,
    // Some tests say that they want another host.
    checkServerIdentity: () => undefined,
  }
  return {
    store,
    registry,
    clock,
    certificates,
    port,
    options,
    disconnectAll: () => sockets.forEach((socket) => socket.destroy()),
    ...createApiClient(options, TOKEN),
    async close() {
      history.stop()
      const closed = once(server, 'close')
      server.close()
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}

function ownStore(former: TestServer | undefined): Pick<TestServer, 'store' | 'registry'> {
  let uids = 0
  const now = (): number => NOW
  const restored = former === undefined ? {} : { restored: former.store.snapshot() }
  const store = createStore({ now, uid: () => `uid-${++uids}`, ...restored })
  const registry = createRegistry(store, parseClusterConfig(DEFAULT_CLUSTER_CONFIG) as ClusterConfig, { now })
  if (former === undefined) registry.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } })
  return { store, registry }
}
