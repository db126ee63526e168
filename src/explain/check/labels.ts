/** Which Pods a selector takes. */
import type { LabelSelectorRequirement } from '../../api/meta.ts'
import type { JsonValue } from '../../manifest/node.ts'
import { matchLabelSelector } from '../../model/selectors.ts'
import { labelsAt, listAt, textAt } from './json.ts'
import type { Workload } from './workload.ts'

export type Labels = Readonly<Record<string, string>>

/** Put on Pods by controllers; no template has them. */
const AUTOMATIC: Readonly<Record<string, (workload: Workload, value: string) => boolean>> = {
  'pod-template-hash': ({ kind }) => kind !== 'StatefulSet',
  'rollouts-pod-template-hash': ({ kind }) => kind === 'Rollout',
  'controller-revision-hash': ({ kind }) => kind === 'StatefulSet' || kind === 'DaemonSet',
  'statefulset.kubernetes.io/pod-name': isPodOf,
  'apps.kubernetes.io/pod-index': ({ kind }, value) => kind === 'StatefulSet' && /^\d+$/.test(value),
  'job-name': ({ kind, name }, value) => kind === 'Job' && value === name,
  'batch.kubernetes.io/job-name': ({ kind, name }, value) => kind === 'Job' && value === name,
  'batch.kubernetes.io/job-completion-index': ({ kind }, value) => kind === 'Job' && /^\d+$/.test(value),
}

function isPodOf({ kind, name, replicas = 0 }: Workload, value: string): boolean {
  const ordinal = value.startsWith(`${name}-`) ? value.slice(name.length + 1) : ''
  return kind === 'StatefulSet' && /^\d+$/.test(ordinal) && (replicas === 0 || Number(ordinal) < replicas)
}

export function isAutomatic(key: string): boolean {
  return Object.hasOwn(AUTOMATIC, key)
}

/** Whether Pods of the workload have the label. */
export function hasLabel(workload: Workload, key: string, value: string): boolean {
  if (workload.labels[key] === value) return true
  return isAutomatic(key) && AUTOMATIC[key]?.(workload, value) === true
}

/** Whether Pods of the workload have all labels of a Service's selector. */
export function isSelected(selector: Labels, workload: Workload): boolean {
  return Object.entries(selector).every(([key, value]) => hasLabel(workload, key, value))
}

/** A `metav1.LabelSelector` in raw form; an empty one matches everything. */
export function matchesSelector(selector: JsonValue | undefined, labels: Labels): boolean {
  const matchExpressions = listAt(selector, 'matchExpressions').flatMap((entry): LabelSelectorRequirement[] => {
    const operator = textAt(entry, 'operator')
    if (operator !== 'In' && operator !== 'NotIn' && operator !== 'Exists' && operator !== 'DoesNotExist') return []
    return [{ key: textAt(entry, 'key') ?? '', operator, values: listAt(entry, 'values').map(String) }]
  })
  return matchLabelSelector({ matchLabels: labelsAt(selector, 'matchLabels'), matchExpressions }, labels)
}

/** Finds by labels: walks those with the rarest of the pairs. */
export interface LabelIndex<Thing> {
  find(namespace: string, selector: Labels): readonly Thing[]
}

export function labelIndex<Thing extends { readonly namespace: string }>(
  things: readonly Thing[],
  labelsOf: (thing: Thing) => Labels,
): LabelIndex<Thing> {
  const byPair = new Map<string, Thing[]>()
  const all = new Map<string, Thing[]>()
  for (const thing of things) {
    append(all, thing.namespace, thing)
    for (const [key, value] of Object.entries(labelsOf(thing)))
      append(byPair, `${thing.namespace}\n${key}=${value}`, thing)
  }
  return {
    find(namespace, selector) {
      const buckets = Object.entries(selector).map(([key, value]) => byPair.get(`${namespace}\n${key}=${value}`) ?? [])
      const [first, ...others] = buckets
      if (first === undefined) return all.get(namespace) ?? []
      const rarest = others.reduce((best, bucket) => (bucket.length < best.length ? bucket : best), first)
      return rarest.filter((thing) => {
        const labels = labelsOf(thing)
        return Object.entries(selector).every(([key, value]) => labels[key] === value)
      })
    },
  }
}

/** Adds to the list under a key. */
export function append<Key, Thing>(lists: Map<Key, Thing[]>, key: Key, thing: Thing): void {
  const found = lists.get(key)
  if (found === undefined) lists.set(key, [thing])
  else found.push(thing)
}
