import fc from 'fast-check'
import { expect, test } from 'vitest'
import { CONTEXTS, service, servicesOf } from '../../test/conformance/service-proxy/address-plan.ts'
import { type NodeProgram, nftablesBackend } from './backends/nftables.ts'
import { conflictsOf } from './conflicts.ts'

const [node] = CONTEXTS
if (node === undefined) throw new Error('the plan has no node')

const external = { externalIPs: ['192.0.2.10'], endpoints: ['A:8080'] } as const
const older = service({ name: 'older', creationTimestamp: '2025-01-01T00:00:00Z', ...external, nodePort: 30001 })
const younger = service({ name: 'a-younger', clusterIP: '10.96.0.42', ...external, nodePort: 30001 })
const twin = service({ name: 'twin', clusterIP: '10.96.0.43', ...external })
const otherPort = service({ name: 'other-port', clusterIP: '10.96.0.44', port: 81, ...external })
const udp = service({ name: 'udp', clusterIP: '10.96.0.45', protocol: 'UDP', ...external })

const conflicts = (infos: Parameters<typeof servicesOf>[0], previous?: NodeProgram): readonly string[] =>
  conflictsOf(nftablesBackend.compile(servicesOf(infos), node, previous).contested).map(
    ({ service, message }) => `${service}: ${message}`,
  )

const lost = (name: string, frontend: string, owner = 'default/older', why = 'is older'): string =>
  `default/${name}: ${frontend} is Service ${owner}'s, which ${why}: no connection to it comes here`

test.each([
  ['one alone', [older], []],
  ['other ports, other protocols, the same endpoints', [older, otherPort, udp], []],
  [
    'the older one has it',
    [younger, older],
    [lost('a-younger', '192.0.2.10:80/TCP'), lost('a-younger', 'nodePort 30001/TCP')],
  ],
  [
    'of those of one age the first by name',
    [twin, { ...younger, nodePort: 0 }],
    [lost('twin', '192.0.2.10:80/TCP', 'default/a-younger', 'is as old, and first by name')],
  ],
  [
    'three',
    [twin, { ...younger, nodePort: 0 }, older],
    [lost('a-younger', '192.0.2.10:80/TCP'), lost('twin', '192.0.2.10:80/TCP')],
  ],
])('%s', (_, infos, expected) => {
  expect(conflicts(infos)).toEqual(expected)
})

test('the same, and the same winner, whatever was there before', () => {
  const all = [older, younger, twin, otherPort, udp]
  fc.assert(
    fc.property(fc.array(fc.subarray(all), { minLength: 1, maxLength: 5 }), (states) => {
      let previous: NodeProgram | undefined
      for (const infos of states) {
        expect(conflicts(infos, previous)).toEqual(conflicts(infos))
        previous = nftablesBackend.compile(servicesOf(infos), node, previous)
      }
    }),
  )
})
