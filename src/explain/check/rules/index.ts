import type { Check } from '../check.ts'
import { appBindsLoopback } from './app-binds-loopback.ts'
import { appPortEnvMismatch } from './app-port-env-mismatch.ts'
import { appProtocolConflict } from './app-protocol-conflict.ts'
import { autoscalerTargetMissing } from './autoscaler-target-missing.ts'
import { backingWorkloadScaledToZero } from './backing-workload-scaled-to-zero.ts'
import { bindFamilyMismatch } from './bind-family-mismatch.ts'
import { clientUrlClusterNameInBrowserCode } from './client-url-cluster-name-in-browser-code.ts'
import { clientUrlLocalhost } from './client-url-localhost.ts'
import { clientUrlPortNotInService } from './client-url-port-not-in-service.ts'
import { clientUrlServiceUnknown } from './client-url-service-unknown.ts'
import { clientUrlWrongNamespace } from './client-url-wrong-namespace.ts'
import { containerPortDuplicateInPod } from './container-port-duplicate-in-pod.ts'
import { containerPortNameDuplicate } from './container-port-name-duplicate.ts'
import { dnsPolicyWithoutClusterDns } from './dns-policy-without-cluster-dns.ts'
import { duplicateObject } from './duplicate-object.ts'
import { externalNameHttpHost } from './external-name-http-host.ts'
import { externalNameIsIp } from './external-name-is-ip.ts'
import { externalNamePortRemap } from './external-name-port-remap.ts'
import { fieldIgnoredForType } from './field-ignored-for-type.ts'
import { fieldNotAllowedForType } from './field-not-allowed-for-type.ts'
import { grpcThroughClusterIp } from './grpc-through-cluster-ip.ts'
import { headlessPortRemap } from './headless-port-remap.ts'
import { hostNetworkDnsPolicy } from './host-network-dns-policy.ts'
import { hostPortConflict } from './host-port-conflict.ts'
import { hostPortRolloutDeadlock } from './host-port-rollout-deadlock.ts'
import { ingressBackendPortIllFormed } from './ingress-backend-port-ill-formed.ts'
import { ingressBackendPortMissing } from './ingress-backend-port-missing.ts'
import { ingressBackendServiceMissing } from './ingress-backend-service-missing.ts'
import { ingressRouteDuplicate } from './ingress-route-duplicate.ts'
import { localTrafficPolicyRisk } from './local-traffic-policy-risk.ts'
import { manualEndpointsAddressForbidden } from './manual-endpoints-address-forbidden.ts'
import { manualEndpointsNameMismatch } from './manual-endpoints-name-mismatch.ts'
import { manualEndpointsPortNameMismatch } from './manual-endpoints-port-name-mismatch.ts'
import { mixedProtocolLoadBalancer } from './mixed-protocol-load-balancer.ts'
import { namedPortAmbiguous } from './named-port-ambiguous.ts'
import { namedTargetPortMissing } from './named-target-port-missing.ts'
import { namedTargetPortPartial } from './named-target-port-partial.ts'
import { nodePortDuplicate } from './node-port-duplicate.ts'
import { nodePortOutOfRange } from './node-port-out-of-range.ts'
import { policyDeniesDeclaredClient } from './policy-denies-declared-client.ts'
import { policyEgressWithoutDns } from './policy-egress-without-dns.ts'
import { policyNamedPortUnknown } from './policy-named-port-unknown.ts'
import { policyPortIsServicePort } from './policy-port-is-service-port.ts'
import { portAndTargetPortSwapped } from './port-and-target-port-swapped.ts'
import { portNameInvalid } from './port-name-invalid.ts'
import { portNameUnreferencable } from './port-name-unreferencable.ts'
import { portOutOfRange } from './port-out-of-range.ts'
import { privilegedPortNonRoot } from './privileged-port-non-root.ts'
import { probePortContradictsEvidence } from './probe-port-contradicts-evidence.ts'
import { probePortNameMissing } from './probe-port-name-missing.ts'
import { protocolInvalid } from './protocol-invalid.ts'
import { readinessNotOnServedPort } from './readiness-not-on-served-port.ts'
import { routeBackendPortMissing } from './route-backend-port-missing.ts'
import { routeBackendServiceMissing } from './route-backend-service-missing.ts'
import { routeParentMismatch } from './route-parent-mismatch.ts'
import { routeReferenceGrantMissing } from './route-reference-grant-missing.ts'
import { samePortTcpUdpApplyHazard } from './same-port-tcp-udp-apply-hazard.ts'
import { selectorAndManualEndpoints } from './selector-and-manual-endpoints.ts'
import { selectorMatchesJobPods } from './selector-matches-job-pods.ts'
import { selectorMatchesNothing } from './selector-matches-nothing.ts'
import { selectorMatchesOtherNamespace } from './selector-matches-other-namespace.ts'
import { selectorMatchesSeveralWorkloads } from './selector-matches-several-workloads.ts'
import { selectorMatchesWorkloadLabelsNotPods } from './selector-matches-workload-labels-not-pods.ts'
import { selectorRewrittenByKustomize } from './selector-rewritten-by-kustomize.ts'
import { serviceBackedContainerWithoutReadiness } from './service-backed-container-without-readiness.ts'
import { serviceLinkEnvClash } from './service-link-env-clash.ts'
import { serviceMonitorPortUnknown } from './service-monitor-port-unknown.ts'
import { serviceNameInvalid } from './service-name-invalid.ts'
import { serviceOfAnotherProxy } from './service-of-another-proxy.ts'
import { servicePortDuplicate } from './service-port-duplicate.ts'
import { servicePortNameDuplicate } from './service-port-name-duplicate.ts'
import { servicePortNameRequired } from './service-port-name-required.ts'
import { serviceWithoutSelectorOrEndpoints } from './service-without-selector-or-endpoints.ts'
import { sessionAffinityBypassed } from './session-affinity-bypassed.ts'
import { statefulsetServiceMissingOrNotHeadless } from './statefulset-service-missing-or-not-headless.ts'
import { targetPortContradictsEvidence } from './target-port-contradicts-evidence.ts'
import { targetPortProtocolMismatch } from './target-port-protocol-mismatch.ts'
import { targetPortQuotedNumber } from './target-port-quoted-number.ts'
import { targetPortUndeclared } from './target-port-undeclared.ts'
import { webhookServicePortMissing } from './webhook-service-port-missing.ts'
import { workloadSelectorTemplateMismatch } from './workload-selector-template-mismatch.ts'

