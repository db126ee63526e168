import { describe, expect, test } from 'vitest'
import { Refusal } from './failures.ts'
import { strategicMerge } from './strategic-merge.ts'

const rows: readonly (readonly [string, string, object, object, object])[] = [
  [
    'null takes away',
    'Service',
    { spec: { type: 'NodePort', externalName: 'a' } },
    { spec: { externalName: null } },
    { spec: { type: 'NodePort' } },
  ],
  [
    'maps are merged',
    'Service',
    { metadata: { labels: { a: '1' } } },
    { metadata: { labels: { b: '2' } } },
    { metadata: { labels: { a: '1', b: '2' } } },
  ],
  [
    'ports by port',
    'Service',
    { spec: { ports: [{ port: 80, targetPort: 80 }, { port: 81 }] } },
    { spec: { ports: [{ port: 80, targetPort: 8080 }] } },
    { spec: { ports: [{ port: 80, targetPort: 8080 }, { port: 81 }] } },
  ],
  [
    'a port is deleted by its key',
    'Service',
    { spec: { ports: [{ port: 80 }, { port: 81 }] } },
    { spec: { ports: [{ $patch: 'delete', port: 80 }] } },
    { spec: { ports: [{ port: 81 }] } },
  ],
  [
    'a list is replaced as a whole',
    'Service',
    { spec: { ports: [{ port: 80 }, { port: 81 }] } },
    { spec: { ports: [{ $patch: 'replace' }, { port: 90 }] } },
    { spec: { ports: [{ port: 90 }] } },
  ],
  [
    "the order that the patch names; the server's own entry stays behind its neighbour",
    'Pod',
    { spec: { containers: [{ name: 'a' }, { name: 'sidecar' }, { name: 'b' }] } },
    {
      spec: { '$setElementOrder/containers': [{ name: 'b' }, { name: 'a' }], containers: [{ name: 'b', image: 'x' }] },
    },
    { spec: { containers: [{ name: 'b', image: 'x' }, { name: 'a' }, { name: 'sidecar' }] } },
  ],
  [
    'lists of other types are replaced',
    'Pod',
    { spec: { tolerations: [{ key: 'a' }] } },
    { spec: { tolerations: [{ key: 'b' }] } },
    { spec: { tolerations: [{ key: 'b' }] } },
  ],
  [
    'texts are merged and deleted by value',
    'Pod',
    { metadata: { finalizers: ['a', 'b'] } },
    { metadata: { '$deleteFromPrimitiveList/finalizers': ['a'], finalizers: ['c'] } },
    { metadata: { finalizers: ['b', 'c'] } },
  ],
  [
    'retainKeys drops the rest of a union',
    'Deployment',
    { spec: { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } } } },
    { spec: { strategy: { $retainKeys: ['type'], type: 'Recreate' } } },
    { spec: { strategy: { type: 'Recreate' } } },
  ],
  [
    'an object is replaced',
    'Service',
    { spec: { selector: { a: '1' } } },
    { spec: { selector: { $patch: 'replace', b: '2' } } },
    { spec: { selector: { b: '2' } } },
  ],
  [
    'inside a template',
    'Deployment',
    { spec: { template: { spec: { containers: [{ name: 'a', env: [{ name: 'X', value: '1' }] }] } } } },
    { spec: { template: { spec: { containers: [{ name: 'a', env: [{ name: 'Y', value: '2' }] }] } } } },
    {
      spec: {
        template: {
          spec: {
            containers: [
              {
                name: 'a',
                env: [
                  { name: 'X', value: '1' },
                  { name: 'Y', value: '2' },
                ],
              },
            ],
          },
        },
      },
    },
  ],
]

describe('strategicMerge', () => {
  test.each(rows)('%s', (_what, type, target, patch, expected) => {
    const before = structuredClone(target)
    expect(strategicMerge(type, target, patch)).toEqual(expected)
    expect(target).toEqual(before)
  })

  test.each([
    ['no object', []],
    ['an unknown directive', { $patch: 'turn' }],
    ['an entry without its key', { spec: { ports: [{ targetPort: 80 }] } }],
  ])('refuses %s', (_what, patch) => {
    expect(() => strategicMerge('Service', {}, patch)).toThrow(Refusal)
  })
})
