import type {
  Container,
  ContainerPort,
  Pod,
  PodSpec,
  PodStatus,
  PodTemplateSpec,
  Probe,
  Toleration,
  Volume,
} from './core.ts'

const DEFAULT_MODE = 0o644
const EVICTION_SECONDS = 300

/** The defaults of a Pod, its status included. */
export function setDefaultsPod(pod: Pod): Pod {
  const account = pod.spec.serviceAccountName || pod.spec.serviceAccount || 'default'
  const spec: PodSpec = {
    ...setDefaultsPodSpec(pod.spec),
    serviceAccountName: account,
    serviceAccount: account,
    enableServiceLinks: pod.spec.enableServiceLinks ?? true,
    priority: pod.spec.priority ?? 0,
    preemptionPolicy: pod.spec.preemptionPolicy ?? 'PreemptLowerPriority',
    tolerations: withEvictionTolerations(pod.spec.tolerations ?? []),
  }
  return { ...pod, spec }
}

/** What a new Pod's status says, whatever its creator wrote there. */
export function initialPodStatus(spec: PodSpec): PodStatus {
  return { phase: 'Pending', qosClass: qosClassOf(spec) }
}

/** A template gets what every Pod gets but not what is decided when the Pod is made. */
export function setDefaultsPodTemplate(template: PodTemplateSpec): PodTemplateSpec {
  return { ...template, spec: setDefaultsPodSpec(template.spec) }
}

function setDefaultsPodSpec(spec: PodSpec): PodSpec {
  const hostNetwork = spec.hostNetwork === true
  const setDefaults = (container: Container): Container => setDefaultsContainer(container, hostNetwork)
  return {
    ...spec,
    containers: spec.containers.map(setDefaults),
    ...(spec.initContainers === undefined ? {} : { initContainers: spec.initContainers.map(setDefaults) }),
    ...(spec.volumes === undefined ? {} : { volumes: spec.volumes.map(setDefaultsVolume) }),
    restartPolicy: spec.restartPolicy ?? 'Always',
    terminationGracePeriodSeconds: spec.terminationGracePeriodSeconds ?? 30,
    dnsPolicy: spec.dnsPolicy ?? 'ClusterFirst',
    securityContext: spec.securityContext ?? {},
    schedulerName: spec.schedulerName ?? 'default-scheduler',
  }
}

function setDefaultsContainer(container: Container, hostNetwork: boolean): Container {
  const { ports, resources = {}, livenessProbe, readinessProbe, startupProbe } = container
  return {
    ...container,
    ...(ports === undefined ? {} : { ports: ports.map((port) => setDefaultsContainerPort(port, hostNetwork)) }),
    ...(livenessProbe === undefined ? {} : { livenessProbe: setDefaultsProbe(livenessProbe) }),
    ...(readinessProbe === undefined ? {} : { readinessProbe: setDefaultsProbe(readinessProbe) }),
    ...(startupProbe === undefined ? {} : { startupProbe: setDefaultsProbe(startupProbe) }),
    resources:
      resources.limits === undefined
        ? resources
        : { ...resources, requests: { ...resources.limits, ...resources.requests } },
    imagePullPolicy: container.imagePullPolicy ?? (isLatest(container.image ?? '') ? 'Always' : 'IfNotPresent'),
    terminationMessagePath: container.terminationMessagePath ?? '/dev/termination-log',
    terminationMessagePolicy: container.terminationMessagePolicy ?? 'File',
  }
}

/** No tag, or the tag `latest`; a digest names one image for ever. */
function isLatest(image: string): boolean {
  if (image.includes('@')) return false
  const name = image.slice(image.lastIndexOf('/') + 1)
  const tag = name.includes(':') ? name.slice(name.indexOf(':') + 1) : 'latest'
  return tag === 'latest'
}

function setDefaultsContainerPort(port: ContainerPort, hostNetwork: boolean): ContainerPort {
  const { name, hostPort = 0, hostIP, ...rest } = port
  const effectiveHostPort = hostPort === 0 && hostNetwork ? port.containerPort : hostPort
  return {
    ...rest,
    ...(name === undefined || name === '' ? {} : { name }),
    ...(effectiveHostPort === 0 ? {} : { hostPort: effectiveHostPort }),
    ...(hostIP === undefined || hostIP === '' ? {} : { hostIP }),
    protocol: port.protocol || 'TCP',
  }
}

function setDefaultsProbe(probe: Probe): Probe {
  return {
    ...probe,
    ...(probe.httpGet === undefined ? {} : { httpGet: { path: '/', scheme: 'HTTP', ...probe.httpGet } }),
    timeoutSeconds: probe.timeoutSeconds || 1,
    periodSeconds: probe.periodSeconds || 10,
    successThreshold: probe.successThreshold || 1,
    failureThreshold: probe.failureThreshold || 3,
  }
}

function setDefaultsVolume(volume: Volume): Volume {
  const defaultMode = DEFAULT_MODE
  return {
    ...volume,
    ...(volume.configMap === undefined ? {} : { configMap: { defaultMode, ...volume.configMap } }),
    ...(volume.secret === undefined ? {} : { secret: { defaultMode, ...volume.secret } }),
    ...(volume.projected === undefined ? {} : { projected: { defaultMode, ...volume.projected } }),
    ...(volume.downwardAPI === undefined ? {} : { downwardAPI: { defaultMode, ...volume.downwardAPI } }),
  }
}

function withEvictionTolerations(tolerations: readonly Toleration[]): readonly Toleration[] {
  const missing = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'].filter(
    (key) => !tolerations.some((toleration) => toleration.key === key && toleration.effect !== 'NoSchedule'),
  )
  return [
    ...tolerations,
    ...missing.map((key) => ({
      key,
      operator: 'Exists',
      effect: 'NoExecute',
      tolerationSeconds: EVICTION_SECONDS,
    })),
  ]
}

function qosClassOf(spec: PodSpec): NonNullable<PodStatus['qosClass']> {
  const containers = [...spec.containers, ...(spec.initContainers ?? [])]
  const given = (container: Container): boolean =>
    [container.resources?.limits, container.resources?.requests].some((list) => Object.keys(list ?? {}).length > 0)
  const guaranteed = ({ resources = {} }: Container): boolean =>
    ['cpu', 'memory'].every((name) => {
      const limit = resources.limits?.[name]
      return limit !== undefined && String(limit) === String(resources.requests?.[name] ?? limit)
    })
  if (!containers.some(given)) return 'BestEffort'
  return containers.every(guaranteed) ? 'Guaranteed' : 'Burstable'
}