/** In the order of their codes, which is the order in which they run. */
export const checks: readonly Check[] = [
  duplicateObject,
  servicePortNameRequired,
  servicePortDuplicate,
  servicePortNameDuplicate,
  portOutOfRange,
  portNameInvalid,
  targetPortQuotedNumber,
  protocolInvalid,
  serviceNameInvalid,
  fieldNotAllowedForType,
  fieldIgnoredForType,
  samePortTcpUdpApplyHazard,
  externalNameIsIp,
  externalNamePortRemap,
  externalNameHttpHost,
  headlessPortRemap,
  portNameUnreferencable,
  selectorMatchesNothing,
  selectorMatchesWorkloadLabelsNotPods,
  selectorMatchesOtherNamespace,
  selectorMatchesSeveralWorkloads,
  selectorMatchesJobPods,
  workloadSelectorTemplateMismatch,
  backingWorkloadScaledToZero,
  serviceWithoutSelectorOrEndpoints,
  selectorAndManualEndpoints,
  manualEndpointsNameMismatch,
  manualEndpointsPortNameMismatch,
  manualEndpointsAddressForbidden,
  statefulsetServiceMissingOrNotHeadless,
  selectorRewrittenByKustomize,
  autoscalerTargetMissing,
  namedTargetPortMissing,
  targetPortContradictsEvidence,
  targetPortUndeclared,
  targetPortProtocolMismatch,
  namedTargetPortPartial,
  namedPortAmbiguous,
  portAndTargetPortSwapped,
  appPortEnvMismatch,
  appBindsLoopback,
  bindFamilyMismatch,
  containerPortDuplicateInPod,
  containerPortNameDuplicate,
  probePortNameMissing,
  probePortContradictsEvidence,
  readinessNotOnServedPort,
  serviceBackedContainerWithoutReadiness,
  hostPortConflict,
  hostPortRolloutDeadlock,
  hostNetworkDnsPolicy,
  privilegedPortNonRoot,
  serviceLinkEnvClash,
  nodePortOutOfRange,
  nodePortDuplicate,
  localTrafficPolicyRisk,
  mixedProtocolLoadBalancer,
  sessionAffinityBypassed,
  grpcThroughClusterIp,
  serviceOfAnotherProxy,
  ingressBackendServiceMissing,
  ingressBackendPortMissing,
  ingressBackendPortIllFormed,
  routeBackendServiceMissing,
  routeBackendPortMissing,
  routeReferenceGrantMissing,
  routeParentMismatch,
  serviceMonitorPortUnknown,
  webhookServicePortMissing,
  appProtocolConflict,
  ingressRouteDuplicate,
  clientUrlServiceUnknown,
  clientUrlPortNotInService,
  clientUrlWrongNamespace,
  clientUrlLocalhost,
  clientUrlClusterNameInBrowserCode,
  dnsPolicyWithoutClusterDns,
  policyPortIsServicePort,
  policyDeniesDeclaredClient,
  policyEgressWithoutDns,
  policyNamedPortUnknown,
]
