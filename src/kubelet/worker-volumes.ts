import type { Container, Volume } from '../api/core.ts'
import { API_ACCESS_VOLUME } from '../api/volumes.ts'
import type { Mount } from '../host/mounts.ts'
import type { ContainerEnv } from '../model/container-env.ts'
import type { PodSandbox } from './container-runtime.ts'
import { containerMounts } from './volumes/container-mounts.ts'
import { volumePayload, type PayloadSource } from './volumes/payload.ts'
import { createPodVolumes, type PodVolumes, type PreparedVolumes } from './volumes/pod-volumes.ts'
import { createProjectedTokens } from './volumes/projected-tokens.ts'
import type { WorkerState } from './worker-state.ts'

interface Mounting {
  readonly mounts: readonly Mount[]
  readonly stage?: string
  readonly notes: readonly string[]
}

const NOTHING: Mounting = { mounts: [], notes: [] }

/**
 * What a container is to see of the Pod's volumes, or why it has to wait: no container starts before all volumes are
 * there. A stand-in sees none, but waits for the same objects, but for what the API server adds to every Pod.
 */
export function mountsOf(
  worker: WorkerState,
  container: Container,
  sandbox: PodSandbox,
  resolved: ContainerEnv,
): Mounting | { readonly problem: string } {
  const { pod, dependencies } = worker
  const { volumes = [] } = pod.spec
  const seesFiles = dependencies.runtime.seesFiles(pod, container)
  if (seesFiles ? volumes.length === 0 : volumes.every(isApiAccess)) return NOTHING
  const source = seesFiles ? sourceOf(worker, sandbox) : unreadSource(worker, sandbox)
  const problems = missingObjects(source)
  if (problems.length > 0) return refuse(worker, problems.join('; '))
  if (!seesFiles) return NOTHING
  worker.volumes ??= createPodVolumes(pod, dependencies.volumeFolders)
  const prepared = prepare(worker.volumes, source)
  if (prepared.problems.length > 0) return refuse(worker, prepared.problems.join('; '))
  const mounts = containerMounts(container, prepared, resolved.env)
  if (typeof mounts === 'string') return refuse(worker, mounts)
  const names = [...new Set((container.volumeMounts ?? []).map(({ name }) => name))]
  const notes = names.flatMap((name) => (prepared.notes.get(name) ?? []).map((note) => `volume ${name}: ${note}`))
  if (mounts.length === 0) return { mounts, notes }
  return { mounts, notes, stage: worker.volumes.stage(container.name) }
}

const isApiAccess = ({ name }: Volume): boolean => name.startsWith(API_ACCESS_VOLUME)

/** What volumes show of objects and of the Pod is brought up to date, while containers run. */
export function refreshVolumes(worker: WorkerState): void {
  const { sandbox, volumes, sandboxRemoved } = worker
  if (sandbox === undefined || volumes === undefined || sandboxRemoved) return
  prepare(volumes, sourceOf(worker, sandbox))
}

function sourceOf(worker: WorkerState, addresses: PodSandbox): PayloadSource {
  const { pod, dependencies } = worker
  worker.tokens ??= createProjectedTokens(
    dependencies.clock,
    (wish) => dependencies.serviceAccountToken(worker.pod, wish),
    () => refreshVolumes(worker),
  )
  return { pod, snapshot: dependencies.snapshot(), addresses, tokenFor: worker.tokens.tokenFor }
}

/** For whom nothing is written, no token is signed. */
function unreadSource({ pod, dependencies }: WorkerState, addresses: PodSandbox): PayloadSource {
  return { pod, snapshot: dependencies.snapshot(), addresses, tokenFor: () => '' }
}

function prepare(volumes: PodVolumes, source: PayloadSource): PreparedVolumes {
  try {
    return volumes.prepare(source)
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error)
    return { volumes: new Map(), absent: new Set(), notes: new Map(), problems: [problem] }
  }
}

function missingObjects(source: PayloadSource): readonly string[] {
  return (source.pod.spec.volumes ?? []).flatMap((volume) =>
    (volumePayload(volume, source)?.problems ?? []).map(
      (problem) => `MountVolume.SetUp failed for volume "${volume.name}" : ${problem}`,
    ),
  )
}

function refuse({ dependencies, pod }: WorkerState, problem: string): { readonly problem: string } {
  dependencies.recordEvent(pod, { type: 'Warning', reason: 'FailedMount', message: problem })
  return { problem }
}
