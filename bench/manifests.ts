/** Manifests of the workloads, as text: JSON is YAML too. */

/** Away from the ports that examples and tests use. */
const FIRST_NODE_PORT = 31_700

/** A Service that is open on the host, and how many Pods answer behind it. */
export interface OpenService {
  readonly port: number
  readonly pods: number
}

export interface Scenario {
  readonly name: string
  readonly manifest: string
  readonly services: readonly OpenService[]
  readonly arguments: readonly string[]
}

/** `services` NodePort Services over `pods` stand-in Pods, the same number behind each. */
export function standIns(pods: number, services: number, ...args: readonly string[]): Scenario {
  const each = pods / services
  const indices = Array.from({ length: services }, (_, index) => index)
  const objects = indices.flatMap((index) => [
    nodePortService(`app-${index}`, FIRST_NODE_PORT + index),
    ...Array.from({ length: each }, (_, pod) => standInPod(`app-${index}`, `app-${index}-${pod}`)),
  ])
  return {
    name: `${pods} ${pods === 1 ? 'Pod' : 'Pods'} behind ${services} ${services === 1 ? 'Service' : 'Services'}`,
    manifest: manifestOf(objects),
    services: indices.map((index) => ({ port: FIRST_NODE_PORT + index, pods: each })),
    arguments: args,
  }
}

/** A Pod on node-1 that runs `command`, its NodePort and ClusterIP Service, and a stand-in Pod `relay` beside it. */
export function trafficManifest(command: string, port: number, nodePort: number): string {
  const server = standInPod('server', 'server')
  const onFirstNode = { ...server.spec, nodeName: 'node-1' }
  const annotations = { 'portolan.dev/run': command }
  return manifestOf([
    { ...server, metadata: { ...server.metadata, annotations }, spec: onFirstNode },
    { ...standInPod('relay', 'relay'), spec: onFirstNode },
    nodePortService('server', nodePort, port),
  ])
}

function manifestOf(items: readonly unknown[]): string {
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items })
}

function standInPod(app: string, name: string) {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels: { app } },
    spec: { containers: [{ name: 'main', image: 'nginx:1.21', ports: [{ containerPort: 80 }] }] },
  }
}

function nodePortService(app: string, nodePort: number, targetPort = 80) {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: app },
    spec: { type: 'NodePort', selector: { app }, ports: [{ port: 8080, targetPort, nodePort }] },
  }
}
