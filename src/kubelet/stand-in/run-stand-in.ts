import { appendFileSync } from 'node:fs'
import { hostAndPort } from '../../lib/ip.ts'
import { listenTCP, type TCPListener } from './http.ts'
import type { StandIn } from './protocol.ts'
import { bindPort, openNetworkNamespace, portProblem } from './sockets.ts'
import { listenUDP, type UDPListener } from './udp.ts'
import type { StandInPort } from '../stand-in-ports.ts'

/** A stand-in that runs. */
export interface RunningStandIn {
  kill(signal: 'SIGTERM' | 'SIGKILL'): void
}

export interface StandInEvents {
  started(): void
  /** Once, and nothing after it. */
  exited(exitCode: number, message?: string): void
}

interface Listeners {
  readonly tcp: TCPListener[]
  readonly udp: UDPListener[]
}

/** Starts to listen on all ports; fails as a whole where one is refused. */
export function runStandIn(standIn: StandIn, events: StandInEvents): RunningStandIn {
  const listeners: Listeners = { tcp: [], udp: [] }
  let over = false
  const exit = (exitCode: number, message?: string): void => {
    if (over) return
    over = true
    for (const listener of [...listeners.tcp, ...listeners.udp]) listener.destroy()
    if (message !== undefined) log(standIn, message)
    events.exited(exitCode, message)
  }
  let open = standIn.ports.length
  const ready = (): void => {
    if (over) return
    log(standIn, describe(standIn, listeners))
    events.started()
  }
  const report = (port: StandInPort) => (error: string | undefined) => {
    if (error !== undefined) return exit(1, portProblem(port, error))
    open -= 1
    if (open === 0) ready()
  }
  try {
    openPorts(standIn, listeners, report)
    if (open === 0) ready()
  } catch (error) {
    exit(1, error instanceof Error ? error.message : String(error))
  }
  return {
    kill(signal) {
      if (signal === 'SIGKILL') return exit(137)
      for (const listener of listeners.udp) listener.destroy()
      listeners.udp.length = 0
      void Promise.all(listeners.tcp.map((listener) => listener.close())).then(() => exit(0))
    },
  }
}

function openPorts(
  { netns, ports, identity }: StandIn,
  listeners: Listeners,
  report: (port: StandInPort) => (error: string | undefined) => void,
): void {
  const namespace = netns === undefined ? undefined : openNetworkNamespace(netns)
  try {
    for (const port of ports) {
      const { fd, family } = bindPort(namespace, port)
      if (port.protocol === 'TCP') listeners.tcp.push(listenTCP(fd, identity, report(port)))
      else listeners.udp.push(listenUDP(fd, family, identity, report(port)))
    }
  } finally {
    namespace?.close()
  }
}

function describe({ identity, ports }: StandIn, listeners: Listeners): string {
  const tcp = listeners.tcp.flatMap(({ server }) => {
    const address = server.address()
    return address === null || typeof address === 'string' ? [] : `${hostAndPort(address.address, address.port)}/TCP`
  })
  const udp = listeners.udp.map(({ port }) => `${port}/UDP`)
  const where = ports.length === 0 ? 'no port is declared' : `listening on ${[...tcp, ...udp].join(', ')}`
  return `Portolan stand-in for image ${identity.image === '' ? '(none)' : identity.image}: ${where}`
}

function log({ logPath }: StandIn, line: string): void {
  try {
    appendFileSync(logPath, `${line}\n`, { mode: 0o600 })
  } catch {
    // The Pod's log folder is gone: so is the Pod.
  }
}
