/** The older Endpoints objects of the Services that select Pods; nothing of Portolan reads them, other clients do. */
import type { EndpointAddress, Endpoints, EndpointSubset, Pod, Service } from '../api/core.ts'
import type { AnyObject } from '../api/kinds.ts'
import type { Change } from '../model/change.ts'
import {
  HEADLESS_LABEL,
  isEndpoint,
  isHeadless,
  isPodTerminating,
  podAddress,
  podToEndpoint,
  serviceFamilies,
} from '../model/endpoints.ts'
import { findPort } from '../model/find-port.ts'
import { hasSelector, selectPods, servicesSelecting } from '../model/selectors.ts'
import { get, objectKey, type Snapshot } from '../model/snapshot.ts'
import type { Controller } from './controller.ts'
import { deletionOf, updateTo } from './helpers/changes.ts'

const MANAGED_BY_LABEL = 'endpoints.kubernetes.io/managed-by'
const MANAGED_BY = 'endpoint-controller'
const OVER_CAPACITY_ANNOTATION = 'endpoints.kubernetes.io/over-capacity'
const MAX_ADDRESSES = 1000

export const endpointsController: Controller = {
  name: 'endpoints',
  watches: ['Service', 'Pod', 'Endpoints'],
  keys,
  reconcile: reconcileEndpoints,
}

function keys(object: AnyObject, snapshot: Snapshot): readonly string[] {
  if (object.kind === 'Pod') return servicesSelecting(snapshot, object).map(objectKey)
  return object.kind === 'Service' || object.kind === 'Endpoints' ? [objectKey(object)] : []
}

/** `key`: of a Service, which is that of its Endpoints. Those that somebody wrote by hand are left alone. */
export function reconcileEndpoints(snapshot: Snapshot, key: string): readonly Change[] {
  const service = get(snapshot, 'Service', key)
  const existing = get(snapshot, 'Endpoints', key)
  if (service === undefined || !hasSelector(service)) {
    return existing?.metadata.labels?.[MANAGED_BY_LABEL] === MANAGED_BY ? [deletionOf(existing)] : []
  }
  const wanted = buildEndpoints(service, selectPods(snapshot, service), existing)
  return existing === undefined ? [{ verb: 'create', object: wanted }] : updateTo(existing, wanted)
}

function buildEndpoints(service: Service, pods: readonly Pod[], existing: Endpoints | undefined): Endpoints {
  const { namespace, name, labels } = service.metadata
  const members = pods.filter(
    (pod) => isEndpoint(pod) && (!isPodTerminating(pod) || service.spec.publishNotReadyAddresses === true),
  )
  const isOver = members.length > MAX_ADDRESSES
  const { annotations, ...metadata } = existing?.metadata ?? { name, ...(namespace === undefined ? {} : { namespace }) }
  const { [OVER_CAPACITY_ANNOTATION]: _dropped, ...others } = annotations ?? {}
  const kept = isOver ? { ...others, [OVER_CAPACITY_ANNOTATION]: 'truncated' } : others
  return {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: {
      ...metadata,
      labels: { ...labels, [MANAGED_BY_LABEL]: MANAGED_BY, ...(isHeadless(service) ? { [HEADLESS_LABEL]: '' } : {}) },
      ...(Object.keys(kept).length === 0 ? {} : { annotations: kept }),
    },
    subsets: subsetsOf(service, members.slice(0, MAX_ADDRESSES)),
  }
}

/** Pods with the same ports share a subset. */
function subsetsOf(service: Service, pods: readonly Pod[]): readonly EndpointSubset[] {
  const [family = 'IPv4'] = serviceFamilies(service)
  const subsets = new Map<string, { ready: EndpointAddress[]; notReady: EndpointAddress[]; ports: Ports }>()
  for (const pod of pods) {
    const ip = podAddress(pod, family)
    const ports = podPorts(service, pod)
    // A Service without ports still lists addresses; a Pod that has none of the ports is not listed.
    if (ip === undefined || (ports.length === 0 && (service.spec.ports ?? []).length > 0)) continue
    const key = ports.map(({ name, port, protocol }) => `${name}/${port}/${protocol}`).join(' ')
    const subset = subsets.get(key) ?? { ready: [], notReady: [], ports }
    const {
      addresses: _addresses,
      conditions,
      hostname,
      nodeName,
      targetRef,
    } = podToEndpoint(pod, ip, service, undefined)
    const target = conditions?.ready === true ? subset.ready : subset.notReady
    target.push({
      ip,
      ...(hostname === undefined ? {} : { hostname }),
      ...(nodeName === undefined ? {} : { nodeName }),
      ...(targetRef === undefined ? {} : { targetRef }),
    })
    subsets.set(key, subset)
  }
  return [...subsets.values()].map(({ ready, notReady, ports }) => ({
    ...(ready.length === 0 ? {} : { addresses: ready }),
    ...(notReady.length === 0 ? {} : { notReadyAddresses: notReady }),
    ...(ports.length === 0 ? {} : { ports }),
  }))
}

type Ports = NonNullable<EndpointSubset['ports']>

function podPorts(service: Service, pod: Pod): Ports {
  return (service.spec.ports ?? []).flatMap((servicePort) => {
    const port = findPort(pod, servicePort)
    if (port === undefined) return []
    const { name, protocol = 'TCP' } = servicePort
    return [{ ...(name === undefined ? {} : { name }), port, protocol }]
  })
}
