import { encodeBase64 } from './base64.ts'
import type { Namespace, Secret } from './core.ts'

/** Moves stringData into data, where it wins, and gives the type. */
export function setDefaultsSecret(secret: Secret): Secret {
  const { stringData, ...rest } = secret
  const type = rest.type || 'Opaque'
  if (stringData === undefined) return { ...rest, type }
  const encoded = Object.entries(stringData).map(([key, text]) => [key, encodeBase64(text)])
  return { ...rest, type, data: { ...rest.data, ...Object.fromEntries(encoded) } }
}

export function setDefaultsNamespace(namespace: Namespace): Namespace {
  const { metadata, spec = {}, status = {} } = namespace
  const labels = { ...metadata.labels, 'kubernetes.io/metadata.name': metadata.name }
  return {
    ...namespace,
    metadata: metadata.name === '' ? metadata : { ...metadata, labels },
    spec: { ...spec, finalizers: spec.finalizers ?? ['kubernetes'] },
    status: { ...status, phase: status.phase ?? 'Active' },
  }
}
