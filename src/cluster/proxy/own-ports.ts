/** The ports of `portolan proxy` itself. As with kube-proxy, one that cannot be opened is tried again, unless it must not fail. */
import type { RequestListener, Server } from 'node:http'
import { hostAndPort } from '../../lib/ip.ts'
import { listen, type ListenAddress } from './servers.ts'

export interface OwnPort {
  readonly address: ListenAddress
  /** What names another address. */
  readonly option: string
  readonly listener: RequestListener
}

export interface OwnPortsOptions {
  /** A port that cannot be opened is an error. */
  readonly hardFail: boolean
  readonly onMessage: (message: string) => void
  /** Milliseconds: kube-proxy's. */
  readonly retry?: number
}

export interface OpenPorts {
  close(): void
}

/** Resolves when each was tried once. With `hardFail` it rejects with a sentence for the user. */
export async function openPorts(ports: readonly OwnPort[], options: OwnPortsOptions): Promise<OpenPorts> {
  const opened = await Promise.allSettled(ports.map((port) => openPort(port, options)))
  const close = (): void => {
    for (const one of opened) if (one.status === 'fulfilled') one.value.close()
  }
  const failed = opened.find((one) => one.status === 'rejected')
  if (failed === undefined) return { close }
  close()
  throw failed.reason
}

async function openPort(port: OwnPort, options: OwnPortsOptions): Promise<OpenPorts> {
  const { hardFail, onMessage, retry = 5000 } = options
  const { address, option, listener } = port
  let server: Server | undefined
  let timer: NodeJS.Timeout | undefined
  let isClosed = false
  let problem = ''
  const attempt = async (): Promise<void> => {
    try {
      server = await listen(address, listener)
      if (isClosed) server.close()
      else if (problem !== '') onMessage(`${hostAndPort(address.host, address.port)} is open now`)
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      if (hardFail) throw new Error(`${option}: ${why}: name another one, or "none"`, { cause: error })
      if (why !== problem) onMessage(`${option}: ${why}: it is tried again every ${retry / 1000} s`)
      problem = why
      if (!isClosed) timer = setTimeout(() => void attempt(), retry).unref()
    }
  }
  await attempt()
  return {
    close() {
      isClosed = true
      clearTimeout(timer)
      server?.close()
    },
  }
}
