import type { Check } from '../check.ts'
import { replaceScalar, safeFix } from '../edits.ts'
import { isDigits, isInRange } from '../port-syntax.ts'
import { nameOf } from '../wording.ts'

export const targetPortQuotedNumber: Check = {
  code: 'PTL106',
  name: 'target-port-quoted-number',
  severity: 'error',
  summary: 'A targetPort is a number in quotes.',
  why: 'In quotes it is the name of a port, and a name needs a letter: the API server rejects the Service with "must contain at least one letter". Templates that quote every value are the usual cause.',
  remediation: 'Remove the quotes.',
  examples: [
    {
      title: 'a number in quotes',
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: web }
spec:
  ports:
    - port: 80
      targetPort: "8080"
#                 ^^^^^^ error
`,
    },
    {
      title: 'a name in quotes is a name',
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: web }
spec:
  ports:
    - port: 80
      targetPort: "http"
`,
    },
  ],
  run({ services }) {
    return services.flatMap((service) =>
      service.ports.flatMap(({ targetPort, path }) => {
        if (typeof targetPort !== 'string' || !isDigits(targetPort)) return []
        const at = { object: service.object, path: [...path, 'targetPort'] }
        const number = Number(targetPort)
        return {
          ...at,
          message: `${nameOf(service)} is rejected: targetPort "${targetPort}" is a text, and as the name of a port it has no letter; write ${number} without quotes`,
          fixes: isInRange(number) ? safeFix('remove the quotes', [replaceScalar(at, number)]) : [],
        }
      }),
    )
  },
}
