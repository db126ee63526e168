/** When the next Pod may be made after failures: 10 s after the first, then twice as long each time, 10 min at most. */
import type { Pod } from '../../api/core.ts'
import { isPodTerminating } from '../../model/endpoints.ts'
import { failuresBefore } from './job-index-failures.ts'
import { hasFailed, hasSucceeded } from './job-tracking.ts'

const [FIRST_DELAY, LONGEST_DELAY] = [10_000, 600_000]

/** After failures in a row, of whatever index. Milliseconds since 1970; 0: at once. */
export function retryAt(pods: readonly Pod[]): number {
  const lastSuccess = Math.max(0, ...pods.filter(hasSucceeded).map(endOf))
  const failures = pods.filter((pod) => hasFailed(pod) && !isPodTerminating(pod))
  const times = failures.map(endOf).filter((time) => time > lastSuccess)
  return times.length === 0 ? 0 : Math.max(...times) + delayAfter(times.length)
}

/** After the failure of the Pod that is `held` for its index. */
export function retryIndexAt(held: Pod | undefined): number {
  if (held === undefined || isPodTerminating(held)) return 0
  return endOf(held) + delayAfter(failuresBefore(held) + 1)
}

function delayAfter(failures: number): number {
  return Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** (failures - 1))
}

function endOf({ status }: Pod): number {
  const ends = (status?.containerStatuses ?? []).map(({ state }) => state.terminated?.finishedAt)
  return Math.max(0, ...ends.map((end) => (end === undefined ? 0 : Date.parse(end))))
}
