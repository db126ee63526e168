/** One request, or a name and the requests after it, as numbered steps between participants. */
import { searchDomains } from '../../dns/search-path.ts'
import {
  backendTitle,
  dnsName,
  numberText,
  portText,
  serviceTitle,
  type BackendChart,
  type PortChart,
  type ServiceChart,
  type SocketChart,
} from './model.ts'

export interface Participant {
  readonly id: string
  readonly lines: readonly string[]
  readonly actor: boolean
}

export type Step =
  | {
      readonly kind: 'message'
      readonly from: string
      readonly to: string
      readonly text: string
      readonly reply: boolean
      readonly broken: boolean
    }
  | { readonly kind: 'note'; readonly over: readonly string[]; readonly lines: readonly string[] }

export interface Sequence {
  readonly title: string
  readonly description: string
  readonly participants: readonly Participant[]
  readonly steps: readonly Step[]
}

const sends = (from: string, to: string, text: string): Step => ({
  kind: 'message',
  from,
  to,
  text,
  reply: false,
  broken: false,
})
const replies = (from: string, to: string, text: string): Step => ({
  kind: 'message',
  from,
  to,
  text,
  reply: true,
  broken: false,
})
const breaks = (from: string, to: string, text: string): Step => ({
  kind: 'message',
  from,
  to,
  text,
  reply: true,
  broken: true,
})
const note = (over: readonly string[], ...lines: readonly string[]): Step => ({ kind: 'note', over, lines })

/** What carries a request and its answer. */
interface Words {
  readonly connect: string
  readonly accepted: string
  readonly ask: string
  readonly answer: string
}

/** Numbers at which a port without a name is taken for one of HTTP. */
const HTTP_PORTS = new Set([80, 443, 3000, 5000, 8000, 8080, 8443])

function wordsOf({ protocol, name, port }: PortChart): Words {
  if (protocol === 'UDP') {
    return { connect: 'datagram', accepted: 'answer, addresses restored on the way back', ask: '', answer: '' }
  }
  const isHTTP = name === '' ? HTTP_PORTS.has(port) : /^(?:http|web)/.test(name)
  return {
    connect: 'TCP SYN',
    accepted: 'SYN-ACK, addresses restored on the way back',
    ask: isHTTP ? 'GET / through the same rewrites' : 'request through the same rewrites',
    answer: isHTTP ? '200 OK' : 'answer',
  }
}

/** A request from outside for a Service that has an outside, else from a Pod. Undefined where there is nothing to ask. */
export function requestSequence(service: ServiceChart, clusterDomain: string): Sequence | undefined {
  const [port] = service.ports
  if (port === undefined || service.type === 'ExternalName') return undefined
  const usable = port.backends.filter((one) => one.ready && one.port !== null)
  const backend = usable.find(({ socket }) => socket?.problem == null) ?? usable[0]
  if (service.type === 'Headless') return headlessSequence(service, port, backend, clusterDomain)
  const isOutside = service.type === 'NodePort' || service.type === 'LoadBalancer'
  const title = `One request from ${isOutside ? 'outside' : 'a Pod'} to Service ${serviceTitle(service)} and back`
  const participants = isOutside ? outsideParticipants(service) : insideParticipants()
  const pod = backend === undefined ? [] : [{ id: 'P', lines: podLines(backend), actor: false }]
  const all = [...participants, ...pod]
  return {
    title,
    description: all.map(({ lines }) => lines[0]).join(', '),
    participants: all,
    steps: [
      ...(isOutside ? outsideSteps(service, port) : insideSteps(service, port)),
      ...onward(service, port, backend),
    ],
  }
}

function podLines(backend: BackendChart): readonly string[] {
  const title =
    backend.kind === 'Pod'
      ? `Pod ${backend.name}`
      : backend.kind === 'address'
        ? backend.name
        : `a Pod of ${backendTitle(backend)}`
  return backend.address === null || backend.address === backend.name ? [title] : [title, backend.address]
}

function outsideParticipants(service: ServiceChart): readonly Participant[] {
  const client = { id: 'C', lines: ['client', 'outside'], actor: true }
  const [first] = service.nodes
  const rules = { id: 'N', lines: [first === undefined ? 'rules on a node' : `rules on ${first.name}`], actor: false }
  if (service.type !== 'LoadBalancer') return [client, rules]
  const address = service.balancerIP === null ? [] : [service.balancerIP]
  return [client, { id: 'L', lines: ['balancer', ...address], actor: false }, rules]
}

function insideParticipants(): readonly Participant[] {
  return [
    { id: 'C', lines: ['a Pod', 'of the cluster'], actor: true },
    { id: 'N', lines: ["rules on the Pod's node"], actor: false },
  ]
}

