import { startContainerProbes } from './probe/container-probes.ts'
import { failureText, probeOf, type ProbeKind } from './probe/probe.ts'
import { endContainer } from './stop-container.ts'
import type { Run, WorkerState } from './worker-state.ts'

/** Probes a container from now on, and ends it where its probes want that. */
export function beginProbes(worker: WorkerState, run: Run): void {
  const { clock, prober } = worker.dependencies
  const { container, sandbox, child, change } = run
  const { name } = container
  const probes = startContainerProbes(container, {
    clock,
    attempt: (_kind, probe) => prober.probe({ pod: worker.pod, container, sandbox, child }, probe),
    listener: {
      started: () => change({ started: true }),
      ready: (ready) => change({ ready }),
      failed: (kind) => endFailed(worker, run, kind),
      unhealthy(kind, message) {
        const text = failureText(kind, message)
        worker.dependencies.recordEvent(worker.pod, {
          type: 'Warning',
          reason: 'Unhealthy',
          message: text,
          container: name,
        })
        change({ unhealthy: { ...worker.records.get(name)?.unhealthy, [kind]: firstLine(text) } })
      },
      healthy: (kind, { unanswered }) => noteSuccess(worker, run, kind, unanswered),
    },
  })
  worker.probes.set(name, probes)
  if (worker.stage !== 'running') probes.ending()
}

function noteSuccess({ records }: WorkerState, { container, change }: Run, kind: ProbeKind, what?: string): void {
  const { unhealthy, unanswered } = records.get(container.name) ?? {}
  if (unhealthy?.[kind] !== undefined) {
    const { [kind]: _healed, ...others } = unhealthy
    change({ unhealthy: others })
  }
  const key = `${kind} probe`
  if (what !== undefined && unanswered?.[key] !== what) change({ unanswered: { ...unanswered, [key]: what } })
}

function endFailed(worker: WorkerState, run: Run, kind: 'startup' | 'liveness'): void {
  const { pod, dependencies } = worker
  const { container, change } = run
  const { name } = container
  const next = pod.spec.restartPolicy === 'Never' ? '' : ', will be restarted'
  const message = `Container ${name} failed ${kind} probe${next}`
  dependencies.recordEvent(pod, { type: 'Normal', reason: 'Killing', message, container: name })
  change({ endedByProbe: true, ready: false })
  void endContainer(worker, run, probeOf(container, kind)?.terminationGracePeriodSeconds)
}

const LONGEST_LINE = 200

function firstLine(text: string): string {
  const [line = ''] = text.split('\n', 1)
  return line.length > LONGEST_LINE ? `${line.slice(0, LONGEST_LINE)}...` : line
}
