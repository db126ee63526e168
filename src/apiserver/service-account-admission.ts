/** What the admission plugin ServiceAccount does to a new Pod: its programs find the API server and a token for it. */
import type { Container, Pod, ServiceAccount, Volume } from '../api/core.ts'
import { API_ACCESS_VOLUME } from '../api/volumes.ts'
import { freeName } from '../model/hash.ts'
import { get, objectKey, type Snapshot } from '../model/snapshot.ts'

const MOUNT_PATH = '/var/run/secrets/kubernetes.io/serviceaccount'
/** One value for all Pods, which is held once. An hour, and a few seconds by which Kubernetes knows its own tokens. */
const PROJECTED: NonNullable<Volume['projected']> = {
  defaultMode: 0o644,
  sources: [
    { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
    { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
    {
      downwardAPI: { items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }] },
    },
  ],
}

/** The Pod with what its ServiceAccount gives it. One that names an account that is not there is treated like the others. */
export function admitServiceAccount(pod: Pod, snapshot: Snapshot): Pod {
  const { spec, metadata } = pod
  const name = spec.serviceAccountName || spec.serviceAccount || 'default'
  const account = get(snapshot, 'ServiceAccount', `${metadata.namespace}/${name}`)
  const withToken = isMounted(pod, account) ? withApiAccess(pod) : pod
  const secrets = account?.imagePullSecrets ?? []
  if (secrets.length === 0 || (spec.imagePullSecrets ?? []).length > 0) return withToken
  return { ...withToken, spec: { ...withToken.spec, imagePullSecrets: secrets } }
}

/** What the Pod says comes first. */
function isMounted({ spec }: Pod, account: ServiceAccount | undefined): boolean {
  return spec.automountServiceAccountToken ?? account?.automountServiceAccountToken ?? true
}

function withApiAccess(pod: Pod): Pod {
  const { containers, initContainers, volumes = [] } = pod.spec
  const own = volumes.find((volume) => volume.name.startsWith(API_ACCESS_VOLUME))?.name
  const isTaken = (candidate: string): boolean => volumes.some((volume) => volume.name === candidate)
  const name = own ?? freeName(API_ACCESS_VOLUME, objectKey(pod), isTaken)
  const all = [...containers, ...(initContainers ?? [])]
  if (all.every(hasMount)) return pod
  const mounting = (container: Container): Container =>
    hasMount(container) ? container : { ...container, volumeMounts: [...(container.volumeMounts ?? []), mount(name)] }
  const spec = {
    ...pod.spec,
    containers: containers.map(mounting),
    ...(initContainers && { initContainers: initContainers.map(mounting) }),
    ...(own === undefined && { volumes: [...volumes, { name, projected: PROJECTED }] }),
  }
  return { ...pod, spec }
}

const mount = (name: string): NonNullable<Container['volumeMounts']>[number] => ({
  name,
  readOnly: true,
  mountPath: MOUNT_PATH,
})

/** Whoever mounts something of their own there keeps it. */
function hasMount({ volumeMounts = [] }: Container): boolean {
  return volumeMounts.some(({ mountPath }) => mountPath === MOUNT_PATH)
}
