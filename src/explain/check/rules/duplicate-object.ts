import { titleOf } from '../wording.ts'
import type { Check } from '../check.ts'

export const duplicateObject: Check = {
  code: 'PTL002',
  name: 'duplicate-object',
  severity: 'error',
  summary: 'An object of the same kind, namespace and name is there twice.',
  why: 'Applied together, the second overwrites the first, in the order of the files: one of the two never exists. The other rules look at the first one alone.',
  remediation: 'Rename or remove one of the two. Check the rendered output of one environment at a time.',
  examples: [
    {
      title: 'the same name',
      yaml: `
apiVersion: v1
kind: Service
metadata:
  name: web
#       --- the first one
spec: { selector: { app: web }, ports: [{ port: 80 }] }
---
apiVersion: v1
kind: Service
metadata:
  name: web
#       ^^^ error
spec: { selector: { app: other }, ports: [{ port: 80 }] }
`,
    },
    {
      title: 'in two namespaces',
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: web, namespace: a }
spec: { selector: { app: web }, ports: [{ port: 80 }] }
---
apiVersion: v1
kind: Service
metadata: { name: web, namespace: b }
spec: { selector: { app: web }, ports: [{ port: 80 }] }
`,
    },
  ],
  run({ duplicates, namespaceOf }) {
    return duplicates.map(({ first, second }) => {
      const namespace = namespaceOf(second)
      const where = namespace === '' ? '' : ` in namespace ${namespace}`
      return {
        object: second,
        path: ['metadata', 'name'],
        message: `${titleOf(second)}${where} is there twice, and the second overwrites the first`,
        related: [{ object: first, path: ['metadata', 'name'], message: 'the first one' }],
      }
    })
  },
}
