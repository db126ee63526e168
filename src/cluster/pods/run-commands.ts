import type { Container, Pod } from '../../api/core.ts'

/**
 * The command that `--run` gives a container. Keys are `[NS/]WORKLOAD[:CONTAINER]`, where the workload is the Pod or
 * what it came from: `web` matches the Pods of Deployment `web`. Without namespace `default` is meant, without container
 * the first one.
 */
export function findProgram(run: Readonly<Record<string, string>>, pod: Pod, container: Container): string | undefined {
  const names = new Set(workloadNames(pod))
  for (const [target, command] of Object.entries(run)) {
    const { namespace, workload, container: wanted } = parseRunTarget(target)
    if (namespace !== pod.metadata.namespace || !names.has(workload)) continue
    if ((wanted ?? pod.spec.containers[0]?.name) === container.name) return command
  }
  return undefined
}

export interface RunTarget {
  readonly namespace: string
  readonly workload: string
  readonly container: string | undefined
}

/** `[NS/]WORKLOAD[:CONTAINER]`. */
export function parseRunTarget(target: string): RunTarget {
  const [, namespace = 'default', workload = '', container] = /^(?:([^/]+)\/)?([^:]+)(?::(.+))?$/.exec(target) ?? []
  return { namespace, workload, container }
}

/** The Pod's own name, its controller's, and the Deployment's of a ReplicaSet (its name without the template's hash). */
function workloadNames(pod: Pod): readonly string[] {
  const owners = (pod.metadata.ownerReferences ?? []).map(({ name }) => name)
  const hash = pod.metadata.labels?.['pod-template-hash']
  const deployments = owners.flatMap((name) =>
    hash !== undefined && name.endsWith(`-${hash}`) ? name.slice(0, -hash.length - 1) : [],
  )
  return [pod.metadata.name, ...owners, ...deployments]
}
