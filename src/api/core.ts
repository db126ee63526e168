/** The core group, `v1`, as far as Portolan acts on it. Fields that nothing reads yet are kept in the object but not typed. */
import type { Affinity, TopologySpreadConstraint } from './affinity.ts'
import type { Condition, IntOrString, KubernetesObject, LabelSelector } from './meta.ts'
import type { Volume, VolumeMount } from './volumes.ts'

export type {
  Affinity,
  KeyedSelector,
  NodeSelectorRequirement,
  NodeSelectorTerm,
  PodAffinityTerm,
  TopologySpreadConstraint,
} from './affinity.ts'
export type { DownwardProjection, KeysProjection, KeyToPath, Volume, VolumeMount, VolumeProjection } from './volumes.ts'

export type Protocol = 'TCP' | 'UDP' | 'SCTP'
export type IPFamily = 'IPv4' | 'IPv6'

export interface Namespace extends KubernetesObject {
  readonly apiVersion: 'v1'
  readonly kind: 'Namespace'
  readonly spec?: { readonly finalizers?: readonly string[] }
  readonly status?: { readonly phase?: 'Active' | 'Terminating' }
}

export interface Node extends KubernetesObject {
  readonly apiVersion: 'v1'
  readonly kind: 'Node'
  readonly spec?: {
    readonly podCIDR?: string
    readonly podCIDRs?: readonly string[]
    readonly unschedulable?: boolean
    readonly taints?: readonly Taint[]
  }
  readonly status?: {
    readonly addresses?: readonly { readonly type: string; readonly address: string }[]
    readonly conditions?: readonly Condition[]
    readonly nodeInfo?: NodeSystemInfo
    /** Quantities by resource name. */
    readonly capacity?: Readonly<Record<string, string>>
    readonly allocatable?: Readonly<Record<string, string>>
  }
}

export interface Taint {
  readonly key: string
  readonly value?: string
  readonly effect: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute'
}

/** As far as clients show it. */
export interface NodeSystemInfo {
  readonly kubeletVersion: string
  readonly osImage: string
  readonly kernelVersion: string
  readonly containerRuntimeVersion: string
  readonly operatingSystem: string
  readonly architecture: string
}

export interface Service extends KubernetesObject {
  readonly apiVersion: 'v1'
  readonly kind: 'Service'
  readonly spec: ServiceSpec
  readonly status?: ServiceStatus
}

export type ServiceType = 'ClusterIP' | 'NodePort' | 'LoadBalancer' | 'ExternalName'
export type TrafficPolicy = 'Cluster' | 'Local'

export interface ServiceSpec {
  readonly type?: ServiceType
  readonly ports?: readonly ServicePort[]
  readonly selector?: Readonly<Record<string, string>>
  /** An address, `None` (headless) or empty (to be allocated). */
  readonly clusterIP?: string
  readonly clusterIPs?: readonly string[]
  readonly ipFamilies?: readonly IPFamily[]
  readonly ipFamilyPolicy?: 'SingleStack' | 'PreferDualStack' | 'RequireDualStack'
  readonly externalIPs?: readonly string[]
  readonly externalName?: string
  readonly sessionAffinity?: 'None' | 'ClientIP'
  readonly sessionAffinityConfig?: { readonly clientIP?: { readonly timeoutSeconds?: number } }
  readonly loadBalancerIP?: string
  readonly loadBalancerClass?: string
  readonly loadBalancerSourceRanges?: readonly string[]
  readonly allocateLoadBalancerNodePorts?: boolean
  readonly externalTrafficPolicy?: TrafficPolicy
  readonly internalTrafficPolicy?: TrafficPolicy
  readonly healthCheckNodePort?: number
  readonly publishNotReadyAddresses?: boolean
  readonly trafficDistribution?: 'PreferClose' | 'PreferSameZone' | 'PreferSameNode'
}

export interface ServicePort {
  readonly name?: string
  readonly protocol?: Protocol
  readonly appProtocol?: string
  readonly port: number
  readonly targetPort?: IntOrString
  readonly nodePort?: number
}

export interface ServiceStatus {
  readonly loadBalancer?: { readonly ingress?: readonly LoadBalancerIngress[] }
  readonly conditions?: readonly Condition[]
}

export interface LoadBalancerIngress {
  readonly ip?: string
  readonly hostname?: string
  readonly ipMode?: 'VIP' | 'Proxy'
  readonly ports?: readonly { readonly port: number; readonly protocol: Protocol }[]
}

export interface Endpoints extends KubernetesObject {
  readonly apiVersion: 'v1'
  readonly kind: 'Endpoints'
  readonly subsets?: readonly EndpointSubset[]
}

