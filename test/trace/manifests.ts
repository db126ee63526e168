/** Manifests and requests for the tests of traces. */
import { parseManifest } from '../../src/manifest/parse.ts'
import type { Trace } from '../../src/explain/trace/report.ts'
import { parseRequest, traceManifest } from '../../src/explain/trace/static.ts'

/** The namespace of all objects. */
const NAMESPACE = 'shop'

export function deployment(
  name: string,
  options: { replicas?: number; ports?: string; args?: string; spec?: string; labels?: string } = {},
): string {
  const {
    replicas = 1,
    ports = '[{name: http, containerPort: 8080}]',
    args = '[]',
    spec = '',
    labels = `{app: ${name}}`,
  } = options
  return `apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}, namespace: shop}
spec:
  replicas: ${replicas}
  selector: {matchLabels: ${labels}}
  template:
    metadata: {labels: ${labels}}
    spec:
      ${spec}
      containers:
        - name: ${name}
          image: example/${name}
          args: ${args}
          ports: ${ports}
---
`
}

export function service(name: string, ports = '[{port: 80, targetPort: 8080}]', rest = '', namespace = 'shop'): string {
  return `apiVersion: v1
kind: Service
metadata: {name: ${name}, namespace: ${namespace}}
spec:
  ${rest === '' ? `selector: {app: ${name}}` : rest}
  ports: ${ports}
---
`
}

export function policy(name: string, spec: string): string {
  return `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: ${name}, namespace: shop}
spec: ${spec}
---
`
}

export const CLIENT: string = deployment('client')
export const WEB: string = deployment('web')
export const BASE: string = `${CLIENT}${WEB}${service('web')}`
export const DNS: string = '{ports: [{protocol: UDP, port: 53}]}'

export function trace(yaml: string, from: string, to: string): Trace {
  const request = parseRequest(from, to)
  if (typeof request === 'string') throw new Error(request)
  return traceManifest(parseManifest(yaml, 'a.yaml'), request, { namespace: NAMESPACE })
}

export function ingress(path: string, backend: string): string {
  return `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: front, namespace: shop}
spec: {rules: [{host: shop.example.com, http: {paths: [{path: ${path}, pathType: Prefix, backend: {service: ${backend}}}]}}]}
---
`
}

/** Name; manifests; FROM; TO; verdict, and where it is decided with its rule. */
export type Row = readonly [string, string, string, string, string]

export function decided({ verdict, paths, brokenAt, unknowns }: Trace): string {
  const kind = brokenAt ?? unknowns[0]?.hop
  if (verdict === 'DELIVERED' || kind === undefined) return verdict
  const wanted = brokenAt === null ? 'unknown' : 'fail'
  const hop = paths
    .flatMap(({ hops }) => hops)
    .find((candidate) => candidate.kind === kind && candidate.status === wanted)
  return [verdict, kind, hop?.rule].filter(Boolean).join(' ')
}
