/** The API of a network of a machine, without a program for each request. */
import { readFileSync } from 'node:fs'
import { Agent } from 'node:https'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { WebSocket } from 'ws'
import { createApiClient, type ApiClient } from '../apiserver/api-client.ts'
import { beside, eventually, type Machine, type Outcome } from './network.ts'

export interface NetworkApi extends ApiClient {
  /** A line for `sh` in a container, the first one unless it is named, as `kubectl exec` runs it. `pod`: `namespace/name`. */
  exec(pod: string, line: string, container?: string): Promise<Outcome>
  close(): void
}

interface Kubeconfig {
  readonly clusters: readonly [
    { readonly cluster: { readonly server: string; readonly 'certificate-authority-data': string } },
  ]
  readonly users: readonly [{ readonly user: { readonly token: string } }]
}

interface Status {
  readonly status: string
  readonly message?: string
  readonly details?: { readonly causes?: readonly { readonly reason: string; readonly message: string }[] }
}

/** Of the network that `machine.up` started. */
export async function apiOf(machine: Machine): Promise<NetworkApi> {
  const { stdout } = await machine.portolan('kubeconfig')
  const { clusters, users } = JSON.parse(readFileSync(stdout.trim(), 'utf8')) as Kubeconfig
  const { cluster } = clusters[0]
  const { host, port } = new URL(cluster.server)
  const { token } = users[0].user
  const path = join(machine.folder, 'api.sock')
  const relay = machine.start([process.execPath, beside('api-relay.mjs'), path, port])
  await eventually(
    async () => relay.output(),
    (text) => text === 'ready\n',
  )
  const ca = Buffer.from(cluster['certificate-authority-data'], 'base64')
  const tls = { ca, checkServerIdentity: () => undefined }
  const agent = new Agent({ keepAlive: true })
  const exec: NetworkApi['exec'] = (pod, line, container) => {
    const [namespace = '', name = ''] = pod.split('/')
    const query = new URLSearchParams({ stdout: 'true', stderr: 'true', ...(container && { container }) })
    for (const word of ['sh', '-c', line]) query.append('command', word)
    return runCommand(
      new WebSocket(
        `wss://${host}/api/v1/namespaces/${namespace}/pods/${name}/exec?${query.toString()}`,
        'v5.channel.k8s.io',
        {
          headers: { authorization: `Bearer ${token}` },
          createConnection: () => connect({ ...tls, path }),
        },
      ),
    )
  }
  return {
    ...createApiClient({ ...tls, socketPath: path, agent, headers: { host } }, token),
    exec,
    close() {
      agent.destroy()
      relay.signal('SIGTERM')
    },
  }
}

const [STDOUT, STDERR, STATUS] = [1, 2, 3] as const

function runCommand(socket: WebSocket): Promise<Outcome> {
  const said: Record<1 | 2 | 3, string> = { [STDOUT]: '', [STDERR]: '', [STATUS]: '' }
  socket.on('message', (message: Buffer) => {
    const channel = message[0] ?? 0
    if (channel === STDOUT || channel === STDERR || channel === STATUS) said[channel] += message.subarray(1).toString()
  })
  return new Promise((resolve, reject) => {
    socket.once('error', reject)
    socket.once('close', () => {
      const { status, message, details } = JSON.parse(said[STATUS] || '{"status":"cut off"}') as Status
      const code = details?.causes?.find(({ reason }) => reason === 'ExitCode')?.message
      if (status === 'Success') resolve({ code: 0, stdout: said[STDOUT], stderr: said[STDERR] })
      else if (code !== undefined) resolve({ code: Number(code), stdout: said[STDOUT], stderr: said[STDERR] })
      else reject(new Error(message ?? status))
    })
  })
}
