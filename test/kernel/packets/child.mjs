// Runs as root of the namespaces that network.ts made: lays out a network, then works off steps in order. JSON both ways.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createFabric } from '../../../dist/host/fabric.js'
import { openLinkSocket } from '../../../dist/host/links.js'
import { inNamespace } from '../../../dist/host/namespaces.js'
import { openNetlink } from '../../../dist/host/netlink.js'
import { openPlaces } from './sockets.mjs'

const { plan, listeners, steps } = JSON.parse(readFileSync(0, 'utf8'))
const LOOPBACK = 1

function layOut() {
  const fabric = createFabric(plan.fabric)
  const namespaces = new Map([['fabric', undefined]])
  for (const node of plan.nodes) {
    const namespace = fabric.addNode(node)
    namespaces.set(node.name, namespace)
    const links = openLinkSocket(namespace)
    links.apply(
      node.held.map((address) => ({
        kind: 'add-address',
        index: LOOPBACK,
        address,
        prefixLength: address.includes(':') ? 128 : 32,
      })),
    )
    links.close()
  }
  for (const { name, addresses, node } of plan.pods) namespaces.set(name, fabric.addPod(node, addresses))
  for (const { name, addresses } of plan.outside) namespaces.set(name, fabric.addOutside(addresses))
  openLinkSocket().apply(plan.routed.map(({ to, via }) => ({ kind: 'add-route', to, via })))
  return namespaces
}

const namespaces = layOut()
const places = openPlaces(namespaces, listeners)
const filters = new Map()

function transact({ at, batches }) {
  if (!filters.has(at)) filters.set(at, openNetlink('netfilter', namespaces.get(at)))
  return batches.flatMap((bytes) => filters.get(at).transact(Buffer.from(bytes, 'base64')))
}

function run({ at, run: [command, ...args], input }) {
  const { status, stdout, stderr } = inNamespace(namespaces.get(at), () =>
    spawnSync(command, args, { encoding: 'utf8', input: input ?? '', maxBuffer: 1 << 28 }),
  )
  return { status, stdout, stderr }
}

const results = steps.map((step) => {
  if ('batches' in step) return transact(step)
  if ('run' in step) return run(step)
  if ('settle' in step) return places.settle()
  return places.connect(step)
})
places.settle()
process.stdout.write(
  JSON.stringify(results.map((result) => (result?.flow === undefined ? (result ?? null) : result.flow.end))),
)
