/** The rules that only a running network can tell: `portolan trace` and `portolan ports` name them, `check` never does. */
import type { RulePage } from './input-rules.ts'

export interface LiveRule extends Omit<RulePage, 'examples' | 'off'> {
  /** The hop at which a trace names it, and a sentence as it stands there. */
  readonly hop: string
  readonly seen: string
}

export const liveRules: readonly LiveRule[] = [
  {
    code: 'PTL901',
    name: 'nothing-listening',
    severity: 'error',
    summary: 'No program of the Pod listens on the port that the packets go to.',
    why: 'The packet reaches the Pod, and its kernel answers with a reset: the client is refused at once. Endpoints and readiness may look fine, as a containerPort opens nothing.',
    remediation:
      'Set the targetPort to the port on which the program listens, which the trace names, or let the program listen on the targetPort. Where nothing listens at all, see why with `portolan logs`.',
    hop: 'socket',
    seen: 'nothing listens on 8080: node (pid 455) listens on *:3000',
  },
  {
    code: 'PTL902',
    name: 'listening-on-loopback-only',
    severity: 'error',
    summary: 'The program listens on the loopback address of its Pod only.',
    why: 'Packets from outside of the Pod do not arrive on loopback: the client is refused at once. From inside the Pod, and by `kubectl port-forward`, which connects to loopback, everything works.',
    remediation: 'Let the program listen on 0.0.0.0, or on :: for both families.',
    hop: 'socket',
    seen: 'node (pid 455) listens on 127.0.0.1:8080 only: nothing from outside of the Pod reaches it',
  },
  {
    code: 'PTL903',
    name: 'listening-on-other-family',
    severity: 'error',
    summary: 'The program listens on another address or for another IP family than the endpoint has.',
    why: 'A socket for IPv6 alone takes no IPv4, and one that is bound to another address of the Pod takes nothing for this one: the client is refused at once.',
    remediation: 'Let the program listen on :: without IPV6_V6ONLY, or on 0.0.0.0.',
    hop: 'socket',
    seen: 'node (pid 455) listens on *:8080 for IPv6 only',
  },
  {
    code: 'PTL904',
    name: 'endpoints-not-ready',
    severity: 'error',
    summary: 'The Service has Pods, and none of them is ready.',
    why: 'Pods that are not ready are no endpoints: the rules refuse the connection as if there were none. The address of the Pod itself may well answer.',
    remediation:
      'See why the readiness probe fails (`kubectl describe pod`, `portolan logs`), or whether a readiness gate or the node is the reason.',
    hop: 'endpoint',
    seen: 'none of 2 Pods is ready (web-0: the readiness probe fails)',
  },
  {
    code: 'PTL905',
    name: 'slice-without-port',
    severity: 'error',
    summary: 'The EndpointSlices of the Service list addresses, and no port for them.',
    why: 'An address without a port is no endpoint of a Service port: the client is refused at once. The endpoints controller writes such slices where a named targetPort is missing in every Pod.',
    remediation: 'Name the port in the Pods, or give the slice the port.',
    hop: 'endpoint',
    seen: 'its EndpointSlices list addresses and no port',
  },
  {
    code: 'PTL906',
    name: 'no-local-endpoint-here',
    severity: 'error',
    summary: 'The traffic policy is Local, and this node has no endpoint.',
    why: 'The node drops the packets instead of sending them to another one: the client gets a timeout from this node, and answers from others.',
    remediation: 'Use the policy Cluster, or run a Pod on every node, for example with a DaemonSet.',
    dependsOn: 'externalTrafficPolicy for what comes from outside, internalTrafficPolicy for what comes from Pods.',
    hop: 'endpoint',
    seen: 'no endpoint on node-2, and externalTrafficPolicy: Local: the packets are dropped',
  },
  {
    code: 'PTL907',
    name: 'load-balancer-pending',
    severity: 'error',
    summary: 'The Service of type LoadBalancer has no address.',
    why: 'Nothing outside knows where to send: there is no address to dial. The nodePorts work.',
    remediation: 'See what the controller of load balancers says, or dial a nodePort.',
    hop: 'entry',
    seen: 'the load balancer has no address yet',
  },
  {
    code: 'PTL908',
    name: 'dropped-by-rule',
    severity: 'error',
    summary: 'A rule of a packet filter or a source range ends the connection.',
    why: 'A dropped packet is a timeout for the client, a rejected one an error at once. Endpoints and sockets are fine, which is why looking at the Pod tells nothing.',
    remediation:
      'Look at the rule that the trace names: allow the client there, add its range to loadBalancerSourceRanges, or remove the table.',
    hop: 'entry, service or pod',
    seen: "packets to 10.244.1.3:8080 are dropped, though a program listens there: rules that are not Portolan's are on the way (node-1: inet filter)",
  },
  {
    code: 'PTL909',
    name: 'dns-no-answer',
    severity: 'error',
    summary: 'DNS does not answer, or answers with another address than the Service has.',
    why: 'The client never gets to a connection: it waits for the name, or dials the wrong address.',
    remediation: 'Look at the name server that the trace names and at what is between it and the client.',
    hop: 'name',
    seen: 'DNS says timeout to web.shop.svc.cluster.local (3 queries to 10.96.0.53)',
  },
  {
    code: 'PTL910',
    name: 'stale-endpoint',
    severity: 'error',
    summary: 'An endpoint is listed whose address does not answer.',
    why: 'The Pod is gone and its address is not: the client gets "no route to host" after three seconds, or a timeout, for its share of the connections.',
    remediation: 'Remove the address from the EndpointSlice; where a controller writes it, see why it does not.',
    hop: 'pod',
    seen: '10.244.1.9 does not answer: EHOSTUNREACH after 3070 ms',
  },
  {
    code: 'PTL911',
    name: 'accept-queue-full',
    severity: 'warning',
    summary: 'The program listens, and accepts no connection.',
    why: 'The kernel makes the connection and puts it into the queue of the socket: the client is connected and gets no answer. Once the queue is full, it gets a timeout.',
    remediation: 'See what the program waits for. A readiness probe takes such a Pod out of the Service.',
    hop: 'socket or application',
    seen: 'the program accepts no connection: 3 wait in its queue',
  },
  {
    code: 'PTL912',
    name: 'hairpin-not-possible',
    severity: 'warning',
    summary: 'The client is the only endpoint of its own Service, and cannot reach itself through it.',
    why: 'The packet comes back to the Pod with its own address as source, and is dropped unless the node masquerades it: one connection in as many as there are endpoints is a timeout.',
    remediation: 'Turn on hairpin mode in the network plugin, or let the program call itself on localhost.',
    dependsOn: "the network plugin. Portolan's own network masquerades such packets.",
    hop: 'service',
    seen: 'connections to 10.96.12.9:80 are dropped: the client is its only endpoint',
  },
]

export function findLiveRule(rule: string): LiveRule | undefined {
  return liveRules.find(({ code, name }) => code === rule.toUpperCase() || name === rule)
}

/** Markdown, with a line feed at its end. */
export function liveRulePage({
  code,
  name,
  severity,
  summary,
  why,
  remediation,
  dependsOn,
  hop,
  seen,
}: LiveRule): string {
  const kind = severity === 'error' ? 'an error' : 'a warning'
  return [
    `# ${code} ${name}`,
    '',
    summary,
    '',
    `It is ${kind} that \`portolan trace\` finds on a running network, at the hop ${hop}. \`portolan check\`, which sees manifests only, never reports it.`,
    '',
    '## What happens',
    '',
    why,
    ...(dependsOn === undefined ? [] : ['', `Depends on: ${dependsOn}`]),
    '',
    '## What to do',
    '',
    remediation,
    '',
    '## Found',
    '',
    '```text',
    seen,
    '```',
    '',
  ].join('\n')
}
