/** Hand-written Endpoints and EndpointSlices: what a Service without a selector sends to. */
import type { ManifestObject } from '../../manifest/manifest.ts'
import type { JsonValue } from '../../manifest/node.ts'
import { labelsAt, listAt, numberAt, type Path, scalarText, textAt } from './json.ts'

export const SERVICE_NAME_LABEL = 'kubernetes.io/service-name'

export interface EndpointSetPort {
  readonly path: Path
  readonly name: string
  readonly port: number | undefined
  readonly protocol: string
}

/** An EndpointSlice, or one subset of an Endpoints object. */
export interface EndpointSet {
  readonly object: ManifestObject
  readonly namespace: string
  /** Name of the Service; empty where a slice has no label for it. */
  readonly service: string
  readonly addresses: readonly { readonly address: string; readonly path: Path }[]
  readonly ports: readonly EndpointSetPort[]
}

function readPorts(ports: readonly JsonValue[], path: Path): readonly EndpointSetPort[] {
  return ports.map((port, i) => ({
    path: [...path, i],
    name: textAt(port, 'name') ?? '',
    port: numberAt(port, 'port'),
    protocol: textAt(port, 'protocol') ?? 'TCP',
  }))
}

function readSlice(object: ManifestObject, namespace: string): EndpointSet {
  return {
    object,
    namespace,
    service: labelsAt(object.value, 'metadata', 'labels')[SERVICE_NAME_LABEL] ?? '',
    addresses: listAt(object.value, 'endpoints').flatMap((endpoint, i) =>
      listAt(endpoint, 'addresses').map((address, j) => ({
        address: scalarText(address),
        path: ['endpoints', i, 'addresses', j],
      })),
    ),
    ports: readPorts(listAt(object.value, 'ports'), ['ports']),
  }
}

/** Undefined for an object of another kind. */
export function readEndpoints(object: ManifestObject, namespace: string): readonly EndpointSet[] | undefined {
  if (object.kind === 'EndpointSlice') return [readSlice(object, namespace)]
  if (object.kind !== 'Endpoints') return undefined
  return listAt(object.value, 'subsets').map((subset, i) => ({
    object,
    namespace,
    service: object.name ?? '',
    addresses: ['addresses', 'notReadyAddresses'].flatMap((field) =>
      listAt(subset, field).map((entry, j) => ({
        address: textAt(entry, 'ip') ?? '',
        path: ['subsets', i, field, j, 'ip'],
      })),
    ),
    ports: readPorts(listAt(subset, 'ports'), ['subsets', i, 'ports']),
  }))
}
