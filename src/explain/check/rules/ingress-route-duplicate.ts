import type { ManifestObject } from '../../../manifest/manifest.ts'
import { titleOf } from '../wording.ts'
import type { Check } from '../check.ts'
import { objectsOfKind } from '../context.ts'
import { isSet, labelsAt, listAt, type Path, textAt } from '../json.ts'

export const ingressRouteDuplicate: Check = {
  code: 'PTL611',
  name: 'ingress-route-duplicate',
  severity: 'warning',
  summary: 'Two Ingresses have the same host and path.',
  why: 'Which of the two backends answers is up to the controller, usually the older one: a new release may never be seen.',
  remediation: 'Merge the two, or give them different hosts, paths or classes.',
  examples: [
    {
      title: 'the same path twice',
      yaml: `
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: one }
spec:
  rules:
    - host: www.example.com
      http:
        paths:
          - path: /
#                 - the first one
            pathType: Prefix
            backend: { service: { name: web, port: { number: 80 } } }
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: two }
spec:
  rules:
    - host: www.example.com
      http:
        paths:
          - path: /
#                 ^ warning
            pathType: Prefix
            backend: { service: { name: web, port: { number: 80 } } }
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { selector: { app: web }, ports: [{ port: 80 }] }
`,
    },
    {
      title: 'two hosts',
      yaml: `
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: one }
spec: { rules: [{ host: a.example.com, http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: web, port: { number: 80 } } } }] } }] }
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: two }
spec: { rules: [{ host: b.example.com, http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: web, port: { number: 80 } } } }] } }] }
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { selector: { app: web }, ports: [{ port: 80 }] }
`,
    },
  ],
  run(context) {
    const firsts = new Map<string, IngressPath>()
    return objectsOfKind(context, 'Ingress').flatMap((object) =>
      pathsOf(object).flatMap((mine) => {
        const first = firsts.get(mine.key)
        if (first === undefined) firsts.set(mine.key, mine)
        if (first === undefined || first.object === object) return []
        return {
          object,
          path: mine.place,
          message: `either ${titleOf(first.object)} or ${titleOf(object)} answers for ${mine.text}, by the choice of the controller: both have it`,
          related: [{ object: first.object, path: first.place, message: 'the first one' }],
        }
      }),
    )
  },
}

interface IngressPath {
  readonly object: ManifestObject
  readonly key: string
  readonly text: string
  readonly place: Path
}

function pathsOf(object: ManifestObject): readonly IngressPath[] {
  const annotations = labelsAt(object.value, 'metadata', 'annotations')
  // Canaries and header rules share a path on purpose.
  if (Object.keys(annotations).some((key) => /canary|match|weight|conditions\./.test(key))) return []
  const name = textAt(object.value, 'spec', 'ingressClassName') ?? annotations['kubernetes.io/ingress.class'] ?? ''
  return listAt(object.value, 'spec', 'rules').flatMap((rule, i) =>
    listAt(rule, 'http', 'paths').map((entry, j) => {
      const host = textAt(rule, 'host') ?? '*'
      const path = textAt(entry, 'path') ?? '/'
      const isOwn = isSet(entry, 'path')
      return {
        object,
        key: [name, host, path, textAt(entry, 'pathType') ?? ''].join(' '),
        text: `${host}${path}`,
        place: ['spec', 'rules', i, 'http', 'paths', j, isOwn ? 'path' : 'backend'],
      }
    }),
  )
}
