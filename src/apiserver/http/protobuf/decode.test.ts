import { describe, expect, test } from 'vitest'
import { Refusal } from '../failures.ts'
import { decodeProtobuf } from './decode.ts'

const varint = (value: number): Buffer => {
  const bytes: number[] = []
  let left = value
  for (; left >= 128; left = Math.floor(left / 128)) bytes.push((left % 128) + 128)
  return Buffer.from([...bytes, left])
}
const number = (field: number, value: number): Buffer => Buffer.concat([varint(field * 8), varint(value)])
const part = (field: number, ...contents: readonly (Buffer | string)[]): Buffer => {
  const bytes = Buffer.concat(contents.map((content) => Buffer.from(content as string)))
  return Buffer.concat([varint(field * 8 + 2), varint(bytes.length), bytes])
}
const envelope = (apiVersion: string, kind: string, ...raw: readonly Buffer[]): Buffer =>
  Buffer.concat([Buffer.from('k8s\0'), part(1, part(1, apiVersion), part(2, kind)), part(2, ...raw)])

describe('decodeProtobuf', () => {
  test('a Service', () => {
    const targetPort = part(4, number(1, 1), part(3, 'http'))
    const spec = part(
      2,
      part(1, part(2, 'TCP'), number(3, 80), targetPort, number(5, 0)),
      part(2, part(1, 'app'), part(2, 'web')),
      part(4, 'NodePort'),
    )
    const body = envelope('v1', 'Service', part(1, part(1, 'web'), part(2, ''), part(8)), spec, part(3, part(1)))
    expect(decodeProtobuf(body)).toEqual({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'web' },
      spec: { ports: [{ protocol: 'TCP', port: 80, targetPort: 'http' }], selector: { app: 'web' }, type: 'NodePort' },
    })
  })

  test('zero of a pointer counts, zero of a value does not', () => {
    expect(decodeProtobuf(envelope('apps/v1', 'Deployment', part(2, number(1, 0), number(5, 0))))).toEqual({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      spec: { replicas: 0 },
    })
  })

  test("a Job's policies: exit code 0 counts", () => {
    const codes = part(2, part(2, 'NotIn'), number(3, 0), number(3, 42))
    const conditions = part(3, part(1, 'DisruptionTarget'), part(2, 'True'))
    const failure = part(11, part(1, part(1, 'FailJob'), codes), part(1, part(1, 'Ignore'), conditions))
    const success = part(16, part(1, part(1, '0-2'), number(2, 0)))
    const body = envelope('batch/v1', 'Job', part(2, failure, number(12, 0), number(13, 1), success))
    expect(decodeProtobuf(body)).toEqual({
      apiVersion: 'batch/v1',
      kind: 'Job',
      spec: {
        podFailurePolicy: {
          rules: [
            { action: 'FailJob', onExitCodes: { operator: 'NotIn', values: [0, 42] } },
            { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
          ],
        },
        backoffLimitPerIndex: 0,
        maxFailedIndexes: 1,
        successPolicy: { rules: [{ succeededIndexes: '0-2', succeededCount: 0 }] },
      },
    })
  })

  test('bytes become base64, times RFC 3339', () => {
    const body = envelope(
      'v1',
      'Secret',
      part(1, part(8, number(1, 1767225600))),
      part(2, part(1, 'k'), part(2, Buffer.from([0, 255]))),
    )
    expect(decodeProtobuf(body)).toMatchObject({
      metadata: { creationTimestamp: '2026-01-01T00:00:00Z' },
      data: { k: 'AP8=' },
    })
  })

  test('managedFields, as every update brings them along', () => {
    const fields = part(7, part(1, '{"f:spec":{}}'))
    const entry = part(17, part(1, 'e2e.test'), part(2, 'Update'), part(4, number(1, 1767225600)), fields)
    expect(decodeProtobuf(envelope('v1', 'ConfigMap', part(1, entry)))).toMatchObject({
      metadata: {
        managedFields: [
          { manager: 'e2e.test', operation: 'Update', time: '2026-01-01T00:00:00Z', fieldsV1: { 'f:spec': {} } },
        ],
      },
    })
    const broken = envelope('v1', 'ConfigMap', part(1, part(17, part(7, part(1, '{')))))
    expect(() => decodeProtobuf(broken)).toThrow(Refusal)
  })

  test('an Event: its time has parts of a second', () => {
    const time = part(10, number(1, 1767225600), number(2, 5_000_000))
    const body = envelope('v1', 'Event', part(2, part(1, 'Pod'), part(3, 'web')), part(3, 'Tested'), number(8, 1), time)
    expect(decodeProtobuf(body)).toMatchObject({
      involvedObject: { kind: 'Pod', name: 'web' },
      reason: 'Tested',
      count: 1,
      eventTime: '2026-01-01T00:00:00.005000Z',
    })
  })

  test('a Lease: its times have six digits, as Go clients read them', () => {
    const spec = part(2, part(1, 'me'), part(3, number(1, 1767225600)), part(4, number(1, 1767225600), number(2, 1999)))
    expect(decodeProtobuf(envelope('coordination.k8s.io/v1', 'Lease', spec))).toMatchObject({
      spec: {
        holderIdentity: 'me',
        acquireTime: '2026-01-01T00:00:00.000000Z',
        renewTime: '2026-01-01T00:00:00.000001Z',
      },
    })
  })

  test('an EndpointSlice: numbers of its ports are pointers', () => {
    const port = part(3, part(1, 'http'), part(2, 'TCP'), number(3, 8080))
    const body = envelope(
      'discovery.k8s.io/v1',
      'EndpointSlice',
      part(2, part(1, '10.244.1.2'), part(2, number(1, 0))),
      port,
      part(4, 'IPv4'),
    )
    expect(decodeProtobuf(body)).toEqual({
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      endpoints: [{ addresses: ['10.244.1.2'], conditions: { ready: false } }],
      ports: [{ name: 'http', protocol: 'TCP', port: 8080 }],
      addressType: 'IPv4',
    })
  })

  test.each([
    ['no magic', Buffer.from('{}')],
    ['a kind that is not known', envelope('example.com/v1', 'Widget')],
    ['a field that is not known', envelope('v1', 'Service', part(2, part(99, 'x')))],
    ['a message that is cut off', envelope('v1', 'Service', Buffer.from([0x12, 0x7f, 1]))],
    ['a number without end', envelope('v1', 'Service', Buffer.alloc(12, 0xff))],
    ['a wire type that is not used', envelope('v1', 'Service', Buffer.from([0x0d, 0, 0, 0, 0]))],
  ])('refuses %s', (_what, body) => {
    expect(() => decodeProtobuf(body)).toThrow(Refusal)
  })
})
