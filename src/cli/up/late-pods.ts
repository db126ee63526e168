import { readFileSync } from 'node:fs'
import { connectNetwork } from '../../cluster/control/client.ts'
import type { PodSummary } from '../../cluster/control/status.ts'
import { count } from '../format.ts'

const [MOST_PODS, MOST_LINES] = [5, 12]

/** Which Pods are not ready and why, with the end of what they printed: their logs end with the network. */
export async function latePods(name: string): Promise<readonly string[]> {
  const network = await connectNetwork(name)
  if (network === undefined) return []
  const { pods } = await network.status()
  const late = pods.filter(({ ready, phase }) => !ready && phase !== 'Succeeded' && phase !== 'Terminating')
  const told = late.slice(0, MOST_PODS).map(async (pod) => {
    // A Pod whose container has not begun has no log.
    const path = await network.logFile({ namespace: pod.namespace, pod: pod.name }).catch(() => undefined)
    return lateText(pod, path === undefined ? '' : readLog(path))
  })
  const more = late.length - MOST_PODS
  return [...(await Promise.all(told)), ...(more > 0 ? [`and ${count(more, 'Pod')} more`] : [])]
}

function readLog(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

export function lateText(
  pod: Pick<PodSummary, 'namespace' | 'name' | 'phase' | 'reason' | 'message'>,
  log: string,
): string {
  const why = [pod.reason || pod.phase, pod.message].filter((part) => part !== undefined && part !== '')
  const lines = log.split('\n').filter((line) => line.trim() !== '')
  const shown = lines.slice(-MOST_LINES).map((line) => `\n  | ${line}`)
  return `Pod ${pod.namespace}/${pod.name} is not ready: ${[...new Set(why)].join(': ')}${shown.join('')}`
}
