/** Words for a Service that something points at and that was not given. */
import { suggest } from '../../manifest/suggest.ts'
import type { CheckContext } from './context.ts'
import type { Severity } from './finding.ts'
import { didYouMean, listText, NOT_GIVEN } from './wording.ts'

export interface MissingService {
  readonly severity: Severity
  /** `there is no Service "wbe" in namespace shop: did you mean "web"?`. */
  readonly text: string
  readonly near: string | undefined
}

/** A warning where the Service may exist all the same: in an open world, and where neither Services nor Pods were given. */
export function missingService(context: CheckContext, namespace: string, name: string): MissingService {
  const isOpen = !context.closed || (context.services.length === 0 && context.workloads.length === 0)
  const here = context.serviceIndex.find(namespace, {}).map((service) => service.name)
  const elsewhere = (context.servicesByName.get(name) ?? []).map((service) => service.namespace)
  const near = elsewhere.length === 0 ? suggest(name, here) : undefined
  const where = elsewhere.length === 0 ? '' : `; there is one in ${listText(elsewhere)}`
  const open = isOpen ? ` (${NOT_GIVEN})` : ''
  return {
    severity: isOpen ? 'warning' : 'error',
    text: `there is no Service "${name}" in namespace ${namespace}${open}${where}${didYouMean(near)}`,
    near,
  }
}