function outsideSteps(service: ServiceChart, port: PortChart): readonly Step[] {
  const { connect } = wordsOf(port)
  const [node] = service.nodes
  const nodeName = node?.address ?? 'any node'
  const nodePort = port.nodePort === 0 ? 'the nodePort' : `nodePort ${port.nodePort}`
  if (service.type === 'NodePort') return [sends('C', 'N', `${connect} to ${nodeName} ${nodePort}`)]
  return [
    sends('C', 'L', `${connect} to ${service.balancerIP ?? 'the balancer'} port ${port.port}`),
    sends('L', 'N', `to ${nodeName} ${nodePort}`),
  ]
}

function insideSteps(service: ServiceChart, port: PortChart): readonly Step[] {
  return [sends('C', 'N', `${wordsOf(port).connect} to ${service.clusterIP ?? service.name} port ${port.port}`)]
}

/** From the rules to the Pod and back, or to where it ends. */
function onward(service: ServiceChart, port: PortChart, backend: BackendChart | undefined): readonly Step[] {
  const isOutside = service.type !== 'ClusterIP'
  const named = port.name === '' ? '' : ` ${port.name}`
  const by = isOutside && port.nodePort > 0 ? `nodePort ${port.nodePort} = ` : ''
  const what = `${by}Service ${serviceTitle(service)} port ${portText(port)}${named}`
  if (backend?.port == null) {
    const why = port.problem
    return [
      note(['N'], what, `no endpoint${why?.rule == null ? '' : `, ${why.rule}`}`, ...(why === null ? [] : [why.text])),
      breaks('N', 'C', port.protocol === 'UDP' ? 'ICMP port unreachable' : 'refused, no endpoint behind the Service'),
    ]
  }
  const ready = port.backends.filter((one) => one.ready && one.port !== null)
  const picked =
    backend.address === null ? `picks one, port ${backend.port}` : `picks ${backend.address} port ${backend.port}`
  const count = ready.length === 1 && backend.kind !== 'Pod' ? (backend.replicas ?? 1) : ready.length
  const { accepted, ask, answer } = wordsOf(port)
  return [
    note(['N'], what, `${count} ready ${count === 1 ? 'endpoint' : 'endpoints'}, ${picked}`),
    sends('N', 'P', `destination rewritten to ${backend.address ?? 'the Pod'} port ${backend.port}`),
    ...(isOutside && service.externalTrafficPolicy === 'Cluster'
      ? [note(['N', 'P'], 'source rewritten to the node, policy Cluster')]
      : isOutside
        ? [note(['N', 'P'], 'source kept, policy Local')]
        : []),
    ...(backend.socket?.problem == null
      ? [replies('P', 'C', accepted), ...(ask === '' ? [] : [sends('C', 'P', ask), replies('P', 'C', answer)])]
      : refusedBy(backend.socket, port)),
  ]
}

/** The Pod's own kernel answers where nothing listens. */
function refusedBy({ listens, problem }: SocketChart, { protocol }: PortChart): readonly Step[] {
  const what = protocol === 'UDP' ? 'ICMP port unreachable' : 'RST'
  return [note(['P'], `${problem?.rule}: ${listens}`), breaks('P', 'C', `${what}, ${problem?.text}`)]
}

function headlessSequence(
  service: ServiceChart,
  port: PortChart,
  backend: BackendChart | undefined,
  clusterDomain: string,
): Sequence {
  const client = { id: 'C', lines: ['a Pod', 'of the cluster'], actor: true }
  const dns = { id: 'D', lines: ['DNS'], actor: false }
  const pod = backend === undefined ? [] : [{ id: 'P', lines: podLines(backend), actor: false }]
  const { connect, ask, answer } = wordsOf(port)
  const address = backend?.address ?? 'the address of every ready Pod'
  const rest =
    backend === undefined
      ? [breaks('D', 'C', `no address${port.problem?.rule == null ? '' : `, ${port.problem.rule}`}`)]
      : [
          replies('D', 'C', `A ${address}`),
          sends('C', 'P', `${connect} to ${backend.address ?? 'the Pod'} port ${port.port}, nothing is rewritten`),
          ...(ask === ''
            ? [replies('P', 'C', 'answer')]
            : [sends('C', 'P', ask.replace(' through the same rewrites', '')), replies('P', 'C', answer)]),
        ]
  return {
    title: `One request from a Pod to headless Service ${serviceTitle(service)} and back`,
    description: 'the name gives the addresses of the Pods, the client dials one of them',
    participants: [client, dns, ...pod],
    steps: [sends('C', 'D', `A and AAAA ${dnsName(service, clusterDomain)}`), ...rest],
  }
}

