/** What the admission plugin Priority does to a new Pod: its class becomes a number. */
import type { Pod } from '../api/core.ts'
import { SYSTEM_PRIORITY_CLASSES, type PriorityClass } from '../api/priority-classes.ts'
import type { FieldPath } from '../api/field-error.ts'
import type { OrderedMap } from '../lib/ordered-map.ts'

export type AdmittedPriority =
  | { readonly pod: Pod }
  | { readonly refused: string; readonly path: FieldPath; readonly value: unknown }

/** Before the defaults: what the Pod says itself must be what its class says. */
export function admitPriority(pod: Pod, classes: OrderedMap<PriorityClass>): AdmittedPriority {
  const { priorityClassName: name = '', priority: given, preemptionPolicy: policy } = pod.spec
  const found = name === '' ? defaultClass(classes) : namedClass(name, classes)
  if (name !== '' && found === undefined) {
    return { refused: `no PriorityClass with name ${name} was found`, path: ['spec', 'priorityClassName'], value: name }
  }
  const { value: priority = 0, preemptionPolicy = 'PreemptLowerPriority' } = found ?? {}
  const computed = 'must not be provided in pod spec; priority admission controller computed'
  if (given !== undefined && given !== priority) {
    const refused = `the integer value of priority (${given}) ${computed} ${priority} from the given PriorityClass name`
    return { refused, path: ['spec', 'priority'], value: given }
  }
  if (policy !== undefined && policy !== preemptionPolicy) {
    const refused = `the string value of PreemptionPolicy (${policy}) ${computed} ${preemptionPolicy} from the given PriorityClass name`
    return { refused, path: ['spec', 'preemptionPolicy'], value: policy }
  }
  const named = found === undefined ? {} : { priorityClassName: found.metadata.name }
  return { pod: { ...pod, spec: { ...pod.spec, ...named, priority, preemptionPolicy } } }
}

function namedClass(name: string, classes: OrderedMap<PriorityClass>): PriorityClass | undefined {
  return classes.get(name) ?? SYSTEM_PRIORITY_CLASSES.find(({ metadata }) => metadata.name === name)
}

/** Where there is more than one, the lowest. */
function defaultClass(classes: OrderedMap<PriorityClass>): PriorityClass | undefined {
  const marked = classes.toValues().filter(({ globalDefault }) => globalDefault === true)
  return marked.toSorted((a, b) => (a.value ?? 0) - (b.value ?? 0))[0]
}
