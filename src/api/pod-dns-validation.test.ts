import { expect, test } from 'vitest'
import type { PodSpec } from './core.ts'
import { fieldErrorMessage } from './field-error.ts'
import { validatePodDns } from './pod-dns-validation.ts'

const many = (count: number, length = 1): string[] => Array.from({ length: count }, () => 'a'.repeat(length))
const NAME = /^spec\.dnsConfig\.searches\[0\]: Invalid value: /

const rows: readonly (readonly [Partial<PodSpec>, readonly (string | RegExp)[]])[] = [
  [{}, []],
  [{ dnsPolicy: 'Default' }, []],
  [{ dnsPolicy: 'x' }, [/^spec\.dnsPolicy: Unsupported value: "x"/]],
  [{ dnsPolicy: 'None' }, ['spec.dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None']],
  [
    { dnsPolicy: 'None', dnsConfig: { searches: ['a'] } },
    ['spec.dnsConfig.nameservers: Required value: must provide at least one DNS nameserver when `dnsPolicy` is None'],
  ],
  [{ dnsPolicy: 'None', dnsConfig: { nameservers: ['1.1.1.1', '::1', '2.2.2.2'] } }, []],
  [
    { dnsConfig: { nameservers: ['1.1.1.1', '1.1.1.2', '1.1.1.3', '1.1.1.4'] } },
    [/^spec\.dnsConfig\.nameservers: Invalid value: .*: must not have more than 3 nameservers$/],
  ],
  [
    { dnsConfig: { nameservers: ['dns.example'] } },
    [/^spec\.dnsConfig\.nameservers\[0\]: Invalid value: "dns.example"/],
  ],
  [{ dnsConfig: { searches: ['.', 'a.example.', '_tcp.a_b.example'] } }, []],
  [{ dnsConfig: { searches: ['A'] } }, [NAME]],
  [{ dnsConfig: { searches: ['a..b'] } }, [NAME]],
  [{ dnsConfig: { searches: ['-a'] } }, [NAME]],
  [{ dnsConfig: { searches: many(32) } }, []],
  [{ dnsConfig: { searches: many(33) } }, [/must not have more than 32 search paths$/]],
  [{ dnsConfig: { searches: many(32, 63) } }, []],
  [
    { dnsConfig: { searches: [...many(31, 63), 'a.aa'.padEnd(66, 'a')] } },
    [/must not have more than 2048 characters \(including spaces\) in the search list$/],
  ],
  [
    { dnsConfig: { options: [{ name: 'rotate' }, { value: '1' }] } },
    [/^spec\.dnsConfig\.options\[1\]: Required value: must not be empty$/],
  ],
]
test.each(rows)('%j', (spec, wanted) => {
  const errors = validatePodDns({ containers: [], ...spec }, ['spec']).map(fieldErrorMessage)
  expect(errors).toEqual(wanted.map((text) => (typeof text === 'string' ? text : expect.stringMatching(text))))
})
