/**
 * Measures packets through a node's rules: SERVICES SECONDS WAY, in network and mount namespaces of its own. The node is the
 * namespace in which it is started, its client a Pod behind a veth, and every endpoint an address of the node.
 */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { createProxier } from '../../src/cluster/proxy/proxier.ts'
import { checked, libc } from '../../src/host/libc.ts'
import { encodeSocketAddress, SOCK_STREAM } from '../../src/host/relay-socket.ts'
import { resolvedServices } from '../../src/model/resolve-services.ts'
import { nftablesBackend } from '../../src/proxy/backends/nftables.ts'
import type { PacketFigures, Way } from './figures.ts'
import { kubeProxyTable } from './kube-proxy.ts'
import { clusterIP, endpointAddress, NODE, stateOf } from './state.ts'

const AF_INET = 2
/** Before those that count: the code is not compiled, and the kernel's caches are empty. */
const WARM_UP = 2000
const FLOWS = 8000
const PORT = 8080

const [count = 100, seconds = 2] = process.argv.slice(2, 4).map(Number)
const way = process.argv[4] as Way
/** Started in the Pod, for the first packets alone. */
const isClient = process.argv[5] === 'client'

const POD = '10.255.0.9'
const GATEWAY = '10.255.0.1'
/** Of the Pods' range that part in which the endpoints are. */
const ENDPOINT_RANGE = '10.128.0.0/10'

function prepare(): void {
  // For `ip netns`: it must not be seen outside.
  run('mount', ['-t', 'tmpfs', 'none', '/run'])
  const commands = [
    'netns add pod',
    'link add pod0 type veth peer name eth0 netns pod',
    'link set lo up',
    `addr add ${NODE.addresses[0]}/32 dev lo`,
    `addr add ${GATEWAY}/32 dev pod0`,
    'link set pod0 up',
    `route add ${POD}/32 dev pod0`,
    `route add local ${ENDPOINT_RANGE} dev lo`,
    `-n pod addr add ${POD}/32 dev eth0`,
    '-n pod link set eth0 up',
    `-n pod route add ${GATEWAY}/32 dev eth0`,
    `-n pod route add default via ${GATEWAY}`,
  ]
  for (const command of commands) run('ip', command.split(' '))
  writeFileSync('/proc/sys/net/ipv4/ip_forward', '1')
}

function run(command: string, args: readonly string[], input = ''): void {
  const { status, stderr } = spawnSync(command, args, { encoding: 'utf8', input })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr.slice(0, 500)}`)
}

function program(): void {
  const services = resolvedServices(stateOf(count))
  if (way === 'portolan') createProxier().sync(nftablesBackend.compile(services, NODE).table)
  if (way === 'kube-proxy') run('nft', ['-f', '-'], kubeProxyTable([...services.values()].flat(), NODE))
}

/** In turn over the Services, so that no cache holds the way of all. */
function target(turn: number): { readonly address: string; readonly port: number } {
  const index = (turn * 7919) % count
  return way === 'direct' ? { address: endpointAddress(index, 0), port: PORT } : { address: clusterIP(index), port: 80 }
}

/** Microseconds of CPU time for the first packet of a TCP connection and the refusal that answers it. Nobody listens yet. */
function perFirstPacket(turns: number, from: number): number {
  const { socket, connect, close } = libc()
  const addresses = Array.from({ length: turns }, (_, i) => encodeSocketAddress(target(from + i)))
  const cpu = process.cpuUsage()
  for (const address of addresses) {
    const fd = checked('socket', socket(AF_INET, SOCK_STREAM, 0))
    if (connect(fd, address, address.length) === 0) throw new Error('somebody listens already')
    close(fd)
  }
  const { user, system } = process.cpuUsage(cpu)
  return (user + system) / turns
}

const compiled = (name: string): string => fileURLToPath(new URL(`../load/${name}.js`, import.meta.url))

async function inPod(script: string, ...args: readonly string[]): Promise<number> {
  const client = spawn('ip', ['netns', 'exec', 'pod', process.execPath, script, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  client.stdout.on('data', (chunk) => (output += String(chunk)))
  const [status] = (await once(client, 'close')) as [number]
  if (status !== 0) throw new Error(`the client ended with ${status}`)
  return Number(output)
}

async function measure(): Promise<PacketFigures> {
  prepare()
  program()
  const firstPacket = await inPod(fileURLToPath(import.meta.url), String(count), String(seconds), way, 'client')
  const server = spawn(process.execPath, [compiled('server'), '0.0.0.0', String(PORT)], { stdio: 'ignore' })
  try {
    await untilListening()
    const { address, port } = target(1)
    const rate = (what: string): Promise<number> =>
      inPod(compiled('client'), address, String(port), what, String(seconds))
    return { firstPacket, connections: await rate('connect'), stream: (await rate('download')) / 1e6 }
  } finally {
    server.kill('SIGKILL')
  }
}

if (isClient) {
  perFirstPacket(WARM_UP, 0)
  process.stdout.write(String(perFirstPacket(FLOWS, WARM_UP)))
} else process.stdout.write(JSON.stringify(await measure()))

async function untilListening(): Promise<void> {
  const address = encodeSocketAddress({ address: endpointAddress(0, 0), port: PORT })
  for (let i = 0; i < 200; i++) {
    const fd = libc().socket(AF_INET, SOCK_STREAM, 0)
    const result = libc().connect(fd, address, address.length)
    libc().close(fd)
    if (result === 0) return
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  throw new Error('the server does not listen')
}
