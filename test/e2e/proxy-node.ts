/** A machine that is a cluster's node: beside it a client and Pods, each in a namespace of their own; the API is a network's. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beside, createMachine, eventually, PORTOLAN, type Background, type Machine, type Outcome } from './network.ts'

export interface ProxyNode {
  readonly machine: Machine
  /** Of the Service `web`. */
  readonly clusterIP: string
  kubectl(line: string): Promise<Outcome>
  /** A path of the API's kubeconfig. */
  readonly kubeconfig: string
  /** The addresses of the Service's ready Pods. */
  setEndpoints(...addresses: readonly string[]): Promise<void>
  /** The same, of Pods of this node. */
  setEndpointsHere(...addresses: readonly string[]): Promise<void>
  startProxy(...options: readonly string[]): Background
  /** By a file of kube-proxy, with the API's kubeconfig, and nothing else. */
  startProxyWith(configuration: string): Background
  /** Who answered `count` connections of the client to the ClusterIP, one after the other; `-` for no answer within two seconds. */
  ask(count: number, at?: string): Promise<readonly string[]>
  /** Waits until `ask(1)` is answered by one of these alone. */
  asksOnly(...addresses: readonly string[]): Promise<void>
  /** Connections without a pause, until the result is called. */
  load(): () => Promise<{ readonly answers: Readonly<Record<string, number>>; readonly failures: readonly string[] }>
  nft(line: string): Promise<string>
  up(): Promise<void>
  down(): Promise<void>
}

export const POD_1 = '172.20.2.2'
export const POD_2 = '172.20.2.3'
export const POD_3 = '172.20.2.4'

/** What `proxy` listens on is not looked at but where a test asks. */
const NETWORK = `mount -t tmpfs none /run && ip netns add client && ip netns add pods &&
ip link add c0 type veth peer name eth0 netns client && ip link add p0 type veth peer name eth0 netns pods &&
ip addr add 172.20.1.1/24 dev c0 && ip addr add 172.20.2.1/24 dev p0 && ip link set c0 up && ip link set p0 up &&
ip -n client addr add 172.20.1.2/24 dev eth0 && ip -n client link set eth0 up && ip -n client route add default via 172.20.1.1 &&
for a in ${POD_1} ${POD_2} ${POD_3}; do ip -n pods addr add $a/24 dev eth0; done && ip -n pods link set eth0 up &&
ip -n pods route add default via 172.20.2.1 && echo 1 > /proc/sys/net/ipv4/ip_forward`

const SERVICE = `apiVersion: v1
kind: Service
metadata: {name: web, namespace: default}
spec:
  clusterIP: 10.96.0.80
  ports: [{port: 80, targetPort: 8080}]
`
const slice = (addresses: readonly string[], place = ''): string => `apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: web-1, namespace: default, labels: {kubernetes.io/service-name: web}}
addressType: IPv4
ports: [{port: 8080, protocol: TCP}]
endpoints: [${addresses.map((address) => `{addresses: [${address}], conditions: {ready: true}${place}}`).join(', ')}]
`
const CLUSTER_IP = '10.96.0.80'

export async function createProxyNode(): Promise<ProxyNode> {
  const machine = await createMachine()
  await succeed(machine.sh(NETWORK))
  const backends = machine.start([
    'ip',
    'netns',
    'exec',
    'pods',
    process.execPath,
    beside('proxy-backends.mjs'),
    POD_1,
    POD_2,
    POD_3,
  ])
  await eventually(
    async () => backends.output(),
    (text) => text.includes('ready'),
  )
  const kubeconfig = join(machine.folder, 'run/portolan/api/kubeconfig')
  const kubectl = (line: string, input?: string): Promise<Outcome> =>
    machine.sh(`kubectl --kubeconfig ${kubeconfig} ${line}`, input === undefined ? {} : { input })
  const ask = async (count: number, at: string = CLUSTER_IP): Promise<readonly string[]> => {
    const line = `for i in $(seq ${count}); do curl -s --http0.9 -m 2 http://${at}/ || echo -n -; echo; done`
    const { stdout } = await machine.exec(['ip', 'netns', 'exec', 'client', 'sh', '-c', line])
    return stdout.trim().split('\n')
  }
  const node: ProxyNode = {
    machine,
    clusterIP: CLUSTER_IP,
    kubeconfig,
    kubectl,
    async setEndpoints(...addresses) {
      await succeed(kubectl('apply -f -', slice(addresses)))
    },
    async setEndpointsHere(...addresses) {
      await succeed(kubectl('apply -f -', slice(addresses, ', nodeName: node-1')))
    },
    startProxy: (...options) =>
      machine.start([PORTOLAN, 'proxy', '--kubeconfig', kubeconfig, '--node', 'node-1', ...options]),
    startProxyWith(configuration) {
      const file = join(machine.folder, 'config.conf')
      writeFileSync(file, `${configuration}clientConnection: {kubeconfig: ${kubeconfig}}\n`)
      return machine.start([PORTOLAN, 'proxy', '--config', file])
    },
    ask,
    async asksOnly(...addresses) {
      await eventually(
        () => ask(2 * addresses.length),
        (answers) => answers.toSorted().join() === [...addresses, ...addresses].toSorted().join(),
      )
    },
    load() {
      return startLoad(machine)
    },
    async nft(line) {
      return (await succeed(machine.sh(`nft ${line}`))).stdout
    },
    async up() {
      await machine.up('--name', 'api')
      await eventually(
        () => kubectl('get --raw /readyz'),
        ({ code }) => code === 0,
      )
      await succeed(kubectl('apply -f -', SERVICE))
      await node.setEndpoints(POD_1, POD_2)
    },
    async down() {
      await succeed(machine.portolan('down', '--name', 'api'))
    },
  }
  await node.up()
  return node
}

async function succeed(outcome: Promise<Outcome>): Promise<Outcome> {
  const { code, stdout, stderr } = await outcome
  if (code !== 0) throw new Error(`exit code ${code}\n${stdout}\n${stderr}`)
  return { code, stdout, stderr }
}

function startLoad(machine: Machine): ReturnType<ProxyNode['load']> {
  const stop = join(machine.folder, 'stop')
  // Its input ends when the file is there.
  const line = `rm -f ${stop}; (until [ -e ${stop} ]; do sleep 0.05; done) | ip netns exec client ${process.execPath} ${beside('proxy-load.mjs')} ${CLUSTER_IP} 80`
  const load = machine.start(['sh', '-c', line])
  return async () => {
    await machine.sh(`touch ${stop}`)
    const { stdout } = await load.ended
    return JSON.parse(stdout.trim().split('\n').at(-1) ?? '')
  }
}
