import { describe, expect, test } from 'vitest'
import { autoscalerFromV1, autoscalerToV1 } from './autoscaling-v1.ts'

const PREFIX = 'autoscaling.alpha.kubernetes.io/'
const cpu = (averageUtilization: number): object => ({
  type: 'Resource',
  resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization } },
})
const metric = { name: 'rps', selector: { matchLabels: { a: 'b' } } }
const describedObject = { apiVersion: 'v1', kind: 'Service', name: 's' }

interface Row {
  readonly name: string
  readonly spec: object
  readonly status?: object
  readonly v1: object
  readonly v1Status?: object
  /** Without the prefix, as JSON. */
  readonly annotations?: Readonly<Record<string, unknown>>
}

const ROWS: readonly Row[] = [
  { name: 'a share of the CPU', spec: { metrics: [cpu(50)] }, v1: { targetCPUUtilizationPercentage: 50 } },
  { name: 'no metric', spec: { minReplicas: 2 }, v1: { minReplicas: 2 } },
  {
    name: 'an amount of CPU',
    spec: {
      metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'AverageValue', averageValue: '1' } } }],
    },
    v1: {},
    annotations: { metrics: [{ type: 'Resource', resource: { name: 'cpu', targetAverageValue: '1' } }] },
  },
  {
    name: 'the metrics of Pods, objects and others, before the CPU',
    spec: {
      metrics: [
        { type: 'Pods', pods: { metric, target: { type: 'AverageValue', averageValue: '10' } } },
        { type: 'Object', object: { metric, describedObject, target: { type: 'Value', value: '5' } } },
        { type: 'External', external: { metric, target: { type: 'Value', value: '7' } } },
        {
          type: 'ContainerResource',
          containerResource: { name: 'memory', container: 'c', target: { type: 'Utilization', averageUtilization: 9 } },
        },
        cpu(50),
      ],
    },
    v1: { targetCPUUtilizationPercentage: 50 },
    annotations: {
      metrics: [
        { type: 'Pods', pods: { metricName: 'rps', selector: metric.selector, targetAverageValue: '10' } },
        {
          type: 'Object',
          object: { metricName: 'rps', selector: metric.selector, target: describedObject, targetValue: '5' },
        },
        { type: 'External', external: { metricName: 'rps', metricSelector: metric.selector, targetValue: '7' } },
        {
          type: 'ContainerResource',
          containerResource: { name: 'memory', container: 'c', targetAverageUtilization: 9 },
        },
      ],
    },
  },
  {
    name: 'behavior, with the names of Go',
    spec: {
      behavior: {
        scaleDown: { selectPolicy: 'Min', policies: [{ type: 'Pods', value: 1, periodSeconds: 15 }] },
      },
    },
    v1: {},
    annotations: {
      behavior: { ScaleDown: { SelectPolicy: 'Min', Policies: [{ Type: 'Pods', Value: 1, PeriodSeconds: 15 }] } },
    },
  },
  {
    name: 'status',
    spec: { metrics: [cpu(50)] },
    status: {
      currentReplicas: 1,
      desiredReplicas: 2,
      currentMetrics: [
        { type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: 30, averageValue: '3' } } },
      ],
      conditions: [{ type: 'AbleToScale', status: 'True' }],
    },
    v1: { targetCPUUtilizationPercentage: 50 },
    v1Status: { currentReplicas: 1, desiredReplicas: 2, currentCPUUtilizationPercentage: 30 },
    annotations: {
      'current-metrics': [
        { type: 'Resource', resource: { name: 'cpu', currentAverageUtilization: 30, currentAverageValue: '3' } },
      ],
      conditions: [{ type: 'AbleToScale', status: 'True' }],
    },
  },
]

describe('an autoscaler in version 1', () => {
  test.each(ROWS)(
    '$name',
    ({ spec, status = { currentReplicas: 0, desiredReplicas: 0 }, v1, v1Status = status, annotations = {} }) => {
      const base = { kind: 'HorizontalPodAutoscaler', metadata: { name: 'a', annotations: { own: 'x' } } }
      const stored = { ...base, apiVersion: 'autoscaling/v2', spec: { maxReplicas: 3, ...spec }, status }
      const shown = autoscalerToV1(stored)
      expect(shown).toMatchObject({ apiVersion: 'autoscaling/v1' })
      expect(shown['spec']).toEqual({ maxReplicas: 3, ...v1 })
      expect(shown['status']).toEqual(v1Status)
      const written = (shown['metadata'] as typeof base.metadata).annotations
      const read = Object.entries(written).map(([name, text]) => [
        name.replace(PREFIX, ''),
        name === 'own' ? text : (JSON.parse(text) as unknown),
      ])
      expect(Object.fromEntries(read)).toEqual({ own: 'x', ...annotations })
      expect(autoscalerFromV1(shown)).toEqual(stored)
    },
  )

  test('what a Go client writes into an annotation is read too', () => {
    const metrics = [
      { type: 'Object', object: { target: describedObject, metricName: 'rps', targetValue: '0', averageValue: '3' } },
    ]
    const annotations = { [`${PREFIX}metrics`]: JSON.stringify(metrics), [`${PREFIX}behavior`]: '{"ScaleUp":null}' }
    const read = autoscalerFromV1({ metadata: { name: 'a', annotations }, spec: { maxReplicas: 1 } })
    expect(read['metadata']).toEqual({ name: 'a' })
    expect(read['spec']).toEqual({
      maxReplicas: 1,
      metrics: [
        {
          type: 'Object',
          object: { describedObject, metric: { name: 'rps' }, target: { type: 'AverageValue', averageValue: '3' } },
        },
      ],
      behavior: {},
    })
  })

  test('an annotation that cannot be read counts for nothing', () => {
    const annotations = { [`${PREFIX}metrics`]: '[', [`${PREFIX}behavior`]: '7', [`${PREFIX}conditions`]: '{}' }
    const read = autoscalerFromV1({ metadata: { name: 'a', annotations }, spec: { maxReplicas: 1 } })
    expect(read).toEqual({ apiVersion: 'autoscaling/v2', metadata: { name: 'a' }, spec: { maxReplicas: 1 } })
  })
})
