/** HorizontalPodAutoscalers of autoscaling/v1. What that version has no field for stands in annotations, as in Kubernetes. */
import { isRecord } from './decode.ts'

type JSONObject = Readonly<Record<string, unknown>>

const [METRICS, CURRENT_METRICS, CONDITIONS, BEHAVIOR] = [
  'autoscaling.alpha.kubernetes.io/metrics',
  'autoscaling.alpha.kubernetes.io/current-metrics',
  'autoscaling.alpha.kubernetes.io/conditions',
  'autoscaling.alpha.kubernetes.io/behavior',
]

/** By the source of a metric: the fields of version 1, and where the same stands in version 2. */
type MetricFields = Readonly<Record<string, Readonly<Record<string, string>>>>

const NAME = { metricName: 'metric.name', selector: 'metric.selector' }
const EXTERNAL_NAME = { metricName: 'metric.name', metricSelector: 'metric.selector' }

const SPEC_FIELDS: MetricFields = {
  object: { ...NAME, target: 'describedObject', targetValue: 'target.value', averageValue: 'target.averageValue' },
  pods: { ...NAME, targetAverageValue: 'target.averageValue' },
  resource: resourceFields('target', 'target'),
  containerResource: { ...resourceFields('target', 'target'), container: 'container' },
  external: { ...EXTERNAL_NAME, targetValue: 'target.value', targetAverageValue: 'target.averageValue' },
}

const STATUS_FIELDS: MetricFields = {
  object: { ...NAME, target: 'describedObject', currentValue: 'current.value', averageValue: 'current.averageValue' },
  pods: { ...NAME, currentAverageValue: 'current.averageValue' },
  resource: resourceFields('current', 'current'),
  containerResource: { ...resourceFields('current', 'current'), container: 'container' },
  external: { ...EXTERNAL_NAME, currentValue: 'current.value', currentAverageValue: 'current.averageValue' },
}

function resourceFields(prefix: string, part: string): Readonly<Record<string, string>> {
  return {
    name: 'name',
    [`${prefix}AverageUtilization`]: `${part}.averageUtilization`,
    [`${prefix}AverageValue`]: `${part}.averageValue`,
  }
}

/** From the form in which it is stored, autoscaling/v2. */
export function autoscalerToV1(stored: JSONObject): JSONObject {
  const { spec, status, metadata } = stored
  const { metrics, behavior, ...rest } = recordOf(spec)
  const { currentMetrics, conditions, ...counts } = recordOf(status)
  const [wanted, current] = [recordsOf(metrics), recordsOf(currentMetrics)]
  const others = wanted.filter((metric) => utilizationOf(metric, 'target') === undefined)
  const target = firstDefined(wanted.map((metric) => utilizationOf(metric, 'target')))
  const utilization = firstDefined(current.map((metric) => utilizationOf(metric, 'current')))
  const annotations = {
    ...(others.length > 0 && { [METRICS]: JSON.stringify(others.map((metric) => metricToV1(metric, SPEC_FIELDS))) }),
    ...(current.length > 0 && {
      [CURRENT_METRICS]: JSON.stringify(current.map((metric) => metricToV1(metric, STATUS_FIELDS))),
    }),
    ...(recordsOf(conditions).length > 0 && { [CONDITIONS]: JSON.stringify(conditions) }),
    ...(behavior !== undefined && { [BEHAVIOR]: JSON.stringify(withKeys(behavior, capitalized)) }),
  }
  return {
    ...stored,
    apiVersion: 'autoscaling/v1',
    metadata: withAnnotations(metadata, annotations),
    spec: { ...rest, ...(target !== undefined && { targetCPUUtilizationPercentage: target }) },
    status: {
      currentReplicas: 0,
      desiredReplicas: 0,
      ...counts,
      ...(utilization !== undefined && { currentCPUUtilizationPercentage: utilization }),
    },
  }
}

/** The types of the fields are right. Annotations that cannot be read count for nothing. */
export function autoscalerFromV1(given: JSONObject): JSONObject {
  const { spec, status, metadata } = given
  const { targetCPUUtilizationPercentage: target, ...rest } = recordOf(spec)
  const { currentCPUUtilizationPercentage: utilization, ...counts } = recordOf(status)
  const written = recordOf(recordOf(metadata)['annotations'])
  const others = recordsOf(parsed(written[METRICS])).map((metric) => metricFromV1(metric, SPEC_FIELDS))
  const metrics = [...others, ...(target === undefined ? [] : [cpuMetric(Number(target))])]
  const behavior = withKeys(parsed(written[BEHAVIOR]), uncapitalized)
  const measured = recordsOf(parsed(written[CURRENT_METRICS])).map((metric) => metricFromV1(metric, STATUS_FIELDS))
  const cpu = { type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: utilization } } }
  const currentMetrics = measured.length > 0 || utilization === undefined ? measured : [cpu]
  const conditions = recordsOf(parsed(written[CONDITIONS]))
  const known = {
    ...counts,
    ...(currentMetrics.length > 0 && { currentMetrics }),
    ...(conditions.length > 0 && { conditions }),
  }
  return {
    ...given,
    apiVersion: 'autoscaling/v2',
    metadata: withAnnotations(metadata, {}),
    spec: { ...rest, ...(metrics.length > 0 && { metrics }), ...(isRecord(behavior) && { behavior }) },
    ...(Object.keys(known).length > 0 && { status: known }),
  }
}

