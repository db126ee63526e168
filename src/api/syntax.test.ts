import { describe, expect, test } from 'vitest'
import {
  canonicalIP,
  cidrRange,
  configKey,
  dnsLabel,
  dnsSubdomain,
  labelValue,
  nonSpecialIP,
  portName,
  qualifiedName,
} from './syntax.ts'

/** rule, text, number of broken sub-rules. */
const ROWS: readonly (readonly [(text: string) => readonly string[], string, number])[] = [
  [dnsLabel, '1abc', 0],
  [dnsLabel, 'a'.repeat(63), 0],
  [dnsLabel, 'a'.repeat(64), 1],
  [dnsLabel, 'A'.repeat(64), 2],
  [dnsLabel, 'a.b', 1],
  [dnsLabel, '-a', 1],
  [dnsSubdomain, 'a.b-c.d', 0],
  [dnsSubdomain, 'a..b', 1],
  [dnsSubdomain, 'Foo.com', 1],
  [qualifiedName, 'app.kubernetes.io/name', 0],
  [qualifiedName, 'Under_score', 0],
  [qualifiedName, '', 2],
  [qualifiedName, '/a', 1],
  [qualifiedName, 'a/b/c', 1],
  [qualifiedName, 'foo bar', 1],
  [labelValue, '', 0],
  [labelValue, 'c d', 1],
  [configKey, 'app.properties', 0],
  [configKey, '..', 1],
  [configKey, '..a', 1],
  [configKey, 'a/b', 1],
  [portName, 'http', 0],
  [portName, 'a'.repeat(16), 1],
  [portName, '8080', 1],
  [portName, 'HTTP', 2],
  [portName, 'a--b', 1],
  [portName, '-a', 1],
  [cidrRange, '10.0.0.0/8', 0],
  [cidrRange, '10.1.2.3/8', 1],
  [cidrRange, '10.1.2.3', 1],
  [nonSpecialIP, '239.1.2.3', 0],
  [nonSpecialIP, '0.0.0.0', 1],
  [nonSpecialIP, '127.9.9.9', 1],
  [nonSpecialIP, '::1', 1],
  [nonSpecialIP, '169.254.1.1', 1],
  [nonSpecialIP, '224.0.0.1', 1],
  [nonSpecialIP, '::ffff:1.2.3.4', 1],
  [nonSpecialIP, '010.1.1.1', 1],
]

describe('syntax', () => {
  test.each(ROWS.map(([rule, text, count]) => [rule.name, text, count, rule] as const))(
    '%s of %j breaks %i rules',
    (_name, text, count, rule) => expect(rule(text)).toHaveLength(count),
  )

  test.each([
    ['2001:DB8::1', '2001:db8::1'],
    ['2001:db8::1', undefined],
    ['10.0.0.1', undefined],
    ['foo', undefined],
  ])('canonical form of %s', (text, canonical) => expect(canonicalIP(text)).toBe(canonical))
})
