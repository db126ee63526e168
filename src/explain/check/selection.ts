/** Where else a selector would find something. */
import type { CheckContext } from './context.ts'
import type { LabelIndex } from './labels.ts'
import { labelIndex } from './labels.ts'
import type { Service } from './service.ts'
import type { Workload } from './workload.ts'

/** Workloads that carry the labels themselves, while their Pods do not. */
export function withOwnLabels(context: CheckContext, service: Service): readonly Workload[] {
  return context.workloadsByOwnLabels.find(service.namespace, service.selector).filter(({ kind }) => kind !== 'Pod')
}

const everywhereOf = new WeakMap<
  CheckContext,
  LabelIndex<{ readonly namespace: string; readonly workload: Workload }>
>()

/** Workloads of other namespaces whose Pods have the labels. */
export function elsewhere(context: CheckContext, service: Service): readonly Workload[] {
  let index = everywhereOf.get(context)
  if (index === undefined) {
    const all = context.workloads.map((workload) => ({ namespace: '', workload }))
    index = labelIndex(all, ({ workload }) => workload.labels)
    everywhereOf.set(context, index)
  }
  return index
    .find('', service.selector)
    .map(({ workload }) => workload)
    .filter(({ namespace }) => namespace !== service.namespace)
}
