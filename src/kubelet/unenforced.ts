import type { Container, Pod } from '../api/core.ts'

/** Fields of a securityContext that change what a program may do, and that a program of the machine runs without. */
const FIELDS: readonly string[] = [
  'allowPrivilegeEscalation',
  'appArmorProfile',
  'capabilities',
  'fsGroup',
  'privileged',
  'procMount',
  'readOnlyRootFilesystem',
  'seLinuxOptions',
  'seccompProfile',
  'supplementalGroups',
  'sysctls',
]

/** What of a container's limits a program of the machine does not feel, a sentence each. */
export function unenforced(pod: Pod, container: Container): readonly string[] {
  const given = new Set([
    ...Object.keys(pod.spec.securityContext ?? {}),
    ...Object.keys(container.securityContext ?? {}),
  ])
  const fields = FIELDS.filter((field) => given.has(field))
  const limits = Object.keys(container.resources?.limits ?? {})
  return [
    ...(fields.length === 0 ? [] : [`its securityContext is not applied: ${fields.join(', ')}`]),
    ...(limits.length === 0 ? [] : [`its limits are not applied: ${limits.join(', ')}`]),
  ]
}

/** Why a container may not be created: root against runAsNonRoot. */
export function rootProblem(pod: Pod, { name, securityContext = {} }: Container): string | undefined {
  const own = pod.spec.securityContext ?? {}
  const user = securityContext.runAsUser ?? own.runAsUser
  const nonRoot = securityContext.runAsNonRoot ?? own.runAsNonRoot
  if (nonRoot !== true || user !== 0) return undefined
  const { namespace = 'default', uid = '' } = pod.metadata
  return `container's runAsUser breaks non-root policy (pod: "${pod.metadata.name}_${namespace}(${uid})", container: ${name})`
}
