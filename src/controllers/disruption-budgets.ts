/** The status of PodDisruptionBudgets, which says whether the eviction of a Pod is allowed. */
import type { AnyObject } from '../api/kinds.ts'
import type { Change } from '../model/change.ts'
import { budgetsOf, disruptionStatus } from '../model/disruption.ts'
import { get, objectKey, type Snapshot } from '../model/snapshot.ts'
import type { Controller } from './controller.ts'
import { updateTo } from './helpers/changes.ts'

export const disruptionBudgetController: Controller = {
  name: 'disruption-budgets',
  watches: ['PodDisruptionBudget', 'Pod'],
  keys: (object: AnyObject, snapshot) => {
    if (object.kind === 'PodDisruptionBudget') return [objectKey(object)]
    return object.kind === 'Pod' ? budgetsOf(snapshot, object).map(objectKey) : []
  },
  reconcile: reconcileBudget,
}

/** `key`: of a PodDisruptionBudget. */
export function reconcileBudget(snapshot: Snapshot, key: string): readonly Change[] {
  const budget = get(snapshot, 'PodDisruptionBudget', key)
  if (budget === undefined) return []
  return updateTo(budget, { ...budget, status: { ...budget.status, ...disruptionStatus(snapshot, budget) } })
}
