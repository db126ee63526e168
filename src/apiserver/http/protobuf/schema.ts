/**
 * The protobuf numbers of the fields of those messages that kubectl and client-go send for the kinds served here. One
 * message a line: `number:field:type`. `?` marks a pointer of Go, whose zero value counts; `[]` a list, `{}` a map.
 */
const MESSAGES = `
Namespace 1:metadata:ObjectMeta 2:spec:NamespaceSpec 3:status:NamespaceStatus
NamespaceSpec 1:finalizers:[]string
NamespaceStatus 1:phase:string
ConfigMap 1:metadata:ObjectMeta 2:data:{}string 3:binaryData:{}bytes 4:immutable:bool?
Secret 1:metadata:ObjectMeta 2:data:{}bytes 3:type:string 4:stringData:{}string 5:immutable:bool?
Service 1:metadata:ObjectMeta 2:spec:ServiceSpec 3:status:ServiceStatus
ServiceSpec 1:ports:[]ServicePort 2:selector:{}string 3:clusterIP:string 4:type:string 5:externalIPs:[]string 7:sessionAffinity:string 8:loadBalancerIP:string 9:loadBalancerSourceRanges:[]string 10:externalName:string 11:externalTrafficPolicy:string 12:healthCheckNodePort:int 13:publishNotReadyAddresses:bool 14:sessionAffinityConfig:SessionAffinityConfig? 17:ipFamilyPolicy:string? 18:clusterIPs:[]string 19:ipFamilies:[]string 20:allocateLoadBalancerNodePorts:bool? 21:loadBalancerClass:string? 22:internalTrafficPolicy:string? 23:trafficDistribution:string?
ServicePort 1:name:string 2:protocol:string 3:port:int 4:targetPort:intOrString 5:nodePort:int 6:appProtocol:string?
SessionAffinityConfig 1:clientIP:ClientIPConfig?
ClientIPConfig 1:timeoutSeconds:int?
ServiceStatus 1:loadBalancer:LoadBalancerStatus 2:conditions:[]Condition
LoadBalancerStatus 1:ingress:[]LoadBalancerIngress
LoadBalancerIngress 1:ip:string 2:hostname:string 3:ipMode:string?
Endpoints 1:metadata:ObjectMeta 2:subsets:[]EndpointSubset
EndpointSubset 1:addresses:[]EndpointAddress 2:notReadyAddresses:[]EndpointAddress 3:ports:[]EndpointPort
EndpointAddress 1:ip:string 2:targetRef:ObjectReference? 3:hostname:string 4:nodeName:string?
EndpointPort 1:name:string 2:port:int 3:protocol:string 4:appProtocol:string?
ObjectReference 1:kind:string 2:namespace:string 3:name:string 4:uid:string 5:apiVersion:string 6:resourceVersion:string 7:fieldPath:string
Deployment 1:metadata:ObjectMeta 2:spec:DeploymentSpec 3:status:DeploymentStatus
DeploymentSpec 1:replicas:int? 2:selector:LabelSelector? 3:template:PodTemplateSpec 4:strategy:DeploymentStrategy 5:minReadySeconds:int 6:revisionHistoryLimit:int? 7:paused:bool 9:progressDeadlineSeconds:int?
DeploymentStrategy 1:type:string 2:rollingUpdate:RollingUpdateDeployment?
RollingUpdateDeployment 1:maxUnavailable:intOrString? 2:maxSurge:intOrString?
DeploymentStatus 1:observedGeneration:int 2:replicas:int 3:updatedReplicas:int 4:availableReplicas:int 5:unavailableReplicas:int 7:readyReplicas:int
ReplicaSet 1:metadata:ObjectMeta 2:spec:ReplicaSetSpec 3:status:ReplicaSetStatus
ReplicaSetSpec 1:replicas:int? 2:selector:LabelSelector? 3:template:PodTemplateSpec 4:minReadySeconds:int
ReplicaSetStatus 1:replicas:int 2:fullyLabeledReplicas:int 3:observedGeneration:int 4:readyReplicas:int 5:availableReplicas:int
StatefulSet 1:metadata:ObjectMeta 2:spec:StatefulSetSpec 3:status:StatefulSetStatus
StatefulSetSpec 1:replicas:int? 2:selector:LabelSelector? 3:template:PodTemplateSpec 4:volumeClaimTemplates:[]PersistentVolumeClaim 5:serviceName:string 6:podManagementPolicy:string 7:updateStrategy:StatefulSetUpdateStrategy 8:revisionHistoryLimit:int? 9:minReadySeconds:int 10:persistentVolumeClaimRetentionPolicy:StatefulSetPersistentVolumeClaimRetentionPolicy? 11:ordinals:StatefulSetOrdinals?
StatefulSetUpdateStrategy 1:type:string 2:rollingUpdate:RollingUpdateStatefulSetStrategy?
RollingUpdateStatefulSetStrategy 1:partition:int? 2:maxUnavailable:intOrString?
StatefulSetPersistentVolumeClaimRetentionPolicy 1:whenDeleted:string 2:whenScaled:string
StatefulSetOrdinals 1:start:int
StatefulSetStatus 1:observedGeneration:int 2:replicas:int 3:readyReplicas:int 4:currentReplicas:int 5:updatedReplicas:int 6:currentRevision:string 7:updateRevision:string 9:collisionCount:int? 11:availableReplicas:int
DaemonSet 1:metadata:ObjectMeta 2:spec:DaemonSetSpec 3:status:DaemonSetStatus
DaemonSetSpec 1:selector:LabelSelector? 2:template:PodTemplateSpec 3:updateStrategy:DaemonSetUpdateStrategy 4:minReadySeconds:int 6:revisionHistoryLimit:int?
DaemonSetUpdateStrategy 1:type:string 2:rollingUpdate:RollingUpdateDaemonSet?
RollingUpdateDaemonSet 1:maxUnavailable:intOrString? 2:maxSurge:intOrString?
DaemonSetStatus 1:currentNumberScheduled:int 2:numberMisscheduled:int 3:desiredNumberScheduled:int 4:numberReady:int 5:observedGeneration:int 6:updatedNumberScheduled:int 7:numberAvailable:int 8:numberUnavailable:int
Job 1:metadata:ObjectMeta 2:spec:JobSpec 3:status:JobStatus
JobSpec 1:parallelism:int? 2:completions:int? 3:activeDeadlineSeconds:int? 4:selector:LabelSelector? 5:manualSelector:bool? 6:template:PodTemplateSpec 7:backoffLimit:int? 8:ttlSecondsAfterFinished:int? 9:completionMode:string? 10:suspend:bool? 11:podFailurePolicy:PodFailurePolicy? 12:backoffLimitPerIndex:int? 13:maxFailedIndexes:int? 14:podReplacementPolicy:string? 15:managedBy:string? 16:successPolicy:SuccessPolicy?
PodFailurePolicy 1:rules:[]PodFailurePolicyRule
PodFailurePolicyRule 1:action:string 2:onExitCodes:PodFailurePolicyOnExitCodesRequirement? 3:onPodConditions:[]PodFailurePolicyOnPodConditionsPattern
PodFailurePolicyOnExitCodesRequirement 1:containerName:string? 2:operator:string 3:values:[]int
PodFailurePolicyOnPodConditionsPattern 1:type:string 2:status:string
SuccessPolicy 1:rules:[]SuccessPolicyRule
SuccessPolicyRule 1:succeededIndexes:string? 2:succeededCount:int?
JobStatus 4:active:int 5:succeeded:int 6:failed:int 7:completedIndexes:string 10:failedIndexes:string?
CronJob 1:metadata:ObjectMeta 2:spec:CronJobSpec 3:status:CronJobStatus
CronJobSpec 1:schedule:string 2:startingDeadlineSeconds:int? 3:concurrencyPolicy:string 4:suspend:bool? 5:jobTemplate:JobTemplateSpec 6:successfulJobsHistoryLimit:int? 7:failedJobsHistoryLimit:int? 8:timeZone:string?
CronJobStatus 1:active:[]ObjectReference 4:lastScheduleTime:time? 5:lastSuccessfulTime:time?
JobTemplateSpec 1:metadata:ObjectMeta 2:spec:JobSpec
ServiceAccount 1:metadata:ObjectMeta 2:secrets:[]ObjectReference 3:imagePullSecrets:[]LocalObjectReference 4:automountServiceAccountToken:bool?
Lease 1:metadata:ObjectMeta 2:spec:LeaseSpec
LeaseSpec 1:holderIdentity:string? 2:leaseDurationSeconds:int? 3:acquireTime:time? 4:renewTime:time? 5:leaseTransitions:int?
IPAddress 1:metadata:ObjectMeta 2:spec:IPAddressSpec
IPAddressSpec 1:parentRef:ParentReference?
ParentReference 1:group:string 2:resource:string 3:namespace:string 4:name:string
ServiceCIDR 1:metadata:ObjectMeta 2:spec:ServiceCIDRSpec 3:status:ServiceCIDRStatus
ServiceCIDRSpec 1:cidrs:[]string
ServiceCIDRStatus 1:conditions:[]Condition
Ingress 1:metadata:ObjectMeta 2:spec:IngressSpec 3:status:IngressStatus
IngressSpec 1:defaultBackend:IngressBackend? 2:tls:[]IngressTLS 3:rules:[]IngressRule 4:ingressClassName:string?
IngressTLS 1:hosts:[]string 2:secretName:string
IngressRule 1:host:string 2:@:IngressRuleValue
IngressRuleValue 1:http:HTTPIngressRuleValue?
HTTPIngressRuleValue 1:paths:[]HTTPIngressPath
HTTPIngressPath 1:path:string 2:backend:IngressBackend 3:pathType:string?
IngressBackend 3:resource:TypedLocalObjectReference? 4:service:IngressServiceBackend?
IngressServiceBackend 1:name:string 2:port:ServiceBackendPort
ServiceBackendPort 1:name:string 2:number:int
TypedLocalObjectReference 1:apiGroup:string? 2:kind:string 3:name:string
IngressStatus 1:loadBalancer:IngressLoadBalancerStatus
IngressLoadBalancerStatus 1:ingress:[]IngressLoadBalancerIngress
IngressLoadBalancerIngress 1:ip:string 2:hostname:string
Role 1:metadata:ObjectMeta 2:rules:[]PolicyRule
ClusterRole 1:metadata:ObjectMeta 2:rules:[]PolicyRule 3:aggregationRule:AggregationRule?
AggregationRule 1:clusterRoleSelectors:[]LabelSelector
PolicyRule 1:verbs:[]string 2:apiGroups:[]string 3:resources:[]string 4:resourceNames:[]string 5:nonResourceURLs:[]string
RoleBinding 1:metadata:ObjectMeta 2:subjects:[]RbacV1Subject 3:roleRef:RoleRef
ClusterRoleBinding 1:metadata:ObjectMeta 2:subjects:[]RbacV1Subject 3:roleRef:RoleRef
RbacV1Subject 1:kind:string 2:apiGroup:string 3:name:string 4:namespace:string
RoleRef 1:apiGroup:string 2:kind:string 3:name:string
ResourceQuota 1:metadata:ObjectMeta 2:spec:ResourceQuotaSpec 3:status:ResourceQuotaStatus
ResourceQuotaSpec 1:hard:{}quantity 2:scopes:[]string
ResourceQuotaStatus 1:hard:{}quantity 2:used:{}quantity
PodDisruptionBudget 1:metadata:ObjectMeta 2:spec:PodDisruptionBudgetSpec 3:status:PodDisruptionBudgetStatus
PodDisruptionBudgetSpec 1:minAvailable:intOrString? 2:selector:LabelSelector? 3:maxUnavailable:intOrString? 4:unhealthyPodEvictionPolicy:string?
PodDisruptionBudgetStatus 1:observedGeneration:int 3:disruptionsAllowed:int 4:currentHealthy:int 5:desiredHealthy:int 6:expectedPods:int
PriorityClass 1:metadata:ObjectMeta 2:value:int 3:globalDefault:bool 4:description:string 5:preemptionPolicy:string?
PersistentVolumeClaim 1:metadata:ObjectMeta 2:spec:PersistentVolumeClaimSpec 3:status:PersistentVolumeClaimStatus
PersistentVolumeClaimSpec 1:accessModes:[]string 2:resources:ResourceRequirements 3:volumeName:string 5:storageClassName:string? 6:volumeMode:string?
PersistentVolumeClaimStatus 1:phase:string
Pod 1:metadata:ObjectMeta 2:spec:PodSpec 3:status:PodStatus
PodStatus 1:phase:string
PodTemplateSpec 1:metadata:ObjectMeta 2:spec:PodSpec
PodSpec 1:volumes:[]Volume 2:containers:[]Container 3:restartPolicy:string 4:terminationGracePeriodSeconds:int? 5:activeDeadlineSeconds:int? 6:dnsPolicy:string 7:nodeSelector:{}string 8:serviceAccountName:string 9:serviceAccount:string 10:nodeName:string 11:hostNetwork:bool 12:hostPID:bool 13:hostIPC:bool 14:securityContext:PodSecurityContext? 16:hostname:string 17:subdomain:string 19:schedulerName:string 20:initContainers:[]Container 21:automountServiceAccountToken:bool? 22:tolerations:[]Toleration 23:hostAliases:[]HostAlias 24:priorityClassName:string 25:priority:int? 27:shareProcessNamespace:bool? 30:enableServiceLinks:bool? 31:preemptionPolicy:string?
PodSecurityContext 2:runAsUser:int? 3:runAsNonRoot:bool? 4:supplementalGroups:[]int 5:fsGroup:int? 6:runAsGroup:int?
HostAlias 1:ip:string 2:hostnames:[]string
Toleration 1:key:string 2:operator:string 3:value:string 4:effect:string 5:tolerationSeconds:int?
Volume 1:name:string 2:@:VolumeSource
VolumeSource 1:hostPath:HostPathVolumeSource? 2:emptyDir:EmptyDirVolumeSource? 6:secret:SecretVolumeSource? 19:configMap:ConfigMapVolumeSource?
HostPathVolumeSource 1:path:string 2:type:string?
EmptyDirVolumeSource 1:medium:string
SecretVolumeSource 1:secretName:string 3:defaultMode:int? 4:optional:bool?
ConfigMapVolumeSource 1:@:LocalObjectReference 3:defaultMode:int? 4:optional:bool?
LocalObjectReference 1:name:string
Container 1:name:string 2:image:string 3:command:[]string 4:args:[]string 5:workingDir:string 6:ports:[]ContainerPort 7:env:[]EnvVar 8:resources:ResourceRequirements 9:volumeMounts:[]VolumeMount 10:livenessProbe:Probe? 11:readinessProbe:Probe? 13:terminationMessagePath:string 14:imagePullPolicy:string 15:securityContext:SecurityContext? 16:stdin:bool 17:stdinOnce:bool 18:tty:bool 19:envFrom:[]EnvFromSource 20:terminationMessagePolicy:string 22:startupProbe:Probe? 24:restartPolicy:string?
ContainerPort 1:name:string 2:hostPort:int 3:containerPort:int 4:protocol:string 5:hostIP:string
EnvVar 1:name:string 2:value:string 3:valueFrom:EnvVarSource?
EnvVarSource 1:fieldRef:ObjectFieldSelector? 3:configMapKeyRef:KeySelector? 4:secretKeyRef:KeySelector?
ObjectFieldSelector 1:apiVersion:string 2:fieldPath:string
KeySelector 1:@:LocalObjectReference 2:key:string 3:optional:bool?
EnvFromSource 1:prefix:string 2:configMapRef:EnvSource? 3:secretRef:EnvSource?
EnvSource 1:@:LocalObjectReference 2:optional:bool?
ResourceRequirements 1:limits:{}quantity 2:requests:{}quantity
VolumeMount 1:name:string 2:readOnly:bool 3:mountPath:string 4:subPath:string 5:mountPropagation:string? 6:subPathExpr:string
SecurityContext 2:privileged:bool? 4:runAsUser:int? 5:runAsNonRoot:bool? 6:readOnlyRootFilesystem:bool? 7:allowPrivilegeEscalation:bool? 8:runAsGroup:int?
Probe 1:@:ProbeHandler 2:initialDelaySeconds:int 3:timeoutSeconds:int 4:periodSeconds:int 5:successThreshold:int 6:failureThreshold:int 7:terminationGracePeriodSeconds:int?
ProbeHandler 1:exec:ExecAction? 2:httpGet:HTTPGetAction? 3:tcpSocket:TCPSocketAction? 4:grpc:GRPCAction?
ExecAction 1:command:[]string
HTTPGetAction 1:path:string 2:port:intOrString 3:host:string 4:scheme:string
TCPSocketAction 1:port:intOrString 2:host:string
GRPCAction 1:port:int 2:service:string?
LabelSelector 1:matchLabels:{}string 2:matchExpressions:[]LabelSelectorRequirement
LabelSelectorRequirement 1:key:string 2:operator:string 3:values:[]string
Condition 1:type:string 2:status:string 3:observedGeneration:int 4:lastTransitionTime:time 5:reason:string 6:message:string
ObjectMeta 1:name:string 2:generateName:string 3:namespace:string 5:uid:string 6:resourceVersion:string 7:generation:int 8:creationTimestamp:time 9:deletionTimestamp:time? 10:deletionGracePeriodSeconds:int? 11:labels:{}string 12:annotations:{}string 13:ownerReferences:[]OwnerReference 14:finalizers:[]string
OwnerReference 1:kind:string 3:name:string 4:uid:string 5:apiVersion:string 6:controller:bool? 7:blockOwnerDeletion:bool?
DeleteOptions 1:gracePeriodSeconds:int? 2:preconditions:Preconditions? 3:orphanDependents:bool? 4:propagationPolicy:string? 5:dryRun:[]string
Preconditions 1:uid:string? 2:resourceVersion:string?
SelfSubjectAccessReview 1:metadata:ObjectMeta 2:spec:SelfSubjectAccessReviewSpec 3:status:SubjectAccessReviewStatus
SelfSubjectAccessReviewSpec 1:resourceAttributes:ResourceAttributes? 2:nonResourceAttributes:NonResourceAttributes?
ResourceAttributes 1:namespace:string 2:verb:string 3:group:string 4:version:string 5:resource:string 6:subresource:string 7:name:string
NonResourceAttributes 1:path:string 2:verb:string
SubjectAccessReviewStatus 1:allowed:bool 2:reason:string 3:evaluationError:string 4:denied:bool
SelfSubjectRulesReview 1:metadata:ObjectMeta 2:spec:SelfSubjectRulesReviewSpec 3:status:SubjectRulesReviewStatus
SelfSubjectRulesReviewSpec 1:namespace:string
SubjectRulesReviewStatus 3:incomplete:bool
SubjectAccessReview 1:metadata:ObjectMeta 2:spec:SubjectAccessReviewSpec 3:status:SubjectAccessReviewStatus
LocalSubjectAccessReview 1:metadata:ObjectMeta 2:spec:SubjectAccessReviewSpec 3:status:SubjectAccessReviewStatus
SubjectAccessReviewSpec 1:resourceAttributes:ResourceAttributes? 2:nonResourceAttributes:NonResourceAttributes? 3:user:string 4:groups:[]string 6:uid:string
SelfSubjectReview 1:metadata:ObjectMeta 2:status:SelfSubjectReviewStatus
SelfSubjectReviewStatus 1:userInfo:UserInfo
UserInfo 1:username:string 2:uid:string 3:groups:[]string
TokenRequest 1:metadata:ObjectMeta 2:spec:TokenRequestSpec 3:status:TokenRequestStatus
TokenRequestSpec 1:audiences:[]string 3:boundObjectRef:BoundObjectReference? 4:expirationSeconds:int?
BoundObjectReference 1:kind:string 2:apiVersion:string 3:name:string 4:uid:string
TokenRequestStatus 1:token:string 2:expirationTimestamp:time
TokenReview 1:metadata:ObjectMeta 2:spec:TokenReviewSpec 3:status:TokenReviewStatus
TokenReviewSpec 1:token:string 2:audiences:[]string
TokenReviewStatus 1:authenticated:bool 2:user:UserInfo 3:error:string 4:audiences:[]string
Scale 1:metadata:ObjectMeta 2:spec:ScaleSpec 3:status:ScaleStatus
ScaleSpec 1:replicas:int
ScaleStatus 1:replicas:int 2:selector:string
`

export interface ProtobufField {
  /** `@`: its fields belong to the message around it. */
  readonly name: string
  readonly type: string
  readonly form: 'one' | 'list' | 'map'
  /** A pointer of Go: zero is not the same as absent. */
  readonly isPointer: boolean
}

let messages: ReadonlyMap<string, ReadonlyMap<number, ProtobufField>> | undefined

/** The fields of a message by number; undefined where the message is not known here. */
export function protobufFields(message: string): ReadonlyMap<number, ProtobufField> | undefined {
  messages ??= new Map(MESSAGES.trim().split('\n').map(readMessage))
  return messages.get(message)
}

function readMessage(line: string): readonly [string, ReadonlyMap<number, ProtobufField>] {
  const [message = '', ...fields] = line.split(' ')
  return [message, new Map(fields.map(readField))]
}

function readField(text: string): readonly [number, ProtobufField] {
  const [number, name = '', written = ''] = text.split(':')
  const isPointer = written.endsWith('?')
  const type = written.replace('?', '')
  const form = type.startsWith('[]') ? 'list' : type.startsWith('{}') ? 'map' : 'one'
  return [Number(number), { name, type: form === 'one' ? type : type.slice(2), form, isPointer }]
}
