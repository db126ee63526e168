import { decodeObject } from '../../api/decode.ts'
import type { AnyObject, Kind } from '../../api/kinds.ts'
import { snapshotOf, type Snapshot } from '../../model/snapshot.ts'

/** The kinds that DNS looks at. */
export const DNS_KINDS: readonly Kind[] = ['Namespace', 'Service', 'EndpointSlice', 'Pod']

/**
 * A snapshot of objects as files and `kubectl get -o json` have them: of DNS_KINDS, the others are passed over. A namespace
 * that holds an object exists. What cannot be decoded is left out: whoever read the text has told of it.
 */
export function dnsSnapshot(values: readonly { readonly kind: string; readonly value: unknown }[]): Snapshot {
  const objects = values.flatMap(({ kind, value }) => {
    const known = DNS_KINDS.find((name) => name === kind)
    if (known === undefined) return []
    const decoded = decodeObject(known, value)
    return 'object' in decoded ? [inNamespace(decoded.object)] : []
  })
  const implied = new Set(objects.flatMap(({ metadata }) => metadata.namespace ?? []))
  const namespaces = [...implied].map(
    (name): AnyObject => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }),
  )
  return snapshotOf([...namespaces, ...objects])
}

function inNamespace(object: AnyObject): AnyObject {
  if (object.kind === 'Namespace' || object.metadata.namespace !== undefined) return object
  return { ...object, metadata: { ...object.metadata, namespace: 'default' } }
}
