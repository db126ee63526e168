/** What `kubectl explain` says of types and fields: those that Portolan acts on, in its own words. */

/** `Type text` of a type, `Type.field text` of a field; `*.field` of every type that has it. */
const TEXTS = `
*.apiVersion Group and version of the API that this object is written for, as "apps/v1"; "v1" for the core group.
*.kind Name of the object's type.
*.metadata Name, namespace, labels and what the server keeps about the object.
*.spec What is wanted.
*.status What is: written by the network, not by users.
*.minReadySeconds How long a new Pod must be ready before it counts as available.
*.replicas How many Pods.
*.revisionHistoryLimit How many old revisions are kept for a rollback.
*.template The Pods that are made from it.
ObjectMeta What every object carries.
ObjectMeta.name Unique in the namespace for this kind. It cannot change.
ObjectMeta.generateName The server adds five characters to it where there is no name.
ObjectMeta.namespace The space in which the name is unique; "default" where none is given. Kinds of the whole cluster have none.
ObjectMeta.labels Keys and values that selectors choose objects by.
ObjectMeta.annotations Keys and values for tools; nothing is chosen by them.
ObjectMeta.uid Given by the server, and never to another object.
ObjectMeta.resourceVersion Changes with every write. An update that names an old one is refused, so that no change is lost.
ObjectMeta.generation Counts the changes of spec.
ObjectMeta.creationTimestamp When the object was made.
ObjectMeta.deletionTimestamp When the object is to be gone. Set by a delete that has to wait for something.
ObjectMeta.deletionGracePeriodSeconds How long a Pod that is being deleted may take to end.
ObjectMeta.finalizers Names of those who have to do something before the object goes; each removes its own.
ObjectMeta.ownerReferences The objects that this one belongs to: with the last of them it is deleted.
ObjectMeta.managedFields Which client set which fields, for server-side apply.
OwnerReference An object that another one belongs to.
OwnerReference.controller Whether this owner is the one that manages the object.
OwnerReference.uid The owner's uid: an owner made anew under the same name is another one.
Service One stable address and name for a changing set of Pods.
ServiceSpec What a Service offers, and which Pods answer.
ServiceSpec.type Who can reach the Service: ClusterIP (Pods and nodes), NodePort (besides, a port of every node), LoadBalancer (besides, an address outside) or ExternalName (only a DNS alias).
ServiceSpec.selector Labels that a Pod must have to answer. Without it nobody is chosen: Endpoints are written by hand.
ServiceSpec.ports The ports on which the Service is reached.
ServiceSpec.clusterIP The address inside the cluster: chosen by the server, or by you from the range of Services; "None" makes the Service headless, so that its name gives the Pods' own addresses.
ServiceSpec.clusterIPs One address for each IP family; the first is clusterIP.
ServiceSpec.ipFamilies IPv4, IPv6, or both, the first one's address first.
ServiceSpec.ipFamilyPolicy Whether the Service has one family or two: SingleStack, PreferDualStack, RequireDualStack.
ServiceSpec.externalIPs Further addresses at which nodes take packets for the Service. Nobody but you brings the packets there.
ServiceSpec.externalName The DNS name that an ExternalName Service is an alias of.
ServiceSpec.externalTrafficPolicy Cluster: connections from outside go to any Pod. Local: only to Pods of the node where they arrive, which then see the client's address.
ServiceSpec.internalTrafficPolicy Cluster: connections from inside go to any Pod. Local: only to Pods of the same node.
ServiceSpec.trafficDistribution Which Pods are preferred: PreferSameZone, PreferSameNode.
ServiceSpec.sessionAffinity ClientIP: all connections of one client address go to the same Pod. None: each goes to the next.
ServiceSpec.sessionAffinityConfig How long that lasts.
ServiceSpec.healthCheckNodePort The port on which each node tells a load balancer whether it has Pods, with externalTrafficPolicy Local.
ServiceSpec.allocateLoadBalancerNodePorts Whether a LoadBalancer Service gets node ports as well.
ServiceSpec.loadBalancerClass Who provides the address; without it the network's own load balancer.
ServiceSpec.loadBalancerIP The address that is asked for.
ServiceSpec.loadBalancerSourceRanges Client addresses that the load balancer lets in.
ServiceSpec.publishNotReadyAddresses Pods answer, and have DNS names, even before they are ready.
ServicePort One port of a Service: nodePort -> port -> targetPort = containerPort.
ServicePort.name Needed where there are several. DNS has SRV records by it, and EndpointSlices name it.
ServicePort.protocol TCP, UDP or SCTP; TCP where none is given.
ServicePort.port The port at the Service's own address.
ServicePort.targetPort The port in the Pods, as number or as the name of a containerPort; the same as port where none is given.
ServicePort.nodePort The port of every node that leads here, for types NodePort and LoadBalancer: chosen by the server, or by you from the range of node ports.
ServicePort.appProtocol What is spoken, for those who look into connections.
SessionAffinityConfig Settings of session affinity.
ClientIPConfig.timeoutSeconds How long a client without connections keeps its Pod: 1 to 86400, 10800 where none is given.
ServiceStatus.loadBalancer The addresses outside, once there are any.
LoadBalancerIngress.ip An address at which the load balancer listens.
LoadBalancerIngress.ipMode VIP: packets arrive with this address. Proxy: with the node's.
Pod Containers that share an address, started and ended together.
PodSpec What a Pod is made of.
PodSpec.containers The programs of the Pod, at least one.
PodSpec.initContainers Run one after the other before the others start; with restartPolicy Always they go on beside them.
PodSpec.restartPolicy Always, OnFailure or Never: what happens when a container ends.
PodSpec.terminationGracePeriodSeconds Time between SIGTERM and SIGKILL; 30 where none is given.
PodSpec.nodeName The node that the Pod runs on: chosen by the scheduler, or by you.
PodSpec.nodeSelector Labels that the node must have.
PodSpec.tolerations Taints of nodes that do not keep the Pod away.
PodSpec.hostNetwork The Pod uses its node's network and address.
PodSpec.hostname The Pod's own host name; its name where none is given.
PodSpec.subdomain With hostname and a headless Service of this name the Pod has the DNS name HOSTNAME.SUBDOMAIN.NAMESPACE.svc.
PodSpec.hostAliases Further lines of the Pod's /etc/hosts.
PodSpec.dnsPolicy Whom the Pod asks for names: ClusterFirst, ClusterFirstWithHostNet, Default or None.
PodSpec.dnsConfig Name servers, search list and options beside those of dnsPolicy.
PodSpec.volumes Files that containers can mount.
PodSpec.serviceAccountName The identity with which the Pod's programs call the API.
PodSpec.enableServiceLinks Whether containers get variables with the addresses of Services; so unless it is false.
PodSpec.readinessGates Further conditions that have to be true before the Pod is ready.
PodSpec.securityContext User, group and privileges of all containers.
PodStatus.phase Pending, Running, Succeeded or Failed.
PodStatus.conditions Scheduled, initialized, ready: each with the reason where it is not so.
PodStatus.podIP The Pod's address.
PodStatus.hostIP The address of its node.
Container One program of a Pod.
Container.name Unique in the Pod.
Container.image What runs. Here a stand-in answers in its place, unless a program of the machine was named for it.
Container.command Replaces the image's entry point; no shell is used.
Container.args The arguments.
Container.workingDir The folder in which it starts.
Container.ports The ports on which the program listens. A Service finds them by name; a port that is not listed is reached all the same.
Container.env Variables of its environment.
Container.envFrom ConfigMaps and Secrets whose keys all become variables.
Container.resources What it needs and may use of CPU and memory.
Container.volumeMounts Where volumes appear.
Container.readinessProbe While it fails, Services send nothing to the Pod.
Container.livenessProbe When it fails, the container is started anew.
Container.startupProbe Until it succeeds once, the other probes wait.
Container.lifecycle What is run after the start and before the end.
Container.imagePullPolicy Always, IfNotPresent or Never.
Container.restartPolicy Always, on an init container: it goes on running beside the others.
ContainerPort One port on which a container listens.
ContainerPort.containerPort The number, 1 to 65535.
ContainerPort.name At most 15 characters; a Service's targetPort can name it.
ContainerPort.protocol TCP, UDP or SCTP; TCP where none is given.
ContainerPort.hostPort A port of the node that leads here.
ContainerPort.hostIP The node's address on which hostPort is open; all of them where none is given.
EnvVar One variable.
EnvVar.name Its name.
EnvVar.value Its text; $(NAME) stands for a variable above.
EnvVar.valueFrom Where the text comes from instead.
EnvVarSource.configMapKeyRef A key of a ConfigMap.
EnvVarSource.secretKeyRef A key of a Secret.
EnvVarSource.fieldRef A field of the Pod, as status.podIP.
EnvVarSource.resourceFieldRef A limit or request of a container.
EnvFromSource.prefix Put before each name.
Probe How a container is asked whether it is well.
Probe.httpGet A GET: any answer from 200 to 399 is well.
Probe.tcpSocket A connection: if it opens, it is well.
Probe.exec A command: exit code 0 is well.
Probe.grpc The health service of gRPC.
Probe.initialDelaySeconds Time from the container's start to the first question.
Probe.periodSeconds Time from one question to the next; 10 where none is given.
Probe.timeoutSeconds How long an answer may take; 1 where none is given.
Probe.failureThreshold So many failures in a row count as one; 3 where none is given.
Probe.successThreshold So many successes in a row count as well again.
HTTPGetAction.path The path; "/" where none is given.
HTTPGetAction.port Number, or name of a containerPort.
HTTPGetAction.scheme HTTP or HTTPS.
TCPSocketAction.port Number, or name of a containerPort.
Lifecycle.postStart Run when the container was started.
Lifecycle.preStop Run before SIGTERM; the grace period counts from its beginning.
Deployment Keeps a number of equal Pods running, and replaces them step by step when their template changes.
DeploymentSpec.replicas How many Pods; 1 where none is given.
DeploymentSpec.selector Which Pods belong to it: the labels of its template. It cannot change.
DeploymentSpec.strategy How old Pods are replaced.
DeploymentSpec.paused Changes of the template wait.
DeploymentSpec.progressDeadlineSeconds After so long without progress the Deployment says that it is stuck.
DeploymentStrategy.type RollingUpdate: new Pods before old ones go. Recreate: all old ones first.
RollingUpdateDeployment.maxSurge How many Pods more than wanted there may be, as number or percentage.
RollingUpdateDeployment.maxUnavailable How many Pods fewer than wanted may be ready, as number or percentage.
DeploymentStatus.readyReplicas How many Pods are ready.
DeploymentStatus.updatedReplicas How many Pods have the newest template.
ReplicaSet Keeps a number of equal Pods running; a Deployment makes one for each of its templates.
ReplicaSetSpec.selector Which Pods belong to it.
StatefulSet Pods with stable names, started and ended in order.
StatefulSetSpec.serviceName The headless Service that gives the Pods their DNS names.
StatefulSetSpec.podManagementPolicy OrderedReady: one after the other. Parallel: all at once.
StatefulSetSpec.selector Which Pods belong to it.
DaemonSet One Pod on every node.
DaemonSetSpec.selector Which Pods belong to it.
Job Pods that run to their end.
JobSpec.completions How many Pods have to succeed.
JobSpec.parallelism How many may run at once.
JobSpec.backoffLimit How many may fail before the Job does.
CronJob Makes a Job at set times.
CronJobSpec.schedule When, in the five fields of cron.
ConfigMap Texts for Pods: as variables or as files.
ConfigMap.data Keys and their texts.
ConfigMap.binaryData Keys and bytes, in base64.
ConfigMap.immutable It cannot change any more.
Secret As a ConfigMap, for what should not be shown.
Secret.data Keys and bytes, in base64.
Secret.stringData Keys and texts: the server moves them into data.
Secret.type What it is for, as kubernetes.io/tls.
Secret.immutable It cannot change any more.
Namespace A space of names. With it everything in it is deleted.
Node A machine on which Pods run: here a network namespace.
NodeSpec.podCIDR The addresses of its Pods.
NodeSpec.unschedulable No new Pods come to it ("kubectl cordon").
NodeSpec.taints What keeps Pods away that do not tolerate it.
NodeStatus.addresses Its own addresses.
NodeStatus.conditions Whether it is ready.
EndpointSlice A part of the addresses that answer for a Service, at most 100 where the network writes it.
EndpointSlice.addressType IPv4, IPv6 or FQDN.
EndpointSlice.endpoints Who answers.
EndpointSlice.ports On which ports.
Endpoint One that answers, as a rule a Pod.
Endpoint.addresses Its address; only the first is used.
Endpoint.conditions Whether it is ready, serves, and is ending.
Endpoint.nodeName The node that it runs on.
Endpoint.zone The zone of that node.
Endpoint.hints For which zones and nodes it is preferred.
Endpoint.targetRef The Pod.
EndpointConditions.ready New connections come to it.
EndpointConditions.serving It would answer, even if it is ending.
EndpointConditions.terminating It is ending.
Endpoints The older form of EndpointSlice: all addresses of a Service in one object.
Endpoints.subsets Addresses with the same ports.
LabelSelector Chooses objects by their labels: all that is said has to hold.
LabelSelector.matchLabels Labels and the values that they must have.
LabelSelector.matchExpressions Conditions on labels.
LabelSelectorRequirement.key The label.
LabelSelectorRequirement.operator In, NotIn, Exists or DoesNotExist.
LabelSelectorRequirement.values The values of In and NotIn.
`

let texts: ReadonlyMap<string, string> | undefined

/** Of a type, or of one of its fields; undefined where there is none. */
export function describe(type: string, field?: string): string | undefined {
  texts ??= new Map(TEXTS.trim().split('\n').map(readLine))
  if (field === undefined) return texts.get(type)
  return texts.get(`${type}.${field}`) ?? texts.get(`*.${field}`)
}

/** What is described, for the test that all of it exists. */
export function describedNames(): readonly string[] {
  describe('')
  return [...(texts?.keys() ?? [])]
}

function readLine(line: string): readonly [string, string] {
  const space = line.indexOf(' ')
  return [line.slice(0, space), line.slice(space + 1)]
}
