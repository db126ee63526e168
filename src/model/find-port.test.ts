import { expect, test } from 'vitest'
import type { Pod, PodSpec, ServicePort } from '../api/core.ts'
import { findPort, resolvePodPort, type PodPort } from './find-port.ts'

const spec: PodSpec = {
  initContainers: [
    { name: 'setup', ports: [{ name: 'setup', containerPort: 1 }] },
    { name: 'sidecar', restartPolicy: 'Always', ports: [{ name: 'metrics', containerPort: 9100 }] },
  ],
  containers: [
    {
      name: 'web',
      ports: [
        { name: 'dns', containerPort: 5353, protocol: 'UDP' },
        { name: 'http', containerPort: 8080 },
      ],
    },
    {
      name: 'proxy',
      ports: [{ name: 'http', containerPort: 8081 }, { name: 'dns', containerPort: 53 }, { containerPort: 15000 }],
    },
  ],
}
const pod: Pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec }

const ROWS: readonly [string, ServicePort, PodPort | undefined][] = [
  ['a declared number', { port: 80, targetPort: 8080 }, { number: 8080, container: 'web', name: 'http' }],
  ['a declared number without name', { port: 80, targetPort: 15000 }, { number: 15000, container: 'proxy' }],
  ['an undeclared number', { port: 80, targetPort: 9999 }, { number: 9999 }],
  ['a number declared for another protocol', { port: 80, targetPort: 5353 }, { number: 5353 }],
  [
    'a name: the first container that has it',
    { port: 80, targetPort: 'http' },
    { number: 8080, container: 'web', name: 'http' },
  ],
  ['a name for UDP', { port: 53, targetPort: 'dns', protocol: 'UDP' }, { number: 5353, container: 'web', name: 'dns' }],
  ['the same name for TCP', { port: 53, targetPort: 'dns' }, { number: 53, container: 'proxy', name: 'dns' }],
  ['a name that only another protocol has', { port: 80, targetPort: 'http', protocol: 'UDP' }, undefined],
  ['a sidecar', { port: 80, targetPort: 'metrics' }, { number: 9100, container: 'sidecar', name: 'metrics' }],
  ['an init container that ends', { port: 80, targetPort: 'setup' }, undefined],
  ['no targetPort', { port: 8081 }, { number: 8081, container: 'proxy', name: 'http' }],
  ['targetPort 0', { port: 8081, targetPort: 0 }, { number: 8081, container: 'proxy', name: 'http' }],
  ['a string of digits is a name', { port: 80, targetPort: '8080' }, undefined],
]

test.each(ROWS)('%s', (_name, servicePort, wanted) => {
  expect(resolvePodPort(pod, servicePort)).toEqual(wanted)
  expect(findPort(pod, servicePort)).toBe(wanted?.number)
})