/** A name, then one connection to each of two endpoints. */
export function dnsSequence(service: ServiceChart, clusterDomain: string): Sequence {
  const name = dnsName(service, clusterDomain)
  const search = searchDomains(service.namespace, clusterDomain)
  const client = { id: 'A', lines: ['a Pod', `in namespace ${service.namespace}`], actor: false }
  const dns = { id: 'D', lines: ['DNS'], actor: false }
  const lookup = [
    note(['A'], `search ${search[0] ?? ''}`, ...search.slice(1), 'ndots 5'),
    sends('A', 'D', `A and AAAA ${name}`),
  ]
  const title = `Name ${service.name} in namespace ${service.namespace}, then the requests`
  if (service.externalName !== null) {
    const target = { id: 'P', lines: [service.externalName, 'outside of the cluster'], actor: false }
    return {
      title,
      description: `the name is an alias of ${service.externalName}`,
      participants: [client, dns, target],
      steps: [
        ...lookup,
        replies('D', 'A', `CNAME ${service.externalName}`),
        sends('A', 'P', 'the client chooses the port'),
      ],
    }
  }
  return connections(service, { title, client, dns, lookup })
}

interface Lookup {
  readonly title: string
  readonly client: Participant
  readonly dns: Participant
  readonly lookup: readonly Step[]
}

function connections(service: ServiceChart, { title, client, dns, lookup }: Lookup): Sequence {
  const [port] = service.ports
  const usable = (port?.backends ?? []).filter((backend) => backend.ready && backend.port !== null)
  const pods = twoOf(usable)
  const isHeadless = service.type === 'Headless'
  const rules = isHeadless ? [] : [{ id: 'R', lines: ["rules on the Pod's node"], actor: false }]
  const ends = pods.map(({ lines }, i): Participant => ({ id: i === 0 ? 'P' : 'Q', lines, actor: false }))
  const address = isHeadless
    ? pods
        .map(({ backend }) => backend.address ?? 'the address of every ready Pod')
        .filter((text, i, all) => all.indexOf(text) === i)
        .join(', ')
    : `${service.clusterIP ?? 'the ClusterIP'}${service.clusterIP === null ? '' : ', the ClusterIP'}`
  const answer =
    isHeadless && pods.length === 0
      ? breaks('D', 'A', 'no address: no Pod is ready')
      : replies('D', 'A', `A ${address}, AAAA no data`)
  const steps =
    port === undefined
      ? []
      : pods.flatMap((pod, i) => oneConnection(service, port, pod.backend, ends[i]?.id ?? 'P', i + 1))
  const none = pods.length === 0 && !isHeadless && port !== undefined
  return {
    title,
    description: `search list, ${isHeadless ? 'answers of a headless Service' : 'answer'}, ${pods.length} connections`,
    participants: [client, dns, ...rules, ...ends],
    steps: [
      ...lookup,
      answer,
      ...steps,
      ...(none
        ? [
            sends('A', 'R', `connection 1 to port ${port.port}`),
            breaks('R', 'A', `refused: no endpoint${port.problem?.rule == null ? '' : `, ${port.problem.rule}`}`),
          ]
        : []),
      ...(isHeadless || pods.length === 0 ? [] : [note(['R'], ...algorithmLines(service))]),
    ],
  }
}

/** The algorithm that is really in force. */
function algorithmLines({ algorithm, sessionAffinity }: ServiceChart): readonly string[] {
  if (sessionAffinity) return ['session affinity:', 'one client stays on one Pod']
  return [`${algorithm},`, 'one endpoint per connection']
}

function oneConnection(
  service: ServiceChart,
  port: PortChart,
  backend: BackendChart,
  id: string,
  number: number,
): readonly Step[] {
  const { answer } = wordsOf(port)
  const target = numberText(backend.port ?? 0, port.protocol)
  const end = replies(id, 'A', answer === '' ? 'answer' : answer)
  if (service.type === 'Headless') {
    return [sends('A', id, `connection ${number} to ${backend.address ?? 'the Pod'} port ${target}`), end]
  }
  const first = `connection ${number} to ${service.clusterIP ?? 'the ClusterIP'} port ${port.port}`
  return [sends('A', 'R', first), sends('R', id, `to ${backend.address ?? 'the Pod'} port ${target}`), end]
}

/** Two Pods, of one workload where there is only one. */
function twoOf(
  usable: readonly BackendChart[],
): readonly { readonly backend: BackendChart; readonly lines: readonly string[] }[] {
  const [first, second] = usable
  if (first === undefined) return []
  if (second !== undefined) return [first, second].map((backend) => ({ backend, lines: podLines(backend) }))
  if (first.kind === 'Pod' || (first.replicas ?? 2) < 2) return [{ backend: first, lines: podLines(first) }]
  return ['one', 'another'].map((word) => ({ backend: first, lines: [`${word} Pod of ${backendTitle(first)}`] }))
}