export interface EndpointSubset {
  readonly addresses?: readonly EndpointAddress[]
  readonly notReadyAddresses?: readonly EndpointAddress[]
  readonly ports?: readonly { readonly name?: string; readonly port: number; readonly protocol?: Protocol }[]
}

export interface EndpointAddress {
  readonly ip: string
  readonly hostname?: string
  readonly nodeName?: string
  readonly targetRef?: ObjectReference
}

export interface ObjectReference {
  readonly apiVersion?: string
  readonly kind?: string
  readonly namespace?: string
  readonly name?: string
  readonly uid?: string
  readonly resourceVersion?: string
}

export interface ConfigMap extends KubernetesObject {
  readonly apiVersion: 'v1'
  readonly kind: 'ConfigMap'
  readonly data?: Readonly<Record<string, string>>
  /** Base64. */
  readonly binaryData?: Readonly<Record<string, string>>
  readonly immutable?: boolean
}

export interface Secret extends KubernetesObject {
  readonly apiVersion: 'v1'
  readonly kind: 'Secret'
  readonly type?: string
  /** Base64. */
  readonly data?: Readonly<Record<string, string>>
  readonly stringData?: Readonly<Record<string, string>>
  readonly immutable?: boolean
}

export interface Pod extends KubernetesObject {
  readonly apiVersion: 'v1'
  readonly kind: 'Pod'
  readonly spec: PodSpec
  readonly status?: PodStatus
}

export interface PodSpec {
  readonly containers: readonly Container[]
  readonly initContainers?: readonly Container[]
  readonly nodeName?: string
  readonly nodeSelector?: Readonly<Record<string, string>>
  readonly hostname?: string
  readonly subdomain?: string
  readonly hostNetwork?: boolean
  readonly restartPolicy?: 'Always' | 'OnFailure' | 'Never'
  readonly terminationGracePeriodSeconds?: number
  readonly serviceAccountName?: string
  /** The old name of serviceAccountName. */
  readonly serviceAccount?: string
  readonly automountServiceAccountToken?: boolean
  readonly imagePullSecrets?: readonly { readonly name?: string }[]
  readonly enableServiceLinks?: boolean
  readonly setHostnameAsFQDN?: boolean
  readonly dnsPolicy?: string
  readonly dnsConfig?: {
    readonly nameservers?: readonly string[]
    readonly searches?: readonly string[]
    readonly options?: readonly { readonly name?: string; readonly value?: string }[]
  }
  readonly hostAliases?: readonly { readonly ip: string; readonly hostnames?: readonly string[] }[]
  readonly readinessGates?: readonly { readonly conditionType: string }[]
  readonly volumes?: readonly Volume[]
  readonly schedulerName?: string
  readonly priority?: number
  readonly priorityClassName?: string
  readonly preemptionPolicy?: string
  readonly tolerations?: readonly Toleration[]
  readonly affinity?: Affinity
  readonly topologySpreadConstraints?: readonly TopologySpreadConstraint[]
  readonly schedulingGates?: readonly { readonly name: string }[]
  /** Counted from the moment that the kubelet took the Pod. */
  readonly activeDeadlineSeconds?: number
  readonly securityContext?: {
    readonly runAsUser?: number
    readonly runAsGroup?: number
    readonly runAsNonRoot?: boolean
  }
}

export interface Toleration {
  readonly key?: string
  readonly operator?: string
  readonly value?: string
  readonly effect?: string
  readonly tolerationSeconds?: number
}

export interface HTTPGetAction {
  readonly path?: string
  readonly port: IntOrString
  readonly host?: string
  readonly scheme?: 'HTTP' | 'HTTPS'
  readonly httpHeaders?: readonly { readonly name: string; readonly value: string }[]
}

export interface ExecAction {
  readonly command?: readonly string[]
}

export interface Probe {
  readonly httpGet?: HTTPGetAction
  readonly tcpSocket?: { readonly port: IntOrString; readonly host?: string }
  readonly exec?: ExecAction
  readonly grpc?: { readonly port: number; readonly service?: string }
  readonly initialDelaySeconds?: number
  readonly timeoutSeconds?: number
  readonly periodSeconds?: number
  readonly successThreshold?: number
  readonly failureThreshold?: number
  /** Of the container that the probe ends, instead of the Pod's. */
  readonly terminationGracePeriodSeconds?: number
}

/** Quantities by resource name. */
export interface ResourceRequirements {
  readonly limits?: Readonly<Record<string, string | number>>
  readonly requests?: Readonly<Record<string, string | number>>
}

