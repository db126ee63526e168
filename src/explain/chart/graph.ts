/** The port chain of one Service as boxes and arrows, for printers that place them themselves. */
import {
  backendTitle,
  dnsName,
  numberText,
  portText,
  replicasText,
  serviceTitle,
  targetText,
  type BackendChart,
  type PortChart,
  type ServiceChart,
} from './model.ts'

export interface GraphNode {
  readonly lines: readonly string[]
  /** `rule`: nothing that exists by itself, such as a Service. `broken`: what should be there and is not. */
  readonly kind: 'actor' | 'rule' | 'thing' | 'broken'
}

export interface GraphEdge {
  readonly from: number
  readonly to: number
  readonly label: string
  readonly kind: 'traffic' | 'answer' | 'broken'
}

export interface Graph {
  readonly title: string
  readonly description: string
  readonly nodes: readonly GraphNode[]
  readonly edges: readonly GraphEdge[]
  /** Boxes from the first to the last. */
  readonly columns: number
}

interface Builder {
  readonly nodes: GraphNode[]
  readonly edges: GraphEdge[]
  readonly ids: Map<string, number>
}

/** Pods of one kind beyond this many are one box. */
const MOST_BACKENDS = 8

export function serviceGraph(service: ServiceChart, clusterDomain: string): Graph {
  const builder: Builder = { nodes: [], edges: [], ids: new Map() }
  const before = entryNodes(builder, service, clusterDomain)
  const all = service.ports.length === 0 ? [] : service.ports
  for (const port of all) addPort(builder, service, port, before)
  const { nodes, edges } = builder
  const columns = depth(nodes.length, edges)
  const broken = all.find(({ problem }) => problem !== null)?.problem
  const state = broken?.rule == null ? '' : `, BROKEN ${broken.rule}`
  return {
    title: `Port chain of Service ${serviceTitle(service)}, ${service.type}${state}`,
    description: describe(service),
    nodes,
    edges,
    columns,
  }
}

function describe(service: ServiceChart): string {
  if (service.externalName !== null) return `a name for ${service.externalName}`
  return service.ports.map((port) => chainText(service, port)).join(' and ') || 'no ports'
}

/** `nodePort 30080, port 80, targetPort 8080`. */
export function chainText(service: ServiceChart, port: PortChart): string {
  const balancer = service.type === 'LoadBalancer' ? [`load balancer port ${portText(port)}`] : []
  const nodePort = port.nodePort > 0 ? [`nodePort ${port.nodePort}`] : []
  return [...balancer, ...nodePort, `port ${portText(port)}`, targetText(port)].join(', ')
}

function node(
  builder: Builder,
  key: string,
  kind: GraphNode['kind'],
  lines: readonly (string | null | undefined)[],
): number {
  const known = builder.ids.get(key)
  if (known !== undefined) return known
  const id = builder.nodes.length
  builder.ids.set(key, id)
  builder.nodes.push({ kind, lines: lines.filter((line) => line !== null && line !== undefined) })
  return id
}

function edge(builder: Builder, from: number, to: number, label: string, kind: GraphEdge['kind'] = 'traffic'): void {
  builder.edges.push({ from, to, label, kind })
}

/** Boxes before the Service, each with what its arrow says; the first is the client. */
interface Entry {
  readonly client: number
  readonly name: number | undefined
}

function entryNodes(builder: Builder, service: ServiceChart, clusterDomain: string): Entry {
  if (service.type === 'NodePort' || service.type === 'LoadBalancer') {
    return { client: node(builder, 'client', 'actor', ['outside', 'any client']), name: undefined }
  }
  const client = node(builder, 'client', 'actor', ['any Pod', 'of the cluster'])
  const answer = service.externalName ?? service.clusterIP
  const record = service.type === 'ExternalName' ? 'CNAME ' : 'A '
  const name = node(builder, 'name', 'rule', [
    dnsName(service, clusterDomain),
    service.type === 'Headless'
      ? 'one A for every ready Pod'
      : answer === null
        ? 'A: the ClusterIP'
        : `${record}${answer}`,
  ])
  edge(builder, client, name, service.type === 'ExternalName' ? 'DNS' : '1 DNS', 'answer')
  if (service.externalName !== null) {
    const target = node(builder, 'target', 'thing', [service.externalName, 'outside of the cluster'])
    edge(builder, client, target, 'the client chooses the port')
  }
  return { client, name }
}

function addPort(builder: Builder, service: ServiceChart, port: PortChart, { client, name }: Entry): void {
  if (service.type === 'ExternalName') return
  if (service.type === 'Headless') return addHeadless(builder, port, client, name)
  const before = name === undefined ? addEntry(builder, service, port, client) : [client]
  const front = node(builder, 'service', 'rule', [`Service ${service.name}`, service.clusterIP])
  const label = `port ${portText(port)}${port.name === '' ? '' : ` ${port.name}`}`
  for (const box of before) edge(builder, box, front, name === undefined ? label : `2 ${label}`)
  addBackends(builder, service, port, front)
}

