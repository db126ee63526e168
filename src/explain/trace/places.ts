/** FROM and TO of a trace, as they are written. */

export type From =
  | { readonly kind: 'outside' }
  /** Without a name: some node. */
  | { readonly kind: 'node'; readonly name?: string }
  | {
      readonly kind: 'workload'
      /** `Pod`, or the kind of what makes Pods. */
      readonly workload: string
      readonly namespace?: string
      readonly name: string
    }

export type Protocol = 'TCP' | 'UDP'

export type To =
  | {
      readonly kind: 'host'
      /** A name or an address. */
      readonly host: string
      /** A number, or the name of a Service's port. */
      readonly port: number | string
      readonly protocol?: Protocol
      /** Of a URL. */
      readonly url?: { readonly scheme: string; readonly path: string }
    }
  | {
      readonly kind: 'service'
      readonly namespace?: string
      readonly name: string
      /** Undefined: the only one. */
      readonly port?: number | string
      readonly protocol?: Protocol
    }
  | {
      readonly kind: 'pod'
      readonly namespace?: string
      readonly name: string
      readonly port: number | string
      readonly protocol?: Protocol
    }
  | { readonly kind: 'node'; readonly name?: string; readonly port: number; readonly protocol?: Protocol }

const WORKLOADS: Readonly<Record<string, string>> = {
  pod: 'Pod',
  pods: 'Pod',
  po: 'Pod',
  deploy: 'Deployment',
  deployment: 'Deployment',
  deployments: 'Deployment',
  sts: 'StatefulSet',
  statefulset: 'StatefulSet',
  ds: 'DaemonSet',
  daemonset: 'DaemonSet',
  rs: 'ReplicaSet',
  replicaset: 'ReplicaSet',
  job: 'Job',
  cronjob: 'CronJob',
}
const NAME = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/
const PORTS: Readonly<Record<string, number>> = { http: 80, https: 443, ws: 80, wss: 443, grpc: 50051 }

/** A place, or one sentence that says what a place looks like. The namespace stands before or behind the kind. */
export function parseFrom(text: string): From | string {
  if (text === 'outside') return { kind: 'outside' }
  const parts = text.split('/')
  if (parts[0] === 'node' && parts.length <= 2) {
    const [, name] = parts
    if (name === undefined) return { kind: 'node' }
    return NAME.test(name) ? { kind: 'node', name } : fromProblem(text)
  }
  const [name = '', ...words] = [...parts].reverse()
  const kinds = words.flatMap((word) => WORKLOADS[word] ?? [])
  const [namespace, ...rest] = words.filter((word) => WORKLOADS[word] === undefined)
  const isRight = words.length > 0 && kinds.length <= 1 && rest.length === 0
  if (!isRight || !NAME.test(name) || (namespace !== undefined && !NAME.test(namespace))) return fromProblem(text)
  return { kind: 'workload', workload: kinds[0] ?? 'Pod', name, ...(namespace === undefined ? {} : { namespace }) }
}

function fromProblem(text: string): string {
  return `FROM ${JSON.stringify(text)}: say pod/NAME, deploy/NAME, NAMESPACE/pod/NAME, node, node/NAME or outside`
}

/** A destination, or one sentence that says what one looks like. */
export function parseTo(text: string): To | string {
  const url = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)([^#]*)/i.exec(text)
  if (url !== null) return parseURL(text, url)
  const [, bare = '', protocol] = /^(.*?)(?:\/(tcp|udp))?$/i.exec(text) ?? []
  const rest = protocol === undefined ? {} : ({ protocol: protocol.toUpperCase() === 'UDP' ? 'UDP' : 'TCP' } as const)
  const service = /^(?:([^/:]+)\/)?(?:svc|service|services)\/([^/:]+)(?::([^/:]+))?$/.exec(bare)
  if (service !== null) return parseService(text, service, rest)
  const pod = /^(?:([^/:]+)\/)?(?:pod|po|pods)\/([^/:]+):([^/:]+)$/.exec(bare)
  if (pod !== null) return parsePod(text, pod, rest)
  const node = /^node(?:\/([^/:]+))?:(\d+)$/.exec(bare)
  if (node !== null) {
    const [, name, digits] = node
    const port = portOf(digits)
    return typeof port === 'number' ? { kind: 'node', port, ...(name && { name }), ...rest } : toProblem(text)
  }
  const host = /^(\[[0-9a-fA-F:.]+\]|[^/:[\]]+):([^/:]+)$/.exec(bare)
  const port = portOf(host?.[2])
  if (host === null || port === undefined) return toProblem(text)
  const name = (host[1] ?? '').replaceAll(/[[\]]/g, '')
  return isHost(name) ? { kind: 'host', host: name, port, ...rest } : toProblem(text)
}

interface Rest {
  readonly protocol?: Protocol
}

function parseService(text: string, [, namespace, name = '', word]: RegExpExecArray, rest: Rest): To | string {
  const port = portOf(word)
  const isRight = NAME.test(name) && (namespace === undefined || NAME.test(namespace))
  if (!isRight || (word !== undefined && port === undefined)) return toProblem(text)
  return {
    kind: 'service',
    name,
    ...(namespace === undefined ? {} : { namespace }),
    ...(port === undefined ? {} : { port }),
    ...rest,
  }
}

function parsePod(text: string, [, namespace, name = '', word]: RegExpExecArray, rest: Rest): To | string {
  const port = portOf(word)
  if (port === undefined || !NAME.test(name)) return toProblem(text)
  return { kind: 'pod', name, port, ...(namespace === undefined ? {} : { namespace }), ...rest }
}

function parseURL(text: string, [, rawScheme = '', authority = '', path = '']: RegExpExecArray): To | string {
  const scheme = rawScheme.toLowerCase()
  const [, host = '', digits] = /^(?:[^@]*@)?(\[[0-9a-fA-F:.]+\]|[^:[\]]*)(?::(\d*))?$/.exec(authority) ?? []
  const name = host.replaceAll(/[[\]]/g, '')
  const port = digits === undefined || digits === '' ? PORTS[scheme] : portOf(digits)
  if (!isHost(name)) return toProblem(text)
  if (port === undefined) return `TO ${JSON.stringify(text)}: write the port, as in ${scheme}://${host}:8080/`
  const fullPath = path.startsWith('/') ? path : `/${path}`
  return { kind: 'host', host: name, port, protocol: 'TCP', url: { scheme, path: fullPath } }
}

function isHost(text: string): boolean {
  return text.length <= 253 && /^(?:[\w](?:[\w.-]*[\w])?\.?|[0-9a-fA-F:.]+)$/.test(text)
}

/** A number from 1 to 65535, or the name of a port. */
function portOf(text: string | undefined): number | string | undefined {
  if (text === undefined || text === '') return undefined
  if (!/^\d+$/.test(text)) return /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(text) ? text : undefined
  const number = Number(text)
  return number >= 1 && number <= 65_535 ? number : undefined
}

function toProblem(text: string): string {
  return `TO ${JSON.stringify(text)}: say a URL, svc/NAME:PORT, HOST:PORT, node:PORT or pod/NAME:PORT`
}
