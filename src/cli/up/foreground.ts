import type { Forwarding, OpenForwarding } from '../../cluster/dns/forwarding.ts'
import { startFront, type EngineEnd, type Front, type FrontEvents } from '../../cluster/front.ts'
import type { ClusterOptions } from '../../cluster/options.ts'
import type { StateDirectory } from '../../cluster/state/state-directory.ts'
import type { NetworkStatus } from '../../cluster/control/status.ts'
import { deferred } from '../../lib/deferred.ts'
import { MachineError, UsageError, type Context } from '../context.ts'
import { rememberFiles } from '../trace/remember-files.ts'
import { allWritten, tellParent } from './detach.ts'
import { manifestFindings, NO_FINDINGS, type ManifestFindings } from './findings.ts'
import type { Interrupts } from './interrupts.ts'
import type { Progress } from './progress.ts'
import { chainWarnings, differences, listenerNotes, networkReport, podWarnings } from './report.ts'

export interface ForegroundOptions {
  readonly files: readonly string[]
  readonly cluster: ClusterOptions
  readonly directory: StateDirectory
  /** Milliseconds to wait for Pods; undefined: not at all. */
  readonly wait: number | undefined
  readonly forwarding: Forwarding
  /** An `up -d` waits to hear that the network is ready. */
  readonly detached: boolean
  /** Print what is suspicious in the manifests. */
  readonly check: boolean
  readonly interrupts: Interrupts
  readonly progress: Progress
  readonly context: Context
}

const EXIT_INTERRUPTED = 130

/** Undefined where nobody is asked: then the engine's queries fail at once. Loaded while the engine starts. */
async function openUpstream(forwarding: Forwarding, context: Context): Promise<OpenForwarding | undefined> {
  const { servers, stubs, hosts } = forwarding
  if (servers.length === 0 && stubs.size === 0 && hosts === undefined) return undefined
  const { openForwarding } = await import('../../cluster/dns/forwarding.ts')
  const onError = (error: unknown): void => void context.stderr.write(`DNS upstream: ${String(error)}\n`)
  const onLoop = (): void =>
    void context.stderr.write('DNS upstream: it leads back to this network: nothing is asked there\n')
  return openForwarding(forwarding, { onLoop, onError, probesLoop: true })
}

/** Runs a network until it is told to stop. The exit code of `up`. */
export async function runForeground(options: ForegroundOptions): Promise<number> {
  const { directory, progress, forwarding, cluster, files, interrupts, context } = options
  const ready = deferred<NetworkStatus>()
  const podsReady = deferred<void>()
  const front = begin(directory, {
    step: progress.step,
    ready: ready.resolve,
    podsReady: () => podsReady.resolve(),
  })
  interrupts.end(front)
  try {
    // Loaded while the engine starts: the parser takes as long as a good part of that.
    const { loadManifests } = await import('./load.ts')
    const loaded = await Promise.race([loadManifests(files, cluster, context), interrupts.first])
    if (loaded === 'interrupted') return EXIT_INTERRUPTED
    if (loaded === undefined) return 2
    rememberFiles(directory.path, files, context)
    front.run(cluster, loaded.values, await openUpstream(forwarding, context))
    const state = await Promise.race([ready.promise, front.ended, interrupts.first])
    if (state === 'interrupted') return EXIT_INTERRUPTED
    if ('kind' in state) return endOf(state, options)
    const findings = options.check ? await manifestFindings(loaded.objects) : NO_FINDINGS
    announce(state, findings, options)
    const waited = await waitForPods(options, podsReady.promise, Promise.race([front.ended, interrupts.first]))
    if (waited === 'late') {
      const { latePods } = await import('./late-pods.ts')
      for (const text of await latePods(cluster.name)) progress.say(text)
      progress.say(`not every Pod is ready after ${(options.wait ?? 0) / 1000} s: the network is stopped`)
      return 1
    }
    if (waited === 'ended') return endOf(await front.ended, options) || EXIT_INTERRUPTED
    if (options.detached) await allWritten(context)
    interrupts.ignoreParent()
    if (options.detached) tellParent()
    return endOf(await front.ended, options)
  } finally {
    front.kill()
    await front.ended
  }
}

function begin(directory: StateDirectory, events: FrontEvents): Front {
  try {
    return startFront(directory, events)
  } catch (error) {
    throw machineError(error instanceof Error ? error.message : String(error))
  }
}

const machineError = (message: string): MachineError =>
  new MachineError(`${message}\n"portolan doctor" says what this machine lacks`)

function announce(
  status: NetworkStatus,
  { lines, codes }: ManifestFindings,
  { progress, detached, context }: ForegroundOptions,
): void {
  progress.say(`network ${status.name}: ready ${(progress.elapsed() / 1000).toFixed(2)} s after the command`)
  for (const note of [...listenerNotes(status.listeners), ...differences(status)]) progress.say(`note: ${note}`)
  for (const warning of [...lines, ...podWarnings(status), ...chainWarnings(status, codes)])
    progress.say(`warning: ${warning}`)
  context.stdout.write(`\n${networkReport(status)}`)
  if (!detached) progress.say('\nCtrl-C stops it')
}

async function waitForPods(
  { wait }: ForegroundOptions,
  podsReady: Promise<void>,
  ended: Promise<unknown>,
): Promise<'ready' | 'late' | 'ended'> {
  if (wait === undefined) return 'ready'
  const timer = deferred<'late'>()
  const timeout = setTimeout(() => timer.resolve('late'), wait)
  const result = await Promise.race([
    podsReady.then(() => 'ready' as const),
    ended.then(() => 'ended' as const),
    timer.promise,
  ])
  clearTimeout(timeout)
  return result
}

function endOf(end: EngineEnd, { cluster, progress, interrupts }: ForegroundOptions): number {
  if (interrupts.wasForced()) {
    progress.say('network ended at once, nothing is left')
    return 0
  }
  if (end.kind === 'stopped') {
    progress.say(`network stopped, ${leftOf(cluster)}`)
    return 0
  }
  if (end.cause === 'machine') throw machineError(end.message)
  if (end.cause === 'usage') throw new UsageError(end.message)
  progress.say(`portolan: ${end.message}`)
  if (end.cause === 'killed') progress.say(`${leftOf(cluster)}: the same command starts the network again`)
  return 1
}

function leftOf({ state }: ClusterOptions): string {
  return state === undefined ? 'nothing is left' : `its state is in ${state}`
}
