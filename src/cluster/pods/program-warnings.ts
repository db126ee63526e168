/** Host programs that were asked for and will run nowhere. */
import { RUN_ANNOTATION } from '../../kubelet/host-program-command.ts'
import { suggest } from '../../manifest/suggest.ts'
import { parseRunTarget } from './run-commands.ts'

export interface ProgramWarning {
  /** Index of the object; undefined where it is `--run` that is wrong. */
  readonly index?: number
  readonly path: readonly string[]
  readonly message: string
}

interface Workload {
  readonly index: number
  readonly namespace: string
  readonly name: string
  readonly containers: readonly string[]
  /** Where the Pod's metadata stands in the object. */
  readonly metadataPath: readonly string[]
  readonly annotations: readonly string[]
}

/** For manifests as they are written, of any kind that makes Pods. */
export function programWarnings(
  values: readonly unknown[],
  run: Readonly<Record<string, string>>,
): readonly ProgramWarning[] {
  const workloads = values.flatMap(workloadOf)
  return [...workloads.flatMap(annotationWarnings), ...Object.keys(run).flatMap((key) => runWarnings(key, workloads))]
}

const PREFIX = `${RUN_ANNOTATION}.`

function annotationWarnings({ index, containers, metadataPath, annotations }: Workload): readonly ProgramWarning[] {
  return annotations
    .filter((annotation) => annotation.startsWith(PREFIX) && !containers.includes(annotation.slice(PREFIX.length)))
    .map((annotation) => ({
      index,
      path: [...metadataPath, 'annotations', annotation],
      message: `${annotation}: there is no container ${choice(annotation.slice(PREFIX.length), containers)}`,
    }))
}

function runWarnings(key: string, workloads: readonly Workload[]): readonly ProgramWarning[] {
  const { namespace, workload, container } = parseRunTarget(key)
  const here = workloads.filter((candidate) => candidate.namespace === namespace)
  const meant = here.find(({ name }) => name === workload)
  const say = (words: string): readonly ProgramWarning[] => [{ path: [], message: `--run ${key}: ${words}` }]
  if (meant === undefined) {
    const names = here.map(({ name }) => name)
    return say(`namespace ${namespace} of the files has no workload ${choice(workload, names)}`)
  }
  if (container === undefined || meant.containers.includes(container)) return []
  return say(`${workload} has no container ${choice(container, meant.containers)}`)
}

function choice(name: string, names: readonly string[]): string {
  const near = suggest(name, names)
  return `"${name}"${near === undefined ? '' : `, did you mean "${near}"?`}`
}

/** Where a Pod template stands: a Pod is one itself, a CronJob's is in that of its Job. */
const TEMPLATES: readonly (readonly string[])[] = [
  [],
  ['spec', 'template'],
  ['spec', 'jobTemplate', 'spec', 'template'],
]

function workloadOf(value: unknown, index: number): readonly Workload[] {
  const name = at(value, ['metadata', 'name'])
  const namespace = at(value, ['metadata', 'namespace']) ?? 'default'
  if (typeof name !== 'string' || typeof namespace !== 'string') return []
  const path = TEMPLATES.find((template) => Array.isArray(at(value, [...template, 'spec', 'containers'])))
  if (path === undefined) return []
  const lists = ['containers', 'initContainers'].map((list) => at(value, [...path, 'spec', list]))
  const containers = lists.flatMap((list) => (Array.isArray(list) ? list.map((entry) => at(entry, ['name'])) : []))
  const metadataPath = [...path, 'metadata']
  const annotations = at(value, [...metadataPath, 'annotations'])
  return [
    {
      index,
      namespace,
      name,
      containers: containers.filter((entry) => typeof entry === 'string'),
      metadataPath,
      annotations: typeof annotations === 'object' && annotations !== null ? Object.keys(annotations) : [],
    },
  ]
}

function at(value: unknown, path: readonly string[]): unknown {
  let found = value
  for (const key of path) {
    if (typeof found !== 'object' || found === null) return undefined
    found = Object.getOwnPropertyDescriptor(found, key)?.value
  }
  return found
}
