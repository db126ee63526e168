import type { LabelSelector, LabelSelectorRequirement } from '../../../api/meta.ts'
import { formatLabels } from '../../../model/selectors.ts'

/** `app=web,tier in (a,b),!old`, as `metav1.FormatLabelSelector` writes it. */
export function formatSelector({ matchLabels = {}, matchExpressions = [] }: LabelSelector): string {
  const pairs = formatLabels(matchLabels)
  return [...(pairs === '' ? [] : [pairs]), ...matchExpressions.map(formatRequirement)].join(',')
}

function formatRequirement({ key, operator, values = [] }: LabelSelectorRequirement): string {
  const list = `(${values.toSorted().join(',')})`
  const texts = { In: `${key} in ${list}`, NotIn: `${key} notin ${list}`, Exists: key, DoesNotExist: `!${key}` }
  return texts[operator]
}
