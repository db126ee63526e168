/** What every namespace has from the start: the ServiceAccount `default`, and the authority that signed the API's certificate. */
import type { ConfigMap, ServiceAccount } from '../api/core.ts'
import type { AnyObject } from '../api/kinds.ts'
import type { Change } from '../model/change.ts'
import { get, list, type Snapshot } from '../model/snapshot.ts'
import type { Controller } from './controller.ts'
import { updateTo } from './helpers/changes.ts'

const ACCOUNT = 'default'
/** The one in this namespace is written by the API server; the others are its copies. */
export const ROOT_CA = { namespace: 'kube-system', name: 'kube-root-ca.crt' } as const

export const serviceAccountController: Controller = {
  name: 'service-accounts',
  watches: ['Namespace', 'ServiceAccount', 'ConfigMap'],
  keys,
  reconcile: reconcileNamespaceDefaults,
}

function keys(object: AnyObject, snapshot: Snapshot): readonly string[] {
  const { name, namespace = '' } = object.metadata
  if (object.kind === 'Namespace') return [name]
  if (object.kind === 'ServiceAccount') return name === ACCOUNT ? [namespace] : []
  if (object.kind !== 'ConfigMap' || name !== ROOT_CA.name) return []
  return namespace === ROOT_CA.namespace
    ? list(snapshot, 'Namespace').map(({ metadata }) => metadata.name)
    : [namespace]
}

/** `key`: the name of a Namespace. */
export function reconcileNamespaceDefaults(snapshot: Snapshot, key: string): readonly Change[] {
  const namespace = get(snapshot, 'Namespace', key)
  if (namespace === undefined || namespace.metadata.deletionTimestamp !== undefined) return []
  const account: ServiceAccount = {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { namespace: key, name: ACCOUNT },
  }
  const hasAccount = get(snapshot, 'ServiceAccount', `${key}/${ACCOUNT}`) !== undefined
  return [...(hasAccount ? [] : [{ verb: 'create', object: account } as const]), ...authority(snapshot, key)]
}

function authority(snapshot: Snapshot, namespace: string): readonly Change[] {
  const { data } = get(snapshot, 'ConfigMap', `${ROOT_CA.namespace}/${ROOT_CA.name}`) ?? {}
  if (data === undefined) return []
  const stored = get(snapshot, 'ConfigMap', `${namespace}/${ROOT_CA.name}`)
  return stored === undefined
    ? [{ verb: 'create', object: rootAuthority(namespace, data) }]
    : updateTo(stored, { ...stored, data })
}

/** `data`: `ca.crt`, the certificate of the authority as PEM. */
export function rootAuthority(namespace: string, data: Readonly<Record<string, string>>): ConfigMap {
  const annotations = {
    'kubernetes.io/description':
      'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.',
  }
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace, name: ROOT_CA.name, annotations }, data }
}