/** `percentage` of what the Pods request. */
export function cpuMetric(percentage: number): JSONObject {
  return {
    type: 'Resource',
    resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: percentage } },
  }
}

/** Of a metric that version 1 has a field for. */
function utilizationOf({ type, resource }: JSONObject, part: 'target' | 'current'): unknown {
  const { name, [part]: value } = recordOf(resource)
  return type === 'Resource' && name === 'cpu' ? recordOf(value)['averageUtilization'] : undefined
}

function metricToV1({ type, ...sources }: JSONObject, fields: MetricFields): JSONObject {
  const entries = Object.entries(sources).map(([source, value]) => {
    const known = Object.entries(fields[source] ?? {}).map(([name, path]) => [name, valueAt(value, path)])
    return [source, Object.fromEntries(known)]
  })
  return { type, ...Object.fromEntries(entries) }
}

function metricFromV1({ type, ...sources }: JSONObject, fields: MetricFields): JSONObject {
  const entries = Object.entries(sources).map(([source, value]) => {
    let metric: JSONObject = {}
    for (const [name, path] of Object.entries(fields[source] ?? {})) {
      metric = withValueAt(metric, path, recordOf(value)[name])
    }
    return [source, withTargetType(metric)]
  })
  return { type, ...Object.fromEntries(entries) }
}

/** Version 1 has no type: it follows from the value that is there. Go writes a value of 0 beside an average. */
function withTargetType(metric: JSONObject): JSONObject {
  if (!isRecord(metric['target'])) return metric
  const { value, ...averages } = metric['target']
  const { averageUtilization, averageValue } = averages
  if (averageUtilization === undefined && averageValue === undefined) {
    return { ...metric, target: { type: 'Value', value } }
  }
  const type = averageUtilization === undefined ? 'AverageValue' : 'Utilization'
  return { ...metric, target: { type, ...averages } }
}

/** `path`: a field, or a field of a field. */
function valueAt(value: unknown, path: string): unknown {
  return path.split('.').reduce((inner: unknown, name) => recordOf(inner)[name], value)
}

function withValueAt(target: JSONObject, path: string, value: unknown): JSONObject {
  const [first = '', second] = path.split('.')
  if (value === undefined || value === null) return target
  return { ...target, [first]: second === undefined ? value : { ...recordOf(target[first]), [second]: value } }
}

/** In place of those that carry fields. */
function withAnnotations(metadata: unknown, added: Readonly<Record<string, string>>): JSONObject {
  const { annotations, ...rest } = recordOf(metadata)
  const own = [METRICS, CURRENT_METRICS, CONDITIONS, BEHAVIOR]
  const kept = Object.entries(recordOf(annotations)).filter(([name]) => !own.includes(name))
  const all = { ...Object.fromEntries(kept), ...added }
  return Object.keys(all).length === 0 ? rest : { ...rest, annotations: all }
}

/** In that annotation the fields are called as in Go. */
function withKeys(value: unknown, rename: (key: string) => string): unknown {
  if (Array.isArray(value)) return value.map((item: unknown) => withKeys(item, rename))
  if (!isRecord(value)) return value
  const given = Object.entries(value).filter(([, item]) => item !== null)
  return Object.fromEntries(given.map(([key, item]) => [rename(key), withKeys(item, rename)]))
}

const capitalized = (key: string): string => key.slice(0, 1).toUpperCase() + key.slice(1)
const uncapitalized = (key: string): string => key.slice(0, 1).toLowerCase() + key.slice(1)

function parsed(text: unknown): unknown {
  try {
    return typeof text === 'string' ? JSON.parse(text) : undefined
  } catch {
    return undefined
  }
}

const recordOf = (value: unknown): JSONObject => (isRecord(value) ? value : {})
const recordsOf = (value: unknown): readonly JSONObject[] => (Array.isArray(value) ? value.filter(isRecord) : [])
const firstDefined = (values: readonly unknown[]): unknown => values.find((value) => value !== undefined)
