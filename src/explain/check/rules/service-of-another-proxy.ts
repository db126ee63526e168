import { HEADLESS_LABEL } from '../../../model/endpoints.ts'
import { SERVICE_PROXY_NAME_LABEL } from '../../../model/resolve-services.ts'
import type { Check } from '../check.ts'
import { labelsAt } from '../json.ts'
import type { Service } from '../service.ts'
import { nameOf } from '../wording.ts'

export const serviceOfAnotherProxy: Check = {
  code: 'PTL507',
  name: 'service-of-another-proxy',
  severity: 'warning',
  summary: 'A label takes a Service with a ClusterIP from the service proxy of the nodes.',
  why: 'kube-proxy leaves Services alone that have the label service.kubernetes.io/service-proxy-name or service.kubernetes.io/headless, whatever its value: connections to the ClusterIP are dropped, unless another proxy serves it.',
  remediation: 'Remove the label, or run the proxy that it names. For names of Pods alone, set clusterIP: None.',
  examples: [
    {
      title: 'a label for another proxy',
      yaml: `
apiVersion: v1
kind: Service
metadata:
  name: web
  labels:
    service.kubernetes.io/service-proxy-name: other
#                                             ^^^^^ warning
spec:
  selector: { app: web }
  ports: [{ port: 80 }]
`,
    },
    {
      title: 'a Service that is headless',
      yaml: `
apiVersion: v1
kind: Service
metadata:
  name: web
  labels:
    service.kubernetes.io/headless: ""
spec:
  clusterIP: None
  selector: { app: web }
  ports: [{ port: 80 }]
`,
    },
  ],
  run({ services }) {
    return services.flatMap((service) => {
      const label = labelOfAnotherProxy(service)
      if (label === undefined) return []
      return {
        object: service.object,
        path: ['metadata', 'labels', label],
        message: `${nameOf(service)} is not served by the service proxy of the nodes: it has the label ${label}`,
      }
    })
  },
}

/** The label for which the proxy of the nodes leaves a Service alone that has a ClusterIP. */
export function labelOfAnotherProxy({ object, type, headless }: Service): string | undefined {
  if (type === 'ExternalName' || headless) return undefined
  const labels = labelsAt(object.value, 'metadata', 'labels')
  return [SERVICE_PROXY_NAME_LABEL, HEADLESS_LABEL].find((label) => Object.hasOwn(labels, label))
}
