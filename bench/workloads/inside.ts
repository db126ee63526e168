/** Through the ClusterIP from a client inside, beside the Pod itself and a relay in a Pod. */
import { startChild, stopChild } from '../children.ts'
import type { Network } from '../network.ts'
import { PEERS } from '../peers/index.ts'
import { measureWays, SERVER_PORT, withServerPod, type Way } from './traffic.ts'
import type { Settings, Workload } from './workload.ts'

const DIRECT = 'direct to the Pod'
const OWN = 'Portolan (ClusterIP)'
const RELAY_PORT = 7000

/** Addresses as the network gave them. */
async function addressesIn(network: Network) {
  const { pods, chains } = await network.status()
  const podIP = (name: string): string => pods.find((pod) => pod.name === name)?.ip ?? ''
  const chain = chains.find(({ service }) => service.name === 'server')
  return {
    server: { address: podIP('server'), port: SERVER_PORT },
    clusterIP: { address: chain?.clusterIPs[0] ?? '', port: chain?.port ?? 0 },
    relay: { address: podIP('relay'), port: RELAY_PORT },
  }
}

async function measureInside(network: Network, settings: Settings) {
  const { server, clusterIP, relay } = await addressesIn(network)
  const runner = network.runner()
  const [peer] = PEERS
  const ways: Way[] = [{ name: DIRECT, target: server, runner }]
  const present = peer.version() !== undefined
  if (present) ways.push({ name: `${peer.name} in a Pod`, target: relay, runner })
  ways.push({ name: OWN, target: clusterIP, runner })
  const command = [...network.inside('pod/relay'), ...peer.command({ listen: relay, target: server, ...settings })]
  const child = present ? startChild(command, { stdio: ['ignore', 'ignore', 'inherit'] }) : undefined
  try {
    const goals = [{ way: OWN, beside: DIRECT, atLeast: 0.95 }]
    return await measureWays('inside', ways, DIRECT, { streams: goals, connections: goals }, settings)
  } finally {
    if (child !== undefined) await stopChild(child)
  }
}

export const inside: Workload = {
  name: 'inside',
  run: (settings) => withServerPod((network) => measureInside(network, settings)),
}
