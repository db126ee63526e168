/** An object from the wire, as far as it is used: a cluster has many, and most of each is never looked at. */
import type { Pod, Service } from '../api/core.ts'
import { decodeObject } from '../api/decode.ts'
import type { EndpointSlice, SliceEndpoint } from '../api/discovery.ts'
import { fieldErrorMessage } from '../api/field-error.ts'
import { KINDS, type AnyObject, type Kind } from '../api/kinds.ts'
import type { ObjectMeta } from '../api/meta.ts'
import { fieldOf } from './list.ts'

/** An object, or why it cannot be used. */
export type ReadObject = { readonly object: AnyObject } | { readonly problem: string }

/** The items of a list do not say what they are. */
export function readObject(kind: Kind, value: unknown, parts: 'whole' | 'used'): ReadObject {
  if (typeof value !== 'object' || value === null) return { problem: 'it is no object' }
  const decoded = decodeObject(kind, { ...value, apiVersion: KINDS[kind].apiVersion, kind })
  if ('errors' in decoded) return { problem: decoded.errors.map(fieldErrorMessage).join('; ') }
  const { object } = decoded
  if (object.metadata.name === '') return { problem: 'it has no name' }
  const problem = faultOf(object)
  if (problem !== undefined) return { problem }
  return { object: parts === 'whole' ? object : trim(object) }
}

/** `namespace/name`, as far as it can be read. */
export function nameOf(value: unknown): string {
  const metadata = fieldOf(value, 'metadata')
  const [namespace, name] = [fieldOf(metadata, 'namespace'), fieldOf(metadata, 'name')]
  return [namespace, name].filter((part) => typeof part === 'string' && part !== '').join('/')
}

/** What an API server would have refused, and rules cannot express. */
function faultOf(object: AnyObject): string | undefined {
  if (object.kind === 'Service') return serviceFault(object)
  return object.kind === 'EndpointSlice' ? sliceFault(object) : undefined
}

function serviceFault({ spec: { ports = [] } }: Service): string | undefined {
  for (const [i, { port, nodePort = 0, protocol = 'TCP' }] of ports.entries()) {
    if (!isPort(port)) return `spec.ports[${i}].port ${port} is no port`
    if (nodePort !== 0 && !isPort(nodePort)) return `spec.ports[${i}].nodePort ${nodePort} is no port`
    if (!PROTOCOLS.has(protocol)) return `spec.ports[${i}].protocol ${protocol} is unknown`
  }
  return undefined
}

function sliceFault({ ports = [] }: EndpointSlice): string | undefined {
  const wrong = ports.findIndex(({ port = 1 }) => port !== 0 && !isPort(port))
  return wrong === -1 ? undefined : `ports[${wrong}].port ${ports[wrong]?.port} is no port`
}

const PROTOCOLS: ReadonlySet<string> = new Set(['TCP', 'UDP', 'SCTP'])

function isPort(value: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= 65_535
}

/** Labels that decide something here: selectors have been followed already. */
const LABELS = /^(service|topology|endpointslice)?\.?kubernetes\.io\//
/** The same of annotations. */
const ANNOTATIONS = /^(portolan\.dev\/|service\.kubernetes\.io\/|endpoints\.kubernetes\.io\/last-change-trigger-time$)/

function trim(object: AnyObject): AnyObject {
  const metadata = trimMetadata(object.metadata)
  switch (object.kind) {
    case 'Pod':
      return trimPod(object, metadata)
    case 'Node': {
      const { apiVersion, kind, spec = {}, status = {} } = object
      const { addresses = [] } = status
      return { apiVersion, kind, metadata, spec, status: { addresses } }
    }
    case 'EndpointSlice':
      return { ...object, metadata, endpoints: object.endpoints.map(trimEndpoint) }
    default:
      return { ...object, metadata }
  }
}

/** Exactly what is listed: a server adds managedFields, which are longer than the rest. */
function trimMetadata(metadata: ObjectMeta): ObjectMeta {
  const { name, namespace, uid, resourceVersion, creationTimestamp, deletionTimestamp } = metadata
  const [labels, annotations] = [keep(metadata.labels, LABELS), keep(metadata.annotations, ANNOTATIONS)]
  return {
    name,
    ...(namespace === undefined ? {} : { namespace: shared(namespace) }),
    ...(uid === undefined ? {} : { uid }),
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
    ...(creationTimestamp === undefined ? {} : { creationTimestamp }),
    ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }),
    ...(labels === undefined ? {} : { labels }),
    ...(annotations === undefined ? {} : { annotations }),
  }
}

type Texts = Readonly<Record<string, string>>

function keep(all: Texts | undefined, used: RegExp): Texts | undefined {
  const kept = Object.entries(all ?? {}).filter(([key]) => used.test(key))
  return kept.length === 0 ? undefined : Object.fromEntries(kept)
}

/** The same few nodes and zones stand in many endpoints: each text is kept once. */
function trimEndpoint(endpoint: SliceEndpoint): SliceEndpoint {
  const { nodeName, zone, targetRef } = endpoint
  return {
    ...endpoint,
    ...(nodeName === undefined ? {} : { nodeName: shared(nodeName) }),
    ...(zone === undefined ? {} : { zone: shared(zone) }),
    ...(targetRef?.name === undefined
      ? {}
      : { targetRef: { kind: shared(targetRef.kind ?? ''), name: targetRef.name } }),
  }
}

const texts = new Map<string, string>()

function shared(text: string): string {
  const known = texts.get(text)
  if (known === undefined) texts.set(text, text)
  return known ?? text
}

function trimPod({ apiVersion, kind, spec, status = {} }: Pod, metadata: ObjectMeta): Pod {
  const { nodeName, hostname, subdomain, hostNetwork } = spec
  const { phase, podIP, podIPs, conditions } = status
  return {
    apiVersion,
    kind,
    metadata,
    spec: {
      containers: [],
      ...(nodeName === undefined ? {} : { nodeName }),
      ...(hostname === undefined ? {} : { hostname }),
      ...(subdomain === undefined ? {} : { subdomain }),
      ...(hostNetwork === undefined ? {} : { hostNetwork }),
    },
    status: {
      ...(phase === undefined ? {} : { phase }),
      ...(podIP === undefined ? {} : { podIP }),
      ...(podIPs === undefined ? {} : { podIPs }),
      ...(conditions === undefined ? {} : { conditions }),
    },
  }
}
