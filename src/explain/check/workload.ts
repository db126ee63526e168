/** What makes Pods, with the template they are made from. */
import type { ManifestObject } from '../../manifest/manifest.ts'
import type { JsonObject, JsonValue } from '../../manifest/node.ts'
import { labelsAt, listAt, numberAt, objectAt, type Path, scalarText, textAt, valueAt } from './json.ts'

export interface ContainerPort {
  readonly path: Path
  readonly name: string
  readonly containerPort: number
  readonly protocol: string
  /** 0 where there is none. */
  readonly hostPort: number
  readonly hostIP: string
}

export interface EnvironmentVariable {
  readonly path: Path
  readonly name: string
  /** Undefined where it comes from elsewhere. */
  readonly value: string | undefined
}

export interface Container {
  readonly path: Path
  readonly name: string
  readonly image: string
  readonly ports: readonly ContainerPort[]
  readonly env: readonly EnvironmentVariable[]
  /** `command` and `args`, each with its path. */
  readonly words: readonly { readonly text: string; readonly path: Path }[]
  readonly value: JsonValue
}

export interface Workload {
  readonly object: ManifestObject
  readonly kind: string
  readonly namespace: string
  readonly name: string
  /** Of its Pods. */
  readonly labels: Readonly<Record<string, string>>
  readonly labelsPath: Path
  /** Of the workload itself. */
  readonly ownLabels: Readonly<Record<string, string>>
  readonly podPath: Path
  readonly podSpec: JsonObject
  /** Those that serve: containers, then restartable init containers. */
  readonly containers: readonly Container[]
  readonly initContainers: readonly Container[]
  /** Undefined where it is not a number of this workload (DaemonSet, Job). */
  readonly replicas: number | undefined
  readonly hostNetwork: boolean
}

const TEMPLATE = ['spec', 'template']
const TEMPLATES: Readonly<Record<string, Path>> = {
  Pod: [],
  Deployment: TEMPLATE,
  ReplicaSet: TEMPLATE,
  ReplicationController: TEMPLATE,
  StatefulSet: TEMPLATE,
  DaemonSet: TEMPLATE,
  Job: TEMPLATE,
  CronJob: ['spec', 'jobTemplate', 'spec', 'template'],
}
const REPLICATED = new Set(['Deployment', 'ReplicaSet', 'ReplicationController', 'StatefulSet'])

/** Without a number the API refuses it. */
function readContainerPort(value: JsonValue, path: Path): readonly ContainerPort[] {
  const containerPort = numberAt(value, 'containerPort')
  if (containerPort === undefined) return []
  return [
    {
      path,
      name: textAt(value, 'name') ?? '',
      containerPort,
      protocol: textAt(value, 'protocol') ?? 'TCP',
      hostPort: numberAt(value, 'hostPort') ?? 0,
      hostIP: textAt(value, 'hostIP') ?? '',
    },
  ]
}

function readContainer(value: JsonValue, path: Path): Container {
  const words = ['command', 'args'].flatMap((field) =>
    listAt(value, field).map((word, i) => ({ text: scalarText(word), path: [...path, field, i] })),
  )
  return {
    path,
    name: textAt(value, 'name') ?? '',
    image: textAt(value, 'image') ?? '',
    ports: listAt(value, 'ports').flatMap((port, i) => readContainerPort(port, [...path, 'ports', i])),
    env: listAt(value, 'env').map((entry, i) => ({
      path: [...path, 'env', i],
      name: textAt(entry, 'name') ?? '',
      value: textAt(entry, 'value'),
    })),
    words,
    value,
  }
}

function isRestartable({ value }: Container): boolean {
  return textAt(value, 'restartPolicy') === 'Always'
}

/** Where the Pod template stands; undefined for what makes no Pods. Foreign kinds count when they hold one. */
function templatePath({ kind, apiVersion, value }: ManifestObject): Path | undefined {
  const isOwnGroup = /^(?:v1|(?:apps|batch|extensions)\/\w+)$/.test(apiVersion)
  if (isOwnGroup) return Object.hasOwn(TEMPLATES, kind) ? TEMPLATES[kind] : undefined
  // Knative's Service makes the labels of its Pods itself.
  const isForeign = /^(?:Rollout|CloneSet|DeploymentConfig|AdvancedStatefulSet)$/.test(kind)
  return isForeign && listAt(value, ...TEMPLATE, 'spec', 'containers').length > 0 ? TEMPLATE : undefined
}

/** Undefined for an object that makes no Pods. */
export function readWorkload(object: ManifestObject, namespace: string): Workload | undefined {
  const path = templatePath(object)
  if (path === undefined) return undefined
  const podPath = [...path, 'spec']
  const podSpec = objectAt(object.value, ...podPath)
  const read = (field: string): Container[] =>
    listAt(podSpec, field).map((value, i) => readContainer(value, [...podPath, field, i]))
  const initContainers = read('initContainers')
  const isReplicated = REPLICATED.has(object.kind) || !Object.hasOwn(TEMPLATES, object.kind)
  return {
    object,
    kind: object.kind,
    namespace,
    name: object.name ?? object.generateName ?? '',
    labels: labelsAt(object.value, ...path, 'metadata', 'labels'),
    labelsPath: [...path, 'metadata', 'labels'],
    ownLabels: labelsAt(object.value, 'metadata', 'labels'),
    podPath,
    podSpec,
    containers: [...read('containers'), ...initContainers.filter(isRestartable)],
    initContainers,
    replicas: isReplicated ? (numberAt(object.value, 'spec', 'replicas') ?? 1) : undefined,
    hostNetwork: valueAt(podSpec, 'hostNetwork') === true,
  }
}

export function isJob({ kind }: Workload): boolean {
  return kind === 'Job' || kind === 'CronJob'
}

export type DeclaredPort = ContainerPort & { readonly container: Container }

const declaredOf = new WeakMap<Workload, readonly DeclaredPort[]>()

/** Every declared port of the Pod, in the order in which Kubernetes looks; put together once. */
export function declaredPorts(workload: Workload): readonly DeclaredPort[] {
  let declared = declaredOf.get(workload)
  if (declared === undefined) {
    declared = workload.containers.flatMap((container) => container.ports.map((port) => ({ ...port, container })))
    declaredOf.set(workload, declared)
  }
  return declared
}

/** As Kubernetes resolves a named targetPort: the first container port with that name and protocol. */
export function findNamedPort(workload: Workload, name: string, protocol: string): DeclaredPort | undefined {
  return declaredPorts(workload).find((port) => port.name === name && port.protocol === protocol)
}
