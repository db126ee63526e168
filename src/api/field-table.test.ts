import { describe, expect, test } from 'vitest'
import { type FieldType, fieldsOf, kubernetesKinds } from './field-table.ts'
import { KINDS } from './kinds.ts'

function typesWithin(type: FieldType): string[] {
  if (type.form === 'object') return [type.type]
  return type.form === 'list' || type.form === 'map' ? typesWithin(type.of) : []
}

describe('field table', () => {
  test.each([
    ['ServicePort', 'port', { form: 'int32' }],
    ['ServicePort', 'targetPort', { form: 'intOrString' }],
    ['ServiceSpec', 'clusterIP', { form: 'string' }],
    ['ServiceSpec', 'selector', { form: 'map', of: { form: 'string' } }],
    ['ServiceSpec', 'ports', { form: 'list', of: { form: 'object', type: 'ServicePort' } }],
    ['ResourceRequirements', 'limits', { form: 'map', of: { form: 'quantity' } }],
    ['Deployment', 'spec', { form: 'object', type: 'DeploymentSpec' }],
    ['EndpointSlice', 'endpoints', { form: 'list', of: { form: 'object', type: 'Endpoint' } }],
    // The models call this field `_continue`, `_from` and `_default`: the table has the names of the wire.
    ['NetworkPolicyIngressRule', 'from', { form: 'list', of: { form: 'object', type: 'NetworkPolicyPeer' } }],
  ] as const)('%s.%s', (type, field, expected) => {
    expect(fieldsOf(type)?.get(field)).toEqual(expected)
  })

  test('what is not in the table', () => {
    expect(fieldsOf('Servce')).toBeUndefined()
    expect(fieldsOf('ServicePort')?.get('targetport')).toBeUndefined()
    expect(fieldsOf('constructor')).toBeUndefined()
  })

  test('every kind that Portolan acts on is there, and every type that a field names', () => {
    const queue = Object.keys(KINDS)
    const seen = new Set(queue)
    for (const name of queue) {
      const fields = fieldsOf(name)
      expect(fields, name).toBeDefined()
      for (const type of fields?.values() ?? []) {
        for (const inner of typesWithin(type).filter((candidate) => !seen.has(candidate))) {
          seen.add(inner)
          queue.push(inner)
        }
      }
    }
    expect(seen.size).toBeGreaterThan(100)
  })

  test('the apiVersions of the kinds agree with the kinds of Portolan', () => {
    for (const [kind, info] of Object.entries(KINDS)) expect(kubernetesKinds().get(kind)).toContain(info.apiVersion)
    expect(kubernetesKinds().get('HorizontalPodAutoscaler')).toEqual(['autoscaling/v1', 'autoscaling/v2'])
  })
})
