import type { Check } from '../check.ts'
import { clientReferences } from '../client-references.ts'
import { textAt } from '../json.ts'

/** Prefixes of variables that front-end tools build into the code for the browser. */
const BROWSER = /^(?:REACT_APP|VITE|NEXT_PUBLIC|NUXT_PUBLIC|VUE_APP|GATSBY|PUBLIC|EXPO_PUBLIC|NG_APP)_/

export const clientUrlClusterNameInBrowserCode: Check = {
  code: 'PTL705',
  name: 'client-url-cluster-name-in-browser-code',
  severity: 'info',
  summary: 'A setting for code that runs in the browser has the name of a Service.',
  why: 'The browser is outside of the cluster and cannot resolve names of Services.',
  remediation: 'Use an address that is reachable from outside: an Ingress, a load balancer, or a relative URL.',
  examples: [
    {
      title: 'an in-cluster name in a front end',
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: api }
spec: { selector: { app: api }, ports: [{ port: 80 }] }
---
apiVersion: v1
kind: Pod
metadata: { name: web }
spec:
  containers:
    - name: web
      env:
        - name: REACT_APP_API_URL
          value: http://api/
#                ^^^^^^^^^^^ info
`,
    },
    {
      title: 'for the server',
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: api }
spec: { selector: { app: api }, ports: [{ port: 80 }] }
---
apiVersion: v1
kind: Pod
metadata: { name: web }
spec:
  containers:
    - name: web
      env: [{ name: API_URL, value: http://api/ }]
`,
    },
  ],
  run(context) {
    return clientReferences(context).flatMap(({ object, path, host, service }) => {
      const name = path.at(-1) === 'value' ? (textAt(object.value, ...path.slice(0, -1), 'name') ?? '') : ''
      if (service === undefined || !BROWSER.test(name)) return []
      return {
        object,
        path,
        message: `a browser cannot resolve "${host}": it is the name of a Service, and ${name} is for code in the browser`,
      }
    })
  },
}
