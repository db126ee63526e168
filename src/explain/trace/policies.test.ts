import { expect, test } from 'vitest'
import { BASE, decided, DNS, ingress, policy, service, trace, WEB, type Row } from '../../../test/trace/manifests.ts'

const ROWS: readonly Row[] = [
  [
    'ingress policy on the Service port',
    `${BASE}${policy('in', '{podSelector: {matchLabels: {app: web}}, ingress: [{ports: [{port: 80}]}]}')}`,
    'deploy/client',
    'http://web/',
    'BROKEN ingress-policy PTL801',
  ],
  [
    'ingress policy on the Pod port',
    `${BASE}${policy('in', '{podSelector: {matchLabels: {app: web}}, ingress: [{ports: [{port: 8080}]}]}')}`,
    'deploy/client',
    'http://web/',
    'DELIVERED',
  ],
  [
    'ingress policy by name',
    `${BASE}${policy('in', '{podSelector: {}, ingress: [{ports: [{port: http}]}]}')}`,
    'deploy/client',
    'http://web/',
    'DELIVERED',
  ],
  [
    'ingress policy for others',
    `${BASE}${policy('in', '{podSelector: {matchLabels: {app: web}}, ingress: [{from: [{podSelector: {matchLabels: {app: admin}}}]}]}')}`,
    'deploy/client',
    'http://web/',
    'BROKEN ingress-policy PTL802',
  ],
  [
    'ingress policy for this client',
    `${BASE}${policy('in', '{podSelector: {matchLabels: {app: web}}, ingress: [{from: [{podSelector: {matchLabels: {app: client}}}]}]}')}`,
    'deploy/client',
    'http://web/',
    'DELIVERED',
  ],
  [
    'ingress policy by the name of the namespace',
    `${BASE}${policy('in', '{podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: shop}}}]}]}')}`,
    'deploy/client',
    'http://web/',
    'DELIVERED',
  ],
  [
    'ingress policy by labels of a namespace that was not given',
    `${BASE}${policy('in', '{podSelector: {matchLabels: {app: web}}, ingress: [{from: [{namespaceSelector: {matchLabels: {team: a}}}]}]}')}`,
    'deploy/client',
    'http://web/',
    'UNDETERMINED ingress-policy',
  ],
  [
    'ingress policy by block',
    `${BASE}${policy('in', '{podSelector: {matchLabels: {app: web}}, ingress: [{from: [{ipBlock: {cidr: 0.0.0.0/0}}]}]}')}`,
    'deploy/client',
    'http://web/',
    'DELIVERED',
  ],
  [
    'egress policy without DNS',
    `${BASE}${policy('out', '{podSelector: {matchLabels: {app: client}}, policyTypes: [Egress], egress: [{ports: [{port: 8080}]}]}')}`,
    'deploy/client',
    'http://web/',
    'BROKEN name PTL803',
  ],
  [
    'egress policy with DNS',
    `${BASE}${policy('out', `{podSelector: {matchLabels: {app: client}}, policyTypes: [Egress], egress: [{ports: [{port: 8080}]}, ${DNS}]}`)}`,
    'deploy/client',
    'http://web/',
    'DELIVERED',
  ],
  [
    'egress policy on the Service port',
    `${BASE}${policy('out', `{podSelector: {matchLabels: {app: client}}, policyTypes: [Egress], egress: [{ports: [{port: 80}]}, ${DNS}]}`)}`,
    'deploy/client',
    'http://web/',
    'BROKEN egress-policy PTL801',
  ],
  [
    'egress denied',
    `${BASE}${policy('out', '{podSelector: {}, policyTypes: [Egress]}')}`,
    'deploy/client',
    'http://web/',
    'BROKEN name PTL803',
  ],
  [
    'policy of another namespace',
    `${BASE}${policy('in', '{podSelector: {}}').replace('namespace: shop', 'namespace: other')}`,
    'deploy/client',
    'http://web/',
    'DELIVERED',
  ],
]

const INGRESS_ROWS: readonly Row[] = [
  [
    'Ingress',
    `${WEB}${service('web')}${ingress('/', '{name: web, port: {number: 80}}')}`,
    'outside',
    'http://shop.example.com/',
    'DELIVERED',
  ],
  [
    'Ingress, wrong port',
    `${WEB}${service('web')}${ingress('/', '{name: web, port: {number: 8080}}')}`,
    'outside',
    'http://shop.example.com/',
    'BROKEN service PTL702',
  ],
  [
    'Ingress, misspelt Service',
    `${WEB}${service('web')}${ingress('/', '{name: wbe, port: {number: 80}}')}`,
    'outside',
    'http://shop.example.com/',
    'BROKEN entry PTL601',
  ],
  [
    'Ingress, other path',
    `${WEB}${service('web')}${ingress('/api', '{name: web, port: {number: 80}}')}`,
    'outside',
    'http://shop.example.com/',
    'BROKEN entry',
  ],
]

test.each([...ROWS, ...INGRESS_ROWS])('%s', (_, yaml, from, to, expected) => {
  expect(decided(trace(yaml, from, to))).toBe(expected)
})