export interface Container {
  readonly name: string
  readonly image?: string
  readonly command?: readonly string[]
  readonly args?: readonly string[]
  readonly workingDir?: string
  readonly stdin?: boolean
  readonly stdinOnce?: boolean
  readonly tty?: boolean
  readonly ports?: readonly ContainerPort[]
  readonly env?: readonly EnvVar[]
  readonly envFrom?: readonly EnvFromSource[]
  /** `Always` on an init container makes it a sidecar (KEP-753). */
  readonly restartPolicy?: 'Always'
  readonly securityContext?: {
    readonly runAsUser?: number
    readonly runAsGroup?: number
    readonly runAsNonRoot?: boolean
  }
  readonly imagePullPolicy?: 'Always' | 'IfNotPresent' | 'Never'
  readonly terminationMessagePath?: string
  readonly terminationMessagePolicy?: string
  readonly resources?: ResourceRequirements
  readonly livenessProbe?: Probe
  readonly readinessProbe?: Probe
  readonly startupProbe?: Probe
  readonly volumeMounts?: readonly VolumeMount[]
  readonly lifecycle?: { readonly postStart?: LifecycleHandler; readonly preStop?: LifecycleHandler }
}

/** What is done when a container has started, or before it ends: one of these. */
export interface LifecycleHandler {
  readonly exec?: ExecAction
  readonly httpGet?: HTTPGetAction
  readonly sleep?: { readonly seconds: number }
}

export interface ContainerPort {
  readonly name?: string
  readonly containerPort: number
  readonly protocol?: Protocol
  readonly hostPort?: number
  readonly hostIP?: string
}

export interface EnvVar {
  readonly name: string
  readonly value?: string
  readonly valueFrom?: EnvVarSource
}

export interface EnvVarSource {
  readonly configMapKeyRef?: KeySelector
  readonly secretKeyRef?: KeySelector
  readonly fieldRef?: { readonly apiVersion?: string; readonly fieldPath: string }
  readonly resourceFieldRef?: {
    readonly containerName?: string
    readonly resource: string
    readonly divisor?: string | number
  }
}

export interface KeySelector {
  readonly name: string
  readonly key: string
  readonly optional?: boolean
}

export interface EnvFromSource {
  readonly prefix?: string
  readonly configMapRef?: { readonly name: string; readonly optional?: boolean }
  readonly secretRef?: { readonly name: string; readonly optional?: boolean }
}

export interface PodStatus {
  readonly phase?: 'Pending' | 'Running' | 'Succeeded' | 'Failed' | 'Unknown'
  readonly conditions?: readonly Condition[]
  readonly hostIP?: string
  readonly podIP?: string
  readonly podIPs?: readonly { readonly ip: string }[]
  readonly startTime?: string
  readonly reason?: string
  readonly message?: string
  readonly containerStatuses?: readonly ContainerStatus[]
  readonly initContainerStatuses?: readonly ContainerStatus[]
  readonly qosClass?: 'Guaranteed' | 'Burstable' | 'BestEffort'
}

export interface ContainerStatus {
  readonly name: string
  readonly ready: boolean
  readonly started?: boolean
  readonly restartCount: number
  readonly image: string
  readonly imageID: string
  readonly containerID?: string
  readonly state: ContainerState
  readonly lastState?: ContainerState
}

export interface ContainerState {
  readonly waiting?: { readonly reason: string; readonly message?: string }
  readonly running?: { readonly startedAt: string }
  readonly terminated?: {
    readonly exitCode: number
    readonly signal?: number
    readonly reason: string
    readonly message?: string
    readonly startedAt?: string
    readonly finishedAt?: string
  }
}

export interface PodTemplateSpec {
  readonly metadata?: {
    readonly labels?: Readonly<Record<string, string>>
    readonly annotations?: Readonly<Record<string, string>>
  }
  readonly spec: PodSpec
}

/** As a StatefulSet carries it: a claim for each of its Pods. */
export interface PersistentVolumeClaimTemplate {
  readonly apiVersion?: string
  readonly kind?: string
  readonly metadata: { readonly name?: string; readonly labels?: Readonly<Record<string, string>> }
  readonly spec?: {
    readonly accessModes?: readonly string[]
    readonly selector?: LabelSelector
    readonly storageClassName?: string
    readonly volumeMode?: string
    readonly resources?: ResourceRequirements
  }
  readonly status?: { readonly phase?: string }
}

export interface ServiceAccount extends KubernetesObject {
  readonly apiVersion: 'v1'
  readonly kind: 'ServiceAccount'
  readonly secrets?: readonly ObjectReference[]
  readonly imagePullSecrets?: readonly { readonly name?: string }[]
  readonly automountServiceAccountToken?: boolean
}
