/**
 * The protobuf numbers of the fields of those messages that kubectl and client-go send for the kinds served here. One
 * message a line: `number:field:type`. `?` marks a pointer of Go, whose zero value counts; `[]` a list, `{}` a map.
 */
const MESSAGES = `
Namespace 1:metadata:ObjectMeta 2:spec:NamespaceSpec 3:status:NamespaceStatus
NamespaceSpec 1:finalizers:[]string
NamespaceStatus 1:phase:string 2:conditions:[]NamespaceCondition
NamespaceCondition 1:type:string 2:status:string 4:lastTransitionTime:time 5:reason:string 6:message:string
Node 1:metadata:ObjectMeta 2:spec:NodeSpec 3:status:NodeStatus
NodeSpec 1:podCIDR:string 3:providerID:string 4:unschedulable:bool 5:taints:[]Taint 7:podCIDRs:[]string
Taint 1:key:string 2:value:string 3:effect:string 4:timeAdded:time?
NodeStatus 1:capacity:{}quantity 2:allocatable:{}quantity 3:phase:string 4:conditions:[]NodeCondition 5:addresses:[]NodeAddress 6:daemonEndpoints:NodeDaemonEndpoints 7:nodeInfo:NodeSystemInfo
NodeCondition 1:type:string 2:status:string 3:lastHeartbeatTime:time 4:lastTransitionTime:time 5:reason:string 6:message:string
NodeAddress 1:type:string 2:address:string
NodeDaemonEndpoints 1:kubeletEndpoint:DaemonEndpoint
DaemonEndpoint 1:Port:int
NodeSystemInfo 1:machineID:string 2:systemUUID:string 3:bootID:string 4:kernelVersion:string 5:osImage:string 6:containerRuntimeVersion:string 7:kubeletVersion:string 8:kubeProxyVersion:string 9:operatingSystem:string 10:architecture:string
Event 1:metadata:ObjectMeta 2:involvedObject:ObjectReference 3:reason:string 4:message:string 5:source:EventSource 6:firstTimestamp:time 7:lastTimestamp:time 8:count:int 9:type:string 10:eventTime:microTime 11:series:EventSeries? 12:action:string 13:related:ObjectReference? 14:reportingComponent:string 15:reportingInstance:string
EventSource 1:component:string 2:host:string
EventSeries 1:count:int 2:lastObservedTime:microTime
ConfigMap 1:metadata:ObjectMeta 2:data:{}string 3:binaryData:{}bytes 4:immutable:bool?
Secret 1:metadata:ObjectMeta 2:data:{}bytes 3:type:string 4:stringData:{}string 5:immutable:bool?
Service 1:metadata:ObjectMeta 2:spec:ServiceSpec 3:status:ServiceStatus
ServiceSpec 1:ports:[]ServicePort 2:selector:{}string 3:clusterIP:string 4:type:string 5:externalIPs:[]string 7:sessionAffinity:string 8:loadBalancerIP:string 9:loadBalancerSourceRanges:[]string 10:externalName:string 11:externalTrafficPolicy:string 12:healthCheckNodePort:int 13:publishNotReadyAddresses:bool 14:sessionAffinityConfig:SessionAffinityConfig? 17:ipFamilyPolicy:string? 18:clusterIPs:[]string 19:ipFamilies:[]string 20:allocateLoadBalancerNodePorts:bool? 21:loadBalancerClass:string? 22:internalTrafficPolicy:string? 23:trafficDistribution:string?
ServicePort 1:name:string 2:protocol:string 3:port:int 4:targetPort:intOrString 5:nodePort:int 6:appProtocol:string?
SessionAffinityConfig 1:clientIP:ClientIPConfig?
ClientIPConfig 1:timeoutSeconds:int?
ServiceStatus 1:loadBalancer:LoadBalancerStatus 2:conditions:[]Condition
LoadBalancerStatus 1:ingress:[]LoadBalancerIngress
LoadBalancerIngress 1:ip:string 2:hostname:string 3:ipMode:string? 4:ports:[]PortStatus
PortStatus 1:port:int 2:protocol:string 3:error:string?
Endpoints 1:metadata:ObjectMeta 2:subsets:[]EndpointSubset
EndpointSubset 1:addresses:[]EndpointAddress 2:notReadyAddresses:[]EndpointAddress 3:ports:[]EndpointPort
EndpointAddress 1:ip:string 2:targetRef:ObjectReference? 3:hostname:string 4:nodeName:string?
EndpointPort 1:name:string 2:port:int 3:protocol:string 4:appProtocol:string?
ObjectReference 1:kind:string 2:namespace:string 3:name:string 4:uid:string 5:apiVersion:string 6:resourceVersion:string 7:fieldPath:string
EndpointSlice 1:metadata:ObjectMeta 2:endpoints:[]Endpoint 3:ports:[]SlicePort 4:addressType:string
Endpoint 1:addresses:[]string 2:conditions:EndpointConditions 3:hostname:string? 4:targetRef:ObjectReference? 5:deprecatedTopology:{}string 6:nodeName:string? 7:zone:string? 8:hints:EndpointHints?
EndpointConditions 1:ready:bool? 2:serving:bool? 3:terminating:bool?
EndpointHints 1:forZones:[]NamedHint 2:forNodes:[]NamedHint
NamedHint 1:name:string
SlicePort 1:name:string? 2:protocol:string? 3:port:int? 4:appProtocol:string?
V1HorizontalPodAutoscaler 1:metadata:ObjectMeta 2:spec:V1HorizontalPodAutoscalerSpec 3:status:V1HorizontalPodAutoscalerStatus
V1HorizontalPodAutoscalerSpec 1:scaleTargetRef:CrossVersionObjectReference 2:minReplicas:int? 3:maxReplicas:int 4:targetCPUUtilizationPercentage:int?
V1HorizontalPodAutoscalerStatus 1:observedGeneration:int? 2:lastScaleTime:time? 3:currentReplicas:int 4:desiredReplicas:int 5:currentCPUUtilizationPercentage:int?
CrossVersionObjectReference 1:kind:string 2:name:string 3:apiVersion:string
HorizontalPodAutoscaler 1:metadata:ObjectMeta 2:spec:HorizontalPodAutoscalerSpec 3:status:HorizontalPodAutoscalerStatus
HorizontalPodAutoscalerSpec 1:scaleTargetRef:CrossVersionObjectReference 2:minReplicas:int? 3:maxReplicas:int 4:metrics:[]MetricSpec 5:behavior:HorizontalPodAutoscalerBehavior?
HorizontalPodAutoscalerBehavior 1:scaleUp:HPAScalingRules? 2:scaleDown:HPAScalingRules?
HPAScalingRules 1:selectPolicy:string? 2:policies:[]HPAScalingPolicy 3:stabilizationWindowSeconds:int? 4:tolerance:quantity?
HPAScalingPolicy 1:type:string 2:value:int 3:periodSeconds:int
HorizontalPodAutoscalerStatus 1:observedGeneration:int? 2:lastScaleTime:time? 3:currentReplicas:int 4:desiredReplicas:int 5:currentMetrics:[]MetricStatus 6:conditions:[]HorizontalPodAutoscalerCondition
HorizontalPodAutoscalerCondition 1:type:string 2:status:string 3:lastTransitionTime:time 4:reason:string 5:message:string
MetricSpec 1:type:string 2:object:ObjectMetricSource? 3:pods:NamedMetricSource? 4:resource:ResourceMetricSource? 5:external:NamedMetricSource? 7:containerResource:ResourceMetricSource?
ObjectMetricSource 1:describedObject:CrossVersionObjectReference 2:target:MetricTarget 3:metric:MetricIdentifier
NamedMetricSource 1:metric:MetricIdentifier 2:target:MetricTarget
ResourceMetricSource 1:name:string 2:target:MetricTarget 3:container:string
MetricIdentifier 1:name:string 2:selector:LabelSelector?
MetricTarget 1:type:string 2:value:quantity? 3:averageValue:quantity? 4:averageUtilization:int?
MetricStatus 1:type:string 2:object:ObjectMetricStatus? 3:pods:NamedMetricStatus? 4:resource:ResourceMetricStatus? 5:external:NamedMetricStatus? 7:containerResource:ResourceMetricStatus?
ObjectMetricStatus 1:metric:MetricIdentifier 2:current:MetricValueStatus 3:describedObject:CrossVersionObjectReference
NamedMetricStatus 1:metric:MetricIdentifier 2:current:MetricValueStatus
ResourceMetricStatus 1:name:string 2:current:MetricValueStatus 3:container:string
MetricValueStatus 1:value:quantity? 2:averageValue:quantity? 3:averageUtilization:int?
Deployment 1:metadata:ObjectMeta 2:spec:DeploymentSpec 3:status:DeploymentStatus
DeploymentSpec 1:replicas:int? 2:selector:LabelSelector? 3:template:PodTemplateSpec 4:strategy:DeploymentStrategy 5:minReadySeconds:int 6:revisionHistoryLimit:int? 7:paused:bool 9:progressDeadlineSeconds:int?
DeploymentStrategy 1:type:string 2:rollingUpdate:RollingUpdateDeployment?
RollingUpdateDeployment 1:maxUnavailable:intOrString? 2:maxSurge:intOrString?
DeploymentStatus 1:observedGeneration:int 2:replicas:int 3:updatedReplicas:int 4:availableReplicas:int 5:unavailableReplicas:int 7:readyReplicas:int 6:conditions:[]DeploymentCondition 8:collisionCount:int? 9:terminatingReplicas:int?
DeploymentCondition 1:type:string 2:status:string 4:reason:string 5:message:string 6:lastUpdateTime:time 7:lastTransitionTime:time
WorkloadCondition 1:type:string 2:status:string 3:lastTransitionTime:time 4:reason:string 5:message:string
ReplicaSet 1:metadata:ObjectMeta 2:spec:ReplicaSetSpec 3:status:ReplicaSetStatus
ReplicaSetSpec 1:replicas:int? 2:selector:LabelSelector? 3:template:PodTemplateSpec 4:minReadySeconds:int
ReplicaSetStatus 1:replicas:int 2:fullyLabeledReplicas:int 3:observedGeneration:int 4:readyReplicas:int 5:availableReplicas:int 6:conditions:[]WorkloadCondition 7:terminatingReplicas:int?
StatefulSet 1:metadata:ObjectMeta 2:spec:StatefulSetSpec 3:status:StatefulSetStatus
StatefulSetSpec 1:replicas:int? 2:selector:LabelSelector? 3:template:PodTemplateSpec 4:volumeClaimTemplates:[]PersistentVolumeClaim 5:serviceName:string 6:podManagementPolicy:string 7:updateStrategy:StatefulSetUpdateStrategy 8:revisionHistoryLimit:int? 9:minReadySeconds:int 10:persistentVolumeClaimRetentionPolicy:StatefulSetPersistentVolumeClaimRetentionPolicy? 11:ordinals:StatefulSetOrdinals?
StatefulSetUpdateStrategy 1:type:string 2:rollingUpdate:RollingUpdateStatefulSetStrategy?
RollingUpdateStatefulSetStrategy 1:partition:int? 2:maxUnavailable:intOrString?
StatefulSetPersistentVolumeClaimRetentionPolicy 1:whenDeleted:string 2:whenScaled:string
StatefulSetOrdinals 1:start:int
StatefulSetStatus 1:observedGeneration:int 2:replicas:int 3:readyReplicas:int 4:currentReplicas:int 5:updatedReplicas:int 6:currentRevision:string 7:updateRevision:string 9:collisionCount:int? 11:availableReplicas:int 10:conditions:[]WorkloadCondition
DaemonSet 1:metadata:ObjectMeta 2:spec:DaemonSetSpec 3:status:DaemonSetStatus
DaemonSetSpec 1:selector:LabelSelector? 2:template:PodTemplateSpec 3:updateStrategy:DaemonSetUpdateStrategy 4:minReadySeconds:int 6:revisionHistoryLimit:int?
DaemonSetUpdateStrategy 1:type:string 2:rollingUpdate:RollingUpdateDaemonSet?
RollingUpdateDaemonSet 1:maxUnavailable:intOrString? 2:maxSurge:intOrString?
DaemonSetStatus 1:currentNumberScheduled:int 2:numberMisscheduled:int 3:desiredNumberScheduled:int 4:numberReady:int 5:observedGeneration:int 6:updatedNumberScheduled:int 7:numberAvailable:int 8:numberUnavailable:int 9:collisionCount:int? 10:conditions:[]WorkloadCondition
Job 1:metadata:ObjectMeta 2:spec:JobSpec 3:status:JobStatus
JobSpec 1:parallelism:int? 2:completions:int? 3:activeDeadlineSeconds:int? 4:selector:LabelSelector? 5:manualSelector:bool? 6:template:PodTemplateSpec 7:backoffLimit:int? 8:ttlSecondsAfterFinished:int? 9:completionMode:string? 10:suspend:bool? 11:podFailurePolicy:PodFailurePolicy? 12:backoffLimitPerIndex:int? 13:maxFailedIndexes:int? 14:podReplacementPolicy:string? 15:managedBy:string? 16:successPolicy:SuccessPolicy?
PodFailurePolicy 1:rules:[]PodFailurePolicyRule
PodFailurePolicyRule 1:action:string 2:onExitCodes:PodFailurePolicyOnExitCodesRequirement? 3:onPodConditions:[]PodFailurePolicyOnPodConditionsPattern
PodFailurePolicyOnExitCodesRequirement 1:containerName:string? 2:operator:string 3:values:[]int
PodFailurePolicyOnPodConditionsPattern 1:type:string 2:status:string
SuccessPolicy 1:rules:[]SuccessPolicyRule
SuccessPolicyRule 1:succeededIndexes:string? 2:succeededCount:int?
JobStatus 1:conditions:[]JobCondition 2:startTime:time? 3:completionTime:time? 4:active:int 5:succeeded:int 6:failed:int 7:completedIndexes:string 8:uncountedTerminatedPods:UncountedTerminatedPods? 9:ready:int? 10:failedIndexes:string? 11:terminating:int?
JobCondition 1:type:string 2:status:string 3:lastProbeTime:time 4:lastTransitionTime:time 5:reason:string 6:message:string
UncountedTerminatedPods 1:succeeded:[]string 2:failed:[]string
CronJob 1:metadata:ObjectMeta 2:spec:CronJobSpec 3:status:CronJobStatus
CronJobSpec 1:schedule:string 2:startingDeadlineSeconds:int? 3:concurrencyPolicy:string 4:suspend:bool? 5:jobTemplate:JobTemplateSpec 6:successfulJobsHistoryLimit:int? 7:failedJobsHistoryLimit:int? 8:timeZone:string?
CronJobStatus 1:active:[]ObjectReference 4:lastScheduleTime:time? 5:lastSuccessfulTime:time?
JobTemplateSpec 1:metadata:ObjectMeta 2:spec:JobSpec
ServiceAccount 1:metadata:ObjectMeta 2:secrets:[]ObjectReference 3:imagePullSecrets:[]LocalObjectReference 4:automountServiceAccountToken:bool?
Lease 1:metadata:ObjectMeta 2:spec:LeaseSpec
LeaseSpec 1:holderIdentity:string? 2:leaseDurationSeconds:int? 3:acquireTime:microTime? 4:renewTime:microTime? 5:leaseTransitions:int?
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
IngressLoadBalancerIngress 1:ip:string 2:hostname:string 4:ports:[]PortStatus
IngressClass 1:metadata:ObjectMeta 2:spec:IngressClassSpec
IngressClassSpec 1:controller:string 2:parameters:IngressClassParametersReference?
IngressClassParametersReference 1:apiGroup:string? 2:kind:string 3:name:string 4:scope:string? 5:namespace:string?
NetworkPolicy 1:metadata:ObjectMeta 2:spec:NetworkPolicySpec
NetworkPolicySpec 1:podSelector:LabelSelector 2:ingress:[]NetworkPolicyIngressRule 3:egress:[]NetworkPolicyEgressRule 4:policyTypes:[]string
NetworkPolicyIngressRule 1:ports:[]NetworkPolicyPort 2:from:[]NetworkPolicyPeer
NetworkPolicyEgressRule 1:ports:[]NetworkPolicyPort 2:to:[]NetworkPolicyPeer
NetworkPolicyPort 1:protocol:string? 2:port:intOrString? 3:endPort:int?
NetworkPolicyPeer 1:podSelector:LabelSelector? 2:namespaceSelector:LabelSelector? 3:ipBlock:IPBlock?
IPBlock 1:cidr:string 2:except:[]string
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
PodDisruptionBudgetStatus 1:observedGeneration:int 2:disruptedPods:{}time 3:disruptionsAllowed:int 4:currentHealthy:int 5:desiredHealthy:int 6:expectedPods:int 7:conditions:[]Condition
PriorityClass 1:metadata:ObjectMeta 2:value:int 3:globalDefault:bool 4:description:string 5:preemptionPolicy:string?
PersistentVolumeClaim 1:metadata:ObjectMeta 2:spec:PersistentVolumeClaimSpec 3:status:PersistentVolumeClaimStatus
PersistentVolumeClaimSpec 1:accessModes:[]string 2:resources:ResourceRequirements 3:volumeName:string 4:selector:LabelSelector? 5:storageClassName:string? 6:volumeMode:string?
PersistentVolumeClaimStatus 1:phase:string 2:accessModes:[]string 3:capacity:{}quantity
PersistentVolume 1:metadata:ObjectMeta 2:spec:PersistentVolumeSpec 3:status:PersistentVolumeStatus
PersistentVolumeSpec 1:capacity:{}quantity 2:@:PersistentVolumeSource 3:accessModes:[]string 4:claimRef:ObjectReference? 5:persistentVolumeReclaimPolicy:string 6:storageClassName:string 7:mountOptions:[]string 8:volumeMode:string? 9:nodeAffinity:VolumeNodeAffinity?
PersistentVolumeSource 3:hostPath:HostPathVolumeSource? 5:nfs:NFSVolumeSource? 20:local:LocalVolumeSource? 22:csi:CSIPersistentVolumeSource?
CSIPersistentVolumeSource 1:driver:string 2:volumeHandle:string 3:readOnly:bool 4:fsType:string 5:volumeAttributes:{}string
NFSVolumeSource 1:server:string 2:path:string 3:readOnly:bool
LocalVolumeSource 1:path:string 2:fsType:string?
VolumeNodeAffinity 1:required:NodeSelector?
PersistentVolumeStatus 1:phase:string 2:message:string 3:reason:string
StorageClass 1:metadata:ObjectMeta 2:provisioner:string 3:parameters:{}string 4:reclaimPolicy:string? 5:mountOptions:[]string 6:allowVolumeExpansion:bool? 7:volumeBindingMode:string?
LimitRange 1:metadata:ObjectMeta 2:spec:LimitRangeSpec
LimitRangeSpec 1:limits:[]LimitRangeItem
LimitRangeItem 1:type:string 2:max:{}quantity 3:min:{}quantity 4:default:{}quantity 5:defaultRequest:{}quantity 6:maxLimitRequestRatio:{}quantity
ControllerRevision 1:metadata:ObjectMeta 2:data:json 3:revision:int
Pod 1:metadata:ObjectMeta 2:spec:PodSpec 3:status:PodStatus
PodStatus 1:phase:string 2:conditions:[]PodCondition 3:message:string 4:reason:string 5:hostIP:string 6:podIP:string 7:startTime:time? 8:containerStatuses:[]ContainerStatus 9:qosClass:string 10:initContainerStatuses:[]ContainerStatus 11:nominatedNodeName:string 12:podIPs:[]AddressIP 16:hostIPs:[]AddressIP 17:observedGeneration:int
PodCondition 1:type:string 2:status:string 3:lastProbeTime:time 4:lastTransitionTime:time 5:reason:string 6:message:string 7:observedGeneration:int
AddressIP 1:ip:string
ContainerStatus 1:name:string 2:state:ContainerState 3:lastState:ContainerState 4:ready:bool 5:restartCount:int 6:image:string 7:imageID:string 8:containerID:string 9:started:bool? 10:allocatedResources:{}quantity 11:resources:ResourceRequirements?
ContainerState 1:waiting:ContainerStateWaiting? 2:running:ContainerStateRunning? 3:terminated:ContainerStateTerminated?
ContainerStateWaiting 1:reason:string 2:message:string
ContainerStateRunning 1:startedAt:time
ContainerStateTerminated 1:exitCode:int 2:signal:int 3:reason:string 4:message:string 5:startedAt:time 6:finishedAt:time 7:containerID:string
PodTemplateSpec 1:metadata:ObjectMeta 2:spec:PodSpec
PodSpec 1:volumes:[]Volume 2:containers:[]Container 3:restartPolicy:string 4:terminationGracePeriodSeconds:int? 5:activeDeadlineSeconds:int? 6:dnsPolicy:string 7:nodeSelector:{}string 8:serviceAccountName:string 9:serviceAccount:string 10:nodeName:string 11:hostNetwork:bool 12:hostPID:bool 13:hostIPC:bool 14:securityContext:PodSecurityContext? 15:imagePullSecrets:[]LocalObjectReference 16:hostname:string 17:subdomain:string 18:affinity:Affinity? 19:schedulerName:string 20:initContainers:[]Container 21:automountServiceAccountToken:bool? 22:tolerations:[]Toleration 23:hostAliases:[]HostAlias 24:priorityClassName:string 25:priority:int? 26:dnsConfig:PodDNSConfig? 27:shareProcessNamespace:bool? 28:readinessGates:[]PodReadinessGate 29:runtimeClassName:string? 30:enableServiceLinks:bool? 31:preemptionPolicy:string? 32:overhead:{}quantity 33:topologySpreadConstraints:[]TopologySpreadConstraint 35:setHostnameAsFQDN:bool? 36:os:NamedPart? 37:hostUsers:bool? 38:schedulingGates:[]NamedPart
NamedPart 1:name:string
Affinity 1:nodeAffinity:NodeAffinity? 2:podAffinity:PodAffinity? 3:podAntiAffinity:PodAffinity?
NodeAffinity 1:requiredDuringSchedulingIgnoredDuringExecution:NodeSelector? 2:preferredDuringSchedulingIgnoredDuringExecution:[]PreferredSchedulingTerm
NodeSelector 1:nodeSelectorTerms:[]NodeSelectorTerm
NodeSelectorTerm 1:matchExpressions:[]LabelSelectorRequirement 2:matchFields:[]LabelSelectorRequirement
PreferredSchedulingTerm 1:weight:int 2:preference:NodeSelectorTerm
PodAffinity 1:requiredDuringSchedulingIgnoredDuringExecution:[]PodAffinityTerm 2:preferredDuringSchedulingIgnoredDuringExecution:[]WeightedPodAffinityTerm
WeightedPodAffinityTerm 1:weight:int 2:podAffinityTerm:PodAffinityTerm
PodAffinityTerm 1:labelSelector:LabelSelector? 2:namespaces:[]string 3:topologyKey:string 4:namespaceSelector:LabelSelector? 5:matchLabelKeys:[]string 6:mismatchLabelKeys:[]string
TopologySpreadConstraint 1:maxSkew:int 2:topologyKey:string 3:whenUnsatisfiable:string 4:labelSelector:LabelSelector? 5:minDomains:int? 6:nodeAffinityPolicy:string? 7:nodeTaintsPolicy:string? 8:matchLabelKeys:[]string
PodDNSConfig 1:nameservers:[]string 2:searches:[]string 3:options:[]PodDNSConfigOption
PodDNSConfigOption 1:name:string 2:value:string?
PodReadinessGate 1:conditionType:string
PodSecurityContext 1:seLinuxOptions:SELinuxOptions? 2:runAsUser:int? 3:runAsNonRoot:bool? 4:supplementalGroups:[]int 5:fsGroup:int? 6:runAsGroup:int? 7:sysctls:[]Sysctl 9:fsGroupChangePolicy:string? 10:seccompProfile:SeccompProfile? 11:appArmorProfile:SeccompProfile? 12:supplementalGroupsPolicy:string? 13:seLinuxChangePolicy:string?
SELinuxOptions 1:user:string 2:role:string 3:type:string 4:level:string
Sysctl 1:name:string 2:value:string
SeccompProfile 1:type:string 2:localhostProfile:string?
HostAlias 1:ip:string 2:hostnames:[]string
Toleration 1:key:string 2:operator:string 3:value:string 4:effect:string 5:tolerationSeconds:int?
Volume 1:name:string 2:@:VolumeSource
VolumeSource 1:hostPath:HostPathVolumeSource? 2:emptyDir:EmptyDirVolumeSource? 6:secret:SecretVolumeSource? 10:persistentVolumeClaim:PersistentVolumeClaimVolumeSource? 16:downwardAPI:DownwardAPIVolumeSource? 19:configMap:ConfigMapVolumeSource? 26:projected:ProjectedVolumeSource?
PersistentVolumeClaimVolumeSource 1:claimName:string 2:readOnly:bool
DownwardAPIVolumeSource 1:items:[]DownwardAPIVolumeFile 2:defaultMode:int?
DownwardAPIVolumeFile 1:path:string 2:fieldRef:ObjectFieldSelector? 3:resourceFieldRef:ResourceFieldSelector? 4:mode:int?
ResourceFieldSelector 1:containerName:string 2:resource:string 3:divisor:quantity
ProjectedVolumeSource 1:sources:[]VolumeProjection 2:defaultMode:int?
VolumeProjection 1:secret:KeyProjection? 2:downwardAPI:DownwardAPIProjection? 3:configMap:KeyProjection? 4:serviceAccountToken:ServiceAccountTokenProjection?
KeyProjection 1:@:LocalObjectReference 2:items:[]KeyToPath 4:optional:bool?
DownwardAPIProjection 1:items:[]DownwardAPIVolumeFile
ServiceAccountTokenProjection 1:audience:string 2:expirationSeconds:int? 3:path:string
KeyToPath 1:key:string 2:path:string 3:mode:int?
HostPathVolumeSource 1:path:string 2:type:string?
EmptyDirVolumeSource 1:medium:string 2:sizeLimit:quantity?
SecretVolumeSource 1:secretName:string 2:items:[]KeyToPath 3:defaultMode:int? 4:optional:bool?
ConfigMapVolumeSource 1:@:LocalObjectReference 2:items:[]KeyToPath 3:defaultMode:int? 4:optional:bool?
LocalObjectReference 1:name:string
Container 1:name:string 2:image:string 3:command:[]string 4:args:[]string 5:workingDir:string 6:ports:[]ContainerPort 7:env:[]EnvVar 8:resources:ResourceRequirements 9:volumeMounts:[]VolumeMount 10:livenessProbe:Probe? 11:readinessProbe:Probe? 12:lifecycle:Lifecycle? 13:terminationMessagePath:string 14:imagePullPolicy:string 15:securityContext:SecurityContext? 16:stdin:bool 17:stdinOnce:bool 18:tty:bool 19:envFrom:[]EnvFromSource 20:terminationMessagePolicy:string 22:startupProbe:Probe? 23:resizePolicy:[]ContainerResizePolicy 24:restartPolicy:string?
ContainerResizePolicy 1:resourceName:string 2:restartPolicy:string
Lifecycle 1:postStart:LifecycleHandler? 2:preStop:LifecycleHandler?
LifecycleHandler 1:exec:ExecAction? 2:httpGet:HTTPGetAction? 3:tcpSocket:TCPSocketAction? 4:sleep:SleepAction?
SleepAction 1:seconds:int
ContainerPort 1:name:string 2:hostPort:int 3:containerPort:int 4:protocol:string 5:hostIP:string
EnvVar 1:name:string 2:value:string 3:valueFrom:EnvVarSource?
EnvVarSource 1:fieldRef:ObjectFieldSelector? 2:resourceFieldRef:ResourceFieldSelector? 3:configMapKeyRef:KeySelector? 4:secretKeyRef:KeySelector?
ObjectFieldSelector 1:apiVersion:string 2:fieldPath:string
KeySelector 1:@:LocalObjectReference 2:key:string 3:optional:bool?
EnvFromSource 1:prefix:string 2:configMapRef:EnvSource? 3:secretRef:EnvSource?
EnvSource 1:@:LocalObjectReference 2:optional:bool?
ResourceRequirements 1:limits:{}quantity 2:requests:{}quantity
VolumeMount 1:name:string 2:readOnly:bool 3:mountPath:string 4:subPath:string 5:mountPropagation:string? 6:subPathExpr:string 7:recursiveReadOnly:string?
SecurityContext 1:capabilities:Capabilities? 2:privileged:bool? 3:seLinuxOptions:SELinuxOptions? 4:runAsUser:int? 5:runAsNonRoot:bool? 6:readOnlyRootFilesystem:bool? 7:allowPrivilegeEscalation:bool? 8:runAsGroup:int? 9:procMount:string? 11:seccompProfile:SeccompProfile? 12:appArmorProfile:SeccompProfile?
Capabilities 1:add:[]string 2:drop:[]string
Probe 1:@:ProbeHandler 2:initialDelaySeconds:int 3:timeoutSeconds:int 4:periodSeconds:int 5:successThreshold:int 6:failureThreshold:int 7:terminationGracePeriodSeconds:int?
ProbeHandler 1:exec:ExecAction? 2:httpGet:HTTPGetAction? 3:tcpSocket:TCPSocketAction? 4:grpc:GRPCAction?
ExecAction 1:command:[]string
HTTPGetAction 1:path:string 2:port:intOrString 3:host:string 4:scheme:string 5:httpHeaders:[]HTTPHeader
HTTPHeader 1:name:string 2:value:string
TCPSocketAction 1:port:intOrString 2:host:string
GRPCAction 1:port:int 2:service:string?
LabelSelector 1:matchLabels:{}string 2:matchExpressions:[]LabelSelectorRequirement
LabelSelectorRequirement 1:key:string 2:operator:string 3:values:[]string
Condition 1:type:string 2:status:string 3:observedGeneration:int 4:lastTransitionTime:time 5:reason:string 6:message:string
ObjectMeta 1:name:string 2:generateName:string 3:namespace:string 4:selfLink:string 5:uid:string 6:resourceVersion:string 7:generation:int 8:creationTimestamp:time 9:deletionTimestamp:time? 10:deletionGracePeriodSeconds:int? 11:labels:{}string 12:annotations:{}string 13:ownerReferences:[]OwnerReference 14:finalizers:[]string 17:managedFields:[]ManagedFieldsEntry
ManagedFieldsEntry 1:manager:string 2:operation:string 3:apiVersion:string 4:time:time? 6:fieldsType:string 7:fieldsV1:json? 8:subresource:string
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