/** The balancer and the nodes; those that lead on to the Service. */
function addEntry(builder: Builder, service: ServiceChart, port: PortChart, client: number): readonly number[] {
  const policy = `externalTrafficPolicy ${service.externalTrafficPolicy}`
  const balancer =
    service.type === 'LoadBalancer'
      ? node(builder, 'balancer', 'thing', ['load balancer', service.balancerIP])
      : undefined
  if (balancer !== undefined) edge(builder, client, balancer, `port ${portText(port)}`)
  const before = balancer ?? client
  if (port.nodePort === 0 && !service.nodePorts) return [before]
  const number = port.nodePort === 0 ? ', chosen by the cluster' : ` ${numberText(port.nodePort, port.protocol)}`
  const some = service.nodes.length > 0 && service.nodes.length <= 3 ? service.nodes : undefined
  const boxes =
    some === undefined
      ? [node(builder, 'nodes', 'rule', ['every node', policy])]
      : some.map((one) => node(builder, `node ${one.name}`, 'rule', [one.name, one.address, policy]))
  for (const box of boxes) edge(builder, before, box, `nodePort${number}`)
  return boxes
}

/** Clients dial the Pods themselves: the Service is a name only. */
function addHeadless(builder: Builder, port: PortChart, client: number, name: number | undefined): void {
  if (port.backends.length === 0) return addProblem(builder, port, name ?? client)
  for (const backend of shown(port.backends)) {
    const box = backendNode(builder, backend)
    if (name !== undefined && !builder.edges.some(({ from, to }) => from === name && to === box)) {
      edge(
        builder,
        name,
        box,
        backend.address === null ? 'answers its address' : `answers ${backend.address}`,
        'answer',
      )
    }
    edge(builder, client, box, `connects to ${numberText(port.port, port.protocol)} directly`)
    addContainer(builder, port, backend, box)
  }
}

function addBackends(builder: Builder, service: ServiceChart, port: PortChart, front: number): void {
  const several = service.ports.length > 1 ? `${portText(port)} to ` : ''
  if (port.problem !== null && !port.backends.some(isUsable)) return addProblem(builder, port, front)
  for (const backend of shown(port.backends)) {
    const box = backendNode(builder, backend)
    if (!backend.ready) edge(builder, front, box, `left out: ${replicasText(backend) ?? 'not ready'}`, 'answer')
    else if (backend.port === null) edge(builder, front, box, `left out: no port ${port.targetPort}`, 'answer')
    else {
      edge(builder, front, box, `${several}${targetText({ ...port, backends: [backend] })}`)
      addContainer(builder, port, backend, box)
    }
  }
}

function isUsable({ ready, port }: BackendChart): boolean {
  return ready && port !== null
}

function addProblem(builder: Builder, { problem, port, protocol }: PortChart, from: number): void {
  const rule = problem?.rule ?? null
  const text = problem?.text ?? 'no endpoint'
  const ghost = node(builder, `problem ${port} ${protocol}`, 'broken', [
    rule === null ? 'BROKEN' : `BROKEN ${rule}`,
    ...halves(text),
  ])
  edge(builder, from, ghost, `✕ nothing behind ${numberText(port, protocol)}`, 'broken')
}

/** A long sentence on lines of about 40 columns. */
function halves(text: string): readonly string[] {
  const lines: string[] = ['']
  for (const word of text.split(' ')) {
    const last = lines.at(-1) ?? ''
    if (last !== '' && last.length + word.length > 40) lines.push(word)
    else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`
  }
  return lines
}

/** All, or all but those that would be too many to draw. */
function shown(backends: readonly BackendChart[]): readonly BackendChart[] {
  if (backends.length <= MOST_BACKENDS) return backends
  const odd = backends.filter((backend) => !isUsable(backend))
  const kept = [...odd, ...backends.filter(isUsable)].slice(0, MOST_BACKENDS - 1)
  const rest = backends.length - kept.length
  const [first] = backends
  if (first === undefined) return kept
  return [
    ...kept,
    {
      ...first,
      kind: 'Pod',
      name: `${rest} more Pods`,
      replicas: null,
      address: null,
      node: null,
      ready: true,
      socket: null,
    },
  ]
}

function backendNode(builder: Builder, backend: BackendChart): number {
  const place = backend.address ?? replicasText(backend)
  return node(builder, `backend ${backend.kind} ${backend.name}`, 'thing', [
    backendTitle(backend),
    place === backend.name ? undefined : place,
    backend.node === null ? undefined : `on ${backend.node}`,
  ])
}

function addContainer(builder: Builder, port: PortChart, backend: BackendChart, box: number): void {
  const { socket } = backend
  for (const { name, declared } of backend.containers) {
    if (socket?.problem != null) {
      const lines = [`BROKEN ${socket.problem.rule}`, `container ${name}`, ...halves(socket.listens)]
      const ghost = node(builder, `container ${backend.kind} ${backend.name} ${name}`, 'broken', lines)
      edge(builder, box, ghost, `✕ ${socket.problem.text}`, 'broken')
      continue
    }
    const id = node(builder, `container ${backend.kind} ${backend.name} ${name}`, 'thing', [
      `container ${name}`,
      socket?.listens,
    ])
    const number = numberText(backend.port ?? 0, port.protocol)
    edge(builder, box, id, declared ? `containerPort ${number}` : `${number} not declared`)
  }
}

/** The longest chain of arrows that carry traffic or answers. */
function depth(count: number, edges: readonly GraphEdge[]): number {
  const depths = Array.from({ length: count }, () => 1)
  // Arrows lead from earlier boxes to later ones but for a few; as many rounds as boxes are enough.
  for (let round = 0; round < Math.min(count, 8); round++) {
    for (const { from, to } of edges) depths[to] = Math.max(depths[to] ?? 1, (depths[from] ?? 1) + 1)
  }
  return Math.max(0, ...depths)
}
