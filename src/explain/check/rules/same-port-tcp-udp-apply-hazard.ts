import type { Check } from '../check.ts'
import { nameOf } from '../wording.ts'

/** Where both protocols on one number are one service by its specification: DNS, Kerberos, HTTP/3, STUN, SIP. */
const PAIRED = new Set([53, 88, 389, 443, 464, 853, 3478, 5060, 5349, 8443])

export const samePortTcpUdpApplyHazard: Check = {
  code: 'PTL111',
  name: 'same-port-tcp-udp-apply-hazard',
  severity: 'warning',
  summary: 'A Service has one port number with both TCP and UDP.',
  why: 'Legal, but a client-side `kubectl apply` merges the list of ports by number alone: a later change can lose one of the two, and one protocol stops. Only information where both protocols are the rule for the number (DNS on 53, HTTP/3 on 443).',
  remediation: 'Use `kubectl apply --server-side`, or two Services.',
  dependsOn: 'Client-side apply of every version (kubernetes/kubernetes#39188); server-side apply keeps both.',
  examples: [
    {
      title: 'one number, two protocols',
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: game }
spec:
  ports:
    - { name: game-tcp, port: 7777, protocol: TCP }
#                             ---- TCP on the same number
    - { name: game-udp, port: 7777, protocol: UDP }
#                             ^^^^ warning
`,
    },
    {
      title: 'usual for DNS',
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: dns }
spec:
  ports:
    - { name: dns, port: 53, protocol: UDP }
#                        -- UDP on the same number
    - { name: dns-tcp, port: 53, protocol: TCP }
#                            ^^ info
`,
    },
    {
      title: 'two numbers',
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: game }
spec:
  ports:
    - { name: game-tcp, port: 7777, protocol: TCP }
    - { name: game-udp, port: 7778, protocol: UDP }
`,
    },
  ],
  run({ services }) {
    return services.flatMap((service) =>
      service.ports.flatMap((port, i) => {
        const first = service.ports
          .slice(0, i)
          .find((other) => other.port === port.port && other.protocol !== port.protocol)
        if (first === undefined) return []
        const { object } = service
        return {
          object,
          path: [...port.path, 'port'],
          severity: PAIRED.has(port.port) ? 'info' : 'warning',
          message: `a client-side "kubectl apply" can lose one of the two ports ${port.port} of ${nameOf(service)} (${first.protocol} and ${port.protocol}): use --server-side`,
          related: [{ object, path: [...first.path, 'port'], message: `${first.protocol} on the same number` }],
        }
      }),
    )
  },
}
