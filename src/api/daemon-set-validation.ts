import type { DaemonSet, DaemonSetUpdateStrategy } from './apps.ts'
import { invalid, notSupported, required, type FieldError } from './field-error.ts'
import { validateObjectMeta } from './meta-validation.ts'
import { dnsSubdomain } from './syntax.ts'
import {
  validateCountOrPercentage,
  validateNotNegative,
  validateWorkloadSpec,
  validateWorkloadUpdate,
} from './workload-validation.ts'

export function validateDaemonSet(daemonSet: DaemonSet): readonly FieldError[] {
  return [...validateObjectMeta(daemonSet, dnsSubdomain, true), ...validateSpec(daemonSet)]
}

export function validateDaemonSetUpdate(daemonSet: DaemonSet, old: DaemonSet): readonly FieldError[] {
  return [...validateWorkloadUpdate(daemonSet, old), ...validateSpec(daemonSet)]
}

function validateSpec(daemonSet: DaemonSet): readonly FieldError[] {
  const { minReadySeconds, revisionHistoryLimit, updateStrategy = {} } = daemonSet.spec
  return [
    ...validateWorkloadSpec(daemonSet),
    ...validateNotNegative(['spec', 'minReadySeconds'], minReadySeconds),
    ...validateNotNegative(['spec', 'revisionHistoryLimit'], revisionHistoryLimit),
    ...validateUpdateStrategy(updateStrategy),
  ]
}

/** One of the two numbers is 0 and the other is not. */
function validateUpdateStrategy({
  type = 'RollingUpdate',
  rollingUpdate,
}: DaemonSetUpdateStrategy): readonly FieldError[] {
  const path = ['spec', 'updateStrategy']
  if (type === 'OnDelete') return []
  if (type !== 'RollingUpdate') return [notSupported([...path, 'type'], type, ['OnDelete', 'RollingUpdate'])]
  const { maxSurge = 0, maxUnavailable = 1 } = rollingUpdate ?? {}
  const inner = [...path, 'rollingUpdate']
  const errors = [
    ...validateCountOrPercentage([...inner, 'maxUnavailable'], maxUnavailable),
    ...validateCountOrPercentage([...inner, 'maxSurge'], maxSurge),
  ]
  const isZero = (value: unknown): boolean => value === 0 || value === '0%'
  if (isZero(maxSurge) && isZero(maxUnavailable)) {
    return [...errors, required([...inner, 'maxUnavailable'], 'cannot be 0 when maxSurge is 0')]
  }
  if (!isZero(maxSurge) && !isZero(maxUnavailable)) {
    return [...errors, invalid([...inner, 'maxSurge'], maxSurge, 'may not be set when maxUnavailable is non-zero')]
  }
  return errors
}
