import { expect, test } from 'vitest'
import { isRecord } from '../../api/decode.ts'
import { fieldsOf } from '../../api/field-table.ts'
import { describedNames } from './field-descriptions.ts'
import { openApiDocument } from './openapi.ts'

test('only fields that exist are described', () => {
  const wrong = describedNames().filter((name) => {
    const [type = '', field] = name.split('.')
    const fields = type === '*' ? undefined : fieldsOf(type)
    return type !== '*' && (fields === undefined || (field !== undefined && !fields.has(field)))
  })
  expect(wrong).toEqual([])
})

test('types and fields carry their descriptions, references too', () => {
  const document = openApiDocument('/openapi/v3/api/v1')
  const schemas = isRecord(document) && isRecord(document['components']) ? document['components']['schemas'] : {}
  expect(schemas).toMatchObject({
    Service: { description: expect.stringContaining('stable address') },
    ServiceSpec: { properties: { ports: { type: 'array', description: expect.stringContaining('ports') } } },
    ServicePort: {
      properties: { targetPort: { allOf: expect.anything(), description: expect.stringContaining('name') } },
    },
    Pod: { properties: { kind: { description: expect.stringContaining('type') } } },
  })
})
