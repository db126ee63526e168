/** Through 127.0.0.1:nodePort, beside plain relays on the host and no relay at all. */
import { type ChildProcess } from 'node:child_process'
import { closeSync } from 'node:fs'
import { listenOn } from '../../src/host/listen.ts'
import { runHere, startChild, stopChild } from '../children.ts'
import { serverCommand } from '../load/index.ts'
import type { Network } from '../network.ts'
import { PEERS } from '../peers/index.ts'
import type { Peer } from '../peers/peer.ts'
import { measureWays, NODE_PORT, SERVER_PORT, withServerPod, type Way } from './traffic.ts'
import type { Settings, Workload } from './workload.ts'

const LOCAL = '127.0.0.1'
const BESIDE = PEERS[0].name
const FIRST_PEER_PORT = SERVER_PORT + 1
const NODE_1 = { address: '192.168.1.100', port: NODE_PORT }

interface Relays {
  readonly children: readonly ChildProcess[]
  readonly ways: readonly Way[]
}

/** The plain form: everything on the host's loopback, with the same server as in the Pod. */
function startPeers(settings: Settings): Relays {
  const target = { address: LOCAL, port: SERVER_PORT }
  const present = PEERS.filter((peer) => {
    const version = peer.version()
    settings.say(version === undefined ? `  ${peer.name}: skipped, it is not installed` : `  ${peer.name}: ${version}`)
    return version !== undefined
  })
  const relays = present.map((peer, index) => {
    const listen = { address: LOCAL, port: FIRST_PEER_PORT + index }
    const child = startChild(peer.command({ listen, target, folder: settings.folder }), { stdio: 'ignore' })
    return { child, way: { name: peer.name, target: listen, runner: runHere } }
  })
  const server = startChild(serverCommand(target), { stdio: ['ignore', 'ignore', 'inherit'] })
  return {
    children: [server, ...relays.map(({ child }) => child)],
    ways: [{ name: 'direct', target, runner: runHere }, ...relays.map(({ way }) => way)],
  }
}

/** The rival where Portolan's own relay is: it has a listener of the host, and connects in the network. */
function startPeerInside(peer: Peer, network: Network, settings: Settings): Relays {
  const listen = { address: LOCAL, port: FIRST_PEER_PORT + PEERS.length }
  const opened = listenOn({ protocol: 'TCP', ...listen })
  if (peer.version() === undefined || !('fd' in opened)) return { children: [], ways: [] }
  const namespaces = `/proc/${network.engine()}/ns`
  const enter = ['nsenter', '--preserve-credentials', `--user=${namespaces}/user`, `--net=${namespaces}/net`, '--']
  const command = peer.command({ listen, inherited: 3, target: NODE_1, folder: settings.folder })
  const child = startChild([...enter, ...command], { stdio: ['ignore', 'ignore', 'inherit', opened.fd] })
  closeSync(opened.fd)
  return { children: [child], ways: [{ name: `${peer.name} to the nodePort`, target: listen, runner: runHere }] }
}

export const fromHost: Workload = {
  name: 'host',
  run: (settings) =>
    withServerPod(async (network) => {
      const { listeners } = await network.status()
      const taken = listeners.find(({ address, wantedPort, port }) => address === LOCAL && port !== wantedPort)
      if (taken !== undefined) throw new Error(`${LOCAL}:${taken.wantedPort} is in use by another program`)
      const plain = startPeers(settings)
      const inside = startPeerInside(PEERS[0], network, settings)
      const own = { name: 'Portolan', target: { address: LOCAL, port: NODE_PORT }, runner: runHere }
      const goal = (atLeast: number) => [{ way: 'Portolan', beside: BESIDE, atLeast }]
      try {
        const ways = [...plain.ways, ...inside.ways, own]
        return await measureWays('host', ways, BESIDE, { streams: goal(0.9), connections: goal(0.7) }, settings)
      } finally {
        for (const child of [...plain.children, ...inside.children]) await stopChild(child)
      }
    }),
}
