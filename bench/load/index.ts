/** The loads that every way gets, each one command that prints its rate. */
import { fileURLToPath } from 'node:url'
import type { SocketAddress } from '../../src/host/relay-socket.ts'
import type { Runner } from '../children.ts'
import { firstLine } from '../machine.ts'
import type { Unit } from '../measurement.ts'

export interface Load {
  readonly what: string
  readonly unit: Unit
  /** Why it cannot be measured here; undefined when it can. */
  readonly unsupported: () => string | undefined
  /** A rate in `unit`. */
  readonly measure: (runner: Runner, target: SocketAddress, seconds: number) => Promise<number>
}

/** Time for the client's own start and end, in seconds. */
const SLACK = 15
const compiled = (name: string): string => fileURLToPath(new URL(`${name}.js`, import.meta.url))

/** The command of the server that all loads ask. */
export function serverCommand({ address, port }: SocketAddress): readonly string[] {
  return [process.execPath, compiled('server'), address, String(port)]
}

function ownClient(measure: string, what: string, unit: Unit, scale: number): Load {
  return {
    what,
    unit,
    unsupported: () => undefined,
    async measure(runner, { address, port }, seconds) {
      const client = [process.execPath, compiled('client'), address, String(port), measure, String(seconds)]
      return Number(await runner(client, seconds + SLACK)) / scale
    },
  }
}

const WRK_CONNECTIONS = 16

const keepAlive: Load = {
  what: `requests with keep-alive, ${WRK_CONNECTIONS} connections`,
  unit: 'requests/s',
  unsupported: () => (firstLine('wrk', '-v') === undefined ? 'wrk is not installed' : undefined),
  async measure(runner, { address, port }, seconds) {
    const url = `http://${address}:${port}/`
    const output = await runner(['wrk', '-t1', `-c${WRK_CONNECTIONS}`, `-d${seconds}s`, url], seconds + SLACK)
    const errors = /Socket errors:.*|Non-2xx.*/.exec(output)?.[0]
    if (errors !== undefined) throw new Error(`wrk: ${errors}`)
    return Number(/^Requests\/sec: +([\d.]+)/m.exec(output)?.[1])
  },
}

export const STREAMS: readonly Load[] = [
  ownClient('download', 'one stream, Pod to client', 'MB/s', 1e6),
  ownClient('upload', 'one stream, client to Pod', 'MB/s', 1e6),
]
export const CONNECTIONS: Load = ownClient('connect', 'new connections', 'connections/s', 1)
export const LOADS: readonly Load[] = [...STREAMS, CONNECTIONS, keepAlive]
