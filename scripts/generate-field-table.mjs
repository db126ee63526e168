// Writes src/api/field-table.generated.ts from the models of @kubernetes/client-node, read as text.
// By hand, once per Kubernetes release:
//   npm i --prefix /tmp/kfields @kubernetes/client-node@2.0.1 --ignore-scripts
//   node scripts/generate-field-table.mjs /tmp/kfields
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOTS = [
  'Namespace',
  'Node',
  'ConfigMap',
  'Secret',
  'Service',
  'Endpoints',
  'EndpointSlice',
  'Deployment',
  'ReplicaSet',
  'Pod',
  'StatefulSet',
  'DaemonSet',
  'ControllerRevision',
  'Job',
  'CronJob',
  'Ingress',
  'NetworkPolicy',
  'ServiceAccount',
  'Lease',
  'IPAddress',
  'ServiceCIDR',
  'IngressClass',
  'PodDisruptionBudget',
  'V2HorizontalPodAutoscaler',
  'V1HorizontalPodAutoscaler',
  'Role',
  'RoleBinding',
  'ClusterRole',
  'ClusterRoleBinding',
  'PriorityClass',
  'ResourceQuota',
  'LimitRange',
  'PersistentVolume',
  'PersistentVolumeClaim',
  'StorageClass',
  'MutatingWebhookConfiguration',
  'ValidatingWebhookConfiguration',
]

/** The models call a quantity a string; Kubernetes takes a number too. */
const QUANTITIES = new Set([
  'ContainerStatus.allocatedResources',
  'EmptyDirVolumeSource.sizeLimit',
  'HPAScalingRules.tolerance',
  ...['default', 'defaultRequest', 'max', 'maxLimitRequestRatio', 'min'].map((field) => `LimitRangeItem.${field}`),
  'MetricTarget.averageValue',
  'MetricTarget.value',
  'MetricValueStatus.averageValue',
  'MetricValueStatus.value',
  'NodeStatus.allocatable',
  'NodeStatus.capacity',
  'PersistentVolumeClaimStatus.allocatedResources',
  'PersistentVolumeClaimStatus.capacity',
  'PersistentVolumeSpec.capacity',
  'PodSpec.overhead',
  'PodStatus.allocatedResources',
  'ResourceFieldSelector.divisor',
  'ResourceQuotaSpec.hard',
  'ResourceQuotaStatus.hard',
  'ResourceQuotaStatus.used',
  'ResourceRequirements.limits',
  'ResourceRequirements.requests',
  'VolumeResourceRequirements.limits',
  'VolumeResourceRequirements.requests',
])

const FORMS = {
  string: 'string',
  boolean: 'boolean',
  Date: 'date',
  V1MicroTime: 'date',
  IntOrString: 'intOrString',
  any: 'any',
}

const packageFolder = join(process.argv[2] ?? '/tmp/kfields', 'node_modules/@kubernetes/client-node')
const generated = join(packageFolder, 'dist/gen')
const version = JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8')).version
const read = (path) => readFileSync(join(generated, path), 'utf8')
const release = /spec version: (\S+)/.exec(read('models/V1Service.js'))?.[1]

/**
 * `V1ServicePort` -> `ServicePort`; a name with a group in front (`DiscoveryV1EndpointPort`) is kept, and so is one of
 * version 1 where there is a version 2 (`V1HorizontalPodAutoscaler`).
 */
const shortName = (model) =>
  existsSync(join(generated, `models/${model.replace(/^V1/, 'V2')}.js`)) && /^V1(?=[A-Z])/.test(model)
    ? model
    : model.replace(/^V[12](?=[A-Z])/, '')

const byText = (left, right) => Number(left > right) - Number(left < right)

function attributesOf(model) {
  const map = /attributeTypeMap = (\[[\s\S]*?\n\]);/.exec(read(`models/${model}.js`))
  return map === null ? [] : JSON.parse(map[1])
}

function formOf(type, format, models) {
  const list = /^Array<(.*)>$/.exec(type)
  if (list !== null) return `[]${formOf(list[1], format, models)}`
  const map = /^\{ \[key: string\]: (.*); \}$/.exec(type)
  if (map !== null) return `{}${formOf(map[1], format, models)}`
  if (type === 'number') return format === 'int32' || format === 'int64' ? format : 'number'
  if (type in FORMS) return FORMS[type]
  models.push(type)
  return shortName(type)
}

function typeLine(model, models) {
  const name = shortName(model)
  const fields = attributesOf(model).map(({ baseName, type, format }) => {
    const form = formOf(type, format, models)
    return `${baseName}:${QUANTITIES.has(`${name}.${baseName}`) ? form.replace('string', 'quantity') : form}`
  })
  return [name, ...fields].join(' ')
}

function typeLines() {
  const queue = ROOTS.map((kind) => (/^V[12][A-Z]/.test(kind) ? kind : `V1${kind}`))
  const lines = new Map()
  for (const model of queue) if (!lines.has(model)) lines.set(model, typeLine(model, queue))
  return [...lines.values()].sort(byText)
}

/** Every kind that can be created, with its apiVersions: the paths that take a POST without a name. */
function kindLines() {
  const kinds = new Map()
  for (const file of readdirSync(join(generated, 'apis')).filter((name) => name.endsWith('.js'))) {
    for (const block of read(`apis/${file}`).split('const localVarPath = ').slice(1)) {
      const path = /^'\/(?:api|apis)\/([^{']+?)\/(?:namespaces\/\{namespace\}\/)?[a-z]+'/.exec(block)
      const body = /HttpMethod\.POST[\s\S]*serialize\(body, "(\w+)"/.exec(block)
      if (path === null || body === null) continue
      if (!attributesOf(body[1]).some(({ name }) => name === 'kind')) continue
      const kind = body[1].replace(/^[A-Za-z]*?V\d+(?:(?:alpha|beta)\d+)?(?=[A-Z])/, '')
      kinds.set(kind, (kinds.get(kind) ?? new Set()).add(path[1]))
    }
  }
  const stableFirst = (left, right) => Number(/\d(alpha|beta)/.test(left)) - Number(/\d(alpha|beta)/.test(right))
  return [...kinds]
    .sort(([left], [right]) => byText(left, right))
    .map(([kind, versions]) => [kind, ...[...versions].sort(stableFirst)].join(' '))
}

const text = `/**
 * Generated by scripts/generate-field-table.mjs from @kubernetes/client-node ${version} (${release}): do not edit.
 * The names and types of the fields are those of the Kubernetes API, Copyright The Kubernetes Authors,
 * licensed under the Apache License, Version 2.0 (http://www.apache.org/licenses/LICENSE-2.0).
 */

/** One type a line: its name, then \`field:type\`. \`[]\` is a list, \`{}\` a map; a capital begins another type's name. */
export const TYPES: string = \`
${typeLines().join('\n')}
\`

/** One kind a line: its name, then its apiVersions, stable ones first. */
export const KUBERNETES_KINDS: string = \`
${kindLines().join('\n')}
\`
`
const output = fileURLToPath(new URL('../src/api/field-table.generated.ts', import.meta.url))
writeFileSync(output, text)
console.log(`${output}: ${text.length} characters, ${text.split('\n').length} lines`)
