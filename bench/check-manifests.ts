/** Manifests for the bench of `portolan check`: sound ones, so that every rule looks at all of them. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const APPS_IN_NAMESPACE = 40
const APPS_IN_FILE = 10

/** Objects that one application has. */
export const OBJECTS_OF_APP = 5

/** Writes `objects` objects into files of 50, as YAML in block style with a Deployment, a Service and what belongs to them. */
export function writeManifests(folder: string, objects: number): void {
  mkdirSync(folder, { recursive: true })
  const apps = objects / OBJECTS_OF_APP
  for (let first = 0; first < apps; first += APPS_IN_FILE) {
    const texts = Array.from({ length: Math.min(APPS_IN_FILE, apps - first) }, (_, i) => application(first + i, apps))
    writeFileSync(join(folder, `apps-${first}.yaml`), texts.join('---\n'))
  }
}

function application(index: number, apps: number): string {
  const group = Math.floor(index / APPS_IN_NAMESPACE)
  const namespace = `team-${group}`
  const name = `app-${index}`
  const neighbour = Math.min(group * APPS_IN_NAMESPACE + ((index + 1) % APPS_IN_NAMESPACE), apps - 1)
  return [
    deployment(name, namespace, `app-${neighbour}`),
    service(name, namespace),
    configMap(name, namespace, `app-${neighbour}`),
    ingress(name, namespace),
    networkPolicy(name, namespace, `app-${neighbour}`),
  ].join('---\n')
}

const deployment = (name: string, namespace: string, upstream: string): string => `apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
  namespace: ${namespace}
  labels:
    app.kubernetes.io/name: ${name}
    app.kubernetes.io/part-of: ${namespace}
spec:
  replicas: 2
  selector:
    matchLabels:
      app.kubernetes.io/name: ${name}
  template:
    metadata:
      labels:
        app.kubernetes.io/name: ${name}
        app.kubernetes.io/part-of: ${namespace}
    spec:
      containers:
        - name: main
          image: registry.example.com/${namespace}/${name}:1.2.3
          args: ["--listen", "0.0.0.0:8080"]
          env:
            - name: UPSTREAM_URL
              value: http://${upstream}:80/api
            - name: LOG_LEVEL
              valueFrom:
                configMapKeyRef:
                  name: ${name}
                  key: level
          ports:
            - name: http
              containerPort: 8080
          readinessProbe:
            httpGet:
              path: /healthz
              port: http
          resources:
            requests:
              cpu: 100m
              memory: 128Mi
            limits:
              memory: 256Mi
`

const service = (name: string, namespace: string): string => `apiVersion: v1
kind: Service
metadata:
  name: ${name}
  namespace: ${namespace}
  labels:
    app.kubernetes.io/name: ${name}
spec:
  selector:
    app.kubernetes.io/name: ${name}
  ports:
    - name: http
      port: 80
      targetPort: http
`

const configMap = (name: string, namespace: string, upstream: string): string => `apiVersion: v1
kind: ConfigMap
metadata:
  name: ${name}
  namespace: ${namespace}
data:
  level: info
  settings.yaml: |
    upstream: http://${upstream}.${namespace}.svc:80
    timeout: 5s
`

const ingress = (name: string, namespace: string): string => `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: ${name}
  namespace: ${namespace}
spec:
  ingressClassName: nginx
  rules:
    - host: ${name}.example.com
      http:
        paths:
          - path: /
            pathType: Prefix
            backend:
              service:
                name: ${name}
                port:
                  name: http
`

const networkPolicy = (name: string, namespace: string, upstream: string): string => `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: ${name}
  namespace: ${namespace}
spec:
  podSelector:
    matchLabels:
      app.kubernetes.io/name: ${name}
  policyTypes: [Ingress, Egress]
  ingress:
    - ports:
        - port: http
  egress:
    - ports:
        - port: 53
          protocol: UDP
        - port: 53
    - to:
        - podSelector:
            matchLabels:
              app.kubernetes.io/name: ${upstream}
      ports:
        - port: 8080
`
