import { describe, expect, test } from 'vitest'
import { decodeObject } from './decode.ts'
import type { Kind } from './kinds.ts'

const service = (spec: unknown): unknown => ({ apiVersion: 'v1', kind: 'Service', metadata: { name: 'web' }, spec })

/** `field: detail` of every error. */
function errorsOf(kind: Kind, value: unknown): readonly string[] {
  const decoded = decodeObject(kind, value)
  return 'errors' in decoded ? decoded.errors.map((error) => `${error.field}: ${error.detail}`) : []
}

describe('wrong types', () => {
  test.each<[string, unknown, readonly string[]]>([
    [
      'a port in quotes',
      { ports: [{ port: '80' }] },
      ['spec.ports[0].port: must be a number, not the text "80": write it without quotes, 80'],
    ],
    ['a fraction', { ports: [{ port: 80.5 }] }, ['spec.ports[0].port: must be a whole number, not 80.5']],
    ['too large for int32', { ports: [{ port: 2 ** 31 }] }, ['spec.ports[0].port: 2147483648 is out of range']],
    ['a name for targetPort', { ports: [{ port: 80, targetPort: 'http' }] }, []],
    [
      'a boolean for targetPort',
      { ports: [{ port: 80, targetPort: true }] },
      ['spec.ports[0].targetPort: must be a number or a name, not true'],
    ],
    ['a mapping for a list', { ports: { port: 80 } }, ['spec.ports: must be a list, not a mapping']],
    ['a list for a mapping', { selector: ['app'] }, ['spec.selector: must be a mapping, not a list']],
    [
      'a label value without quotes',
      { selector: { version: 2 } },
      ['spec.selector.version: must be a text, not the number 2: write it in quotes, "2"'],
    ],
    [
      'two at once',
      { type: 1, clusterIP: true },
      [
        'spec.type: must be a text, not the number 1: write it in quotes, "1"',
        'spec.clusterIP: must be a text, not true: write it in quotes, "true"',
      ],
    ],
  ])('%s', (_name, spec, expected) => {
    expect(errorsOf('Service', service(spec))).toEqual(expected)
  })

  test('a Secret whose data is plain text', () => {
    expect(
      errorsOf('Secret', { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' }, data: { key: 'päss' } }),
    ).toHaveLength(1)
    expect(
      errorsOf('Secret', { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' }, data: { key: 'cGFzcw==' } }),
    ).toEqual([])
  })
})

describe('what comes out', () => {
  test('nulls are gone, unknown fields stay', () => {
    const decoded = decodeObject(
      'Service',
      service({ type: null, ports: [{ port: 80, nodePort: null }], new: { a: 1 } }),
    )
    expect(decoded).toEqual({ object: service({ ports: [{ port: 80 }], new: { a: 1 } }) })
  })

  test('an object that is right is the same object', () => {
    const given = service({ ports: [{ port: 80 }], selector: { app: 'web' } })
    const decoded = decodeObject('Service', given)
    expect('object' in decoded && decoded.object).toBe(given)
  })

  test('what cannot be absent has its zero value', () => {
    expect(decodeObject('Deployment', { apiVersion: 'apps/v1', kind: 'Deployment' })).toEqual({
      object: {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: '' },
        spec: { template: { spec: { containers: [] } } },
      },
    })
  })
})
