import { formatTable } from './table.ts'

/** A Pod as `status` shows it. */
export interface PodLine {
  readonly namespace: string
  readonly name: string
  readonly node: string
  readonly ip: string
  /** Of each family; `ip` is the first. */
  readonly ips: readonly string[]
  readonly phase: string
  readonly ready: boolean
  readonly restarts: number
  /** Why it is not running, or what is not as in a real Pod: Kubernetes' word, or a sentence. */
  readonly reason: string
  /** What runs in each container: `stand-in` or `host-program`. */
  readonly runs: readonly string[]
  readonly images: readonly string[]
}

export function podsReport(pods: readonly PodLine[]): string {
  if (pods.length === 0) return 'no Pods\n'
  const rows = pods.map((pod) => [
    `${pod.namespace}/${pod.name}`,
    pod.ready ? 'ready' : 'not ready',
    pod.reason === '' || pod.ready ? pod.phase : `${pod.phase}: ${pod.reason}`,
    String(pod.restarts),
    pod.ips.join(', '),
    pod.node,
    runsText(pod),
  ])
  return formatTable([['POD', 'READY', 'PHASE', 'RESTARTS', 'ADDRESS', 'NODE', 'RUNS'], ...rows])
}

/** A stand-in is always called one. */
function runsText({ runs, images }: PodLine): string {
  return runs
    .map((what) => (what === 'stand-in' && images.length > 0 ? `stand-in for ${images.join(', ')}` : what))
    .join(', ')
}
