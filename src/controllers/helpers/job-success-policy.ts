/** Whether an Indexed Job has succeeded before all of its indexes have. */
import type { Job, SuccessPolicyRule } from '../../api/batch.ts'
import { parseIndexes } from '../../api/job-indexes.ts'

/** The position of the first rule that is met; undefined where none is. `completed`: the indexes that have succeeded. */
export function metSuccessRule({ spec }: Job, completed: readonly number[]): number | undefined {
  const { completionMode, successPolicy } = spec
  if (completionMode !== 'Indexed' || completed.length === 0) return undefined
  const position = (successPolicy?.rules ?? []).findIndex((rule) => isMet(rule, completed))
  return position === -1 ? undefined : position
}

function isMet({ succeededIndexes, succeededCount }: SuccessPolicyRule, completed: readonly number[]): boolean {
  if (succeededIndexes === undefined) return succeededCount !== undefined && completed.length >= succeededCount
  const wanted = new Set(parseIndexes(succeededIndexes))
  const done = completed.filter((index) => wanted.has(index)).length
  return wanted.size > 0 && done >= (succeededCount ?? wanted.size)
}
