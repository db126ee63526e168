/** A Service as the checks see it: as written, with what Kubernetes assumes for absent fields. */
import type { ManifestObject } from '../../manifest/manifest.ts'
import type { JsonObject, JsonValue } from '../../manifest/node.ts'
import { isSet, labelsAt, listAt, numberAt, objectAt, type Path, textAt, valueAt } from './json.ts'

export interface ServicePort {
  readonly path: Path
  /** Empty where there is none. */
  readonly name: string
  readonly port: number
  readonly protocol: string
  /** As written. */
  readonly targetPort: number | string | undefined
  /** Where packets go: targetPort, or `port` where it is absent or 0. */
  readonly target: number | string
  /** 0 where there is none. */
  readonly nodePort: number
  readonly appProtocol: string | undefined
}

export interface Service {
  readonly object: ManifestObject
  readonly kind: 'Service'
  readonly namespace: string
  readonly name: string
  readonly type: string
  readonly headless: boolean
  /** Empty where there is none, and for ExternalName, which ignores it. */
  readonly selector: Readonly<Record<string, string>>
  readonly hasSelector: boolean
  readonly ports: readonly ServicePort[]
  readonly spec: JsonObject
}

/** Without a number for `port` there is none: PTL104 says so. */
function readPort(value: JsonValue, index: number): readonly ServicePort[] {
  const raw = valueAt(value, 'targetPort')
  const targetPort = typeof raw === 'number' || typeof raw === 'string' ? raw : undefined
  const port = numberAt(value, 'port')
  if (port === undefined) return []
  return [
    {
      path: ['spec', 'ports', index],
      name: textAt(value, 'name') ?? '',
      port,
      protocol: textAt(value, 'protocol') ?? 'TCP',
      targetPort,
      target: targetPort === undefined || targetPort === 0 || targetPort === '' ? port : targetPort,
      nodePort: numberAt(value, 'nodePort') ?? 0,
      appProtocol: textAt(value, 'appProtocol'),
    },
  ]
}

export function readService(object: ManifestObject, namespace: string): Service {
  const spec = objectAt(object.value, 'spec')
  const type = textAt(spec, 'type') ?? 'ClusterIP'
  const selector = type === 'ExternalName' ? {} : labelsAt(spec, 'selector')
  return {
    object,
    kind: 'Service',
    namespace,
    name: object.name ?? '',
    type,
    headless: spec['clusterIP'] === 'None' || valueAt(spec, 'clusterIPs', 0) === 'None',
    selector,
    hasSelector: Object.keys(selector).length > 0,
    ports: listAt(spec, 'ports').flatMap(readPort),
    spec,
  }
}

/** `80/TCP "http"`. */
export function portText({ port, protocol, name }: ServicePort): string {
  return `${port}${protocol === 'TCP' ? '' : `/${protocol}`}${name === '' ? '' : ` "${name}"`}`
}

/** `80, 443 "https"`. */
export function portsText(service: Service): string {
  return service.ports.map(portText).join(', ') || 'none'
}

export function isExternallyReachable(service: Service): boolean {
  if (service.type === 'NodePort' || service.type === 'LoadBalancer') return true
  return service.type === 'ClusterIP' && isSet(service.spec, 'externalIPs', 0)
}
