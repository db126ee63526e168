import { accessSync, constants, statSync } from 'node:fs'
import { connectNetwork } from '../../cluster/control/client.ts'
import type { ClusterOptions } from '../../cluster/options.ts'
import {
  createStateDirectory,
  makeFolder,
  removeStateDirectory,
  stateDirectory,
} from '../../cluster/state/state-directory.ts'
import { MachineError, UsageError, type Context } from '../context.ts'
import { count } from '../format.ts'
import { detach } from './detach.ts'
import { watchInterrupts } from './interrupts.ts'
import { clusterOptions, dnsForwarding, type UpOptions } from './options.ts'
import { findPlace } from './place.ts'
import { createProgress } from './progress.ts'
import { runForeground } from './foreground.ts'
import { refuseOtherOptions, rememberOptions, startedOptions, type GivenOptions } from './start-options.ts'
import { waitTime } from './wait-time.ts'

/** `up`: start the network of that name, or apply the files to it where it runs already. */
export async function startUp(
  files: readonly string[],
  options: UpOptions,
  cluster: ClusterOptions,
  given: GivenOptions,
  context: Context,
): Promise<number> {
  const [wait, forwarding] = [waitTime(options), dnsForwarding(options, context)]
  const { check } = options
  if (options.dryRun === true) return dryRun(files, options, cluster, context)
  if (process.platform !== 'linux') {
    throw new MachineError(
      `networks need Linux, this is ${process.platform}\n"portolan doctor" says what this machine lacks`,
    )
  }
  const directory = stateDirectory(cluster.name)
  const detached = options.detach === true
  if (detached && process.send === undefined) return detach(context)
  const place = await findPlace(cluster.name, options.name === undefined ? context.workingDirectory : undefined)
  // With the next name.
  if (place.kind === 'taken') return startUp(files, options, clusterOptions(options, context), given, context)
  if (place.kind === 'running') {
    refuseOtherOptions(directory.path, cluster.name, given)
    return (await import('./apply.ts')).applyToRunning(place.network, directory.path, files, { wait, check }, context)
  }
  const interrupts = watchInterrupts(detached)
  try {
    usable(() => createStateDirectory(directory, context.workingDirectory))
    rememberOptions(directory.path, options)
    if (cluster.state !== undefined) makeStateFolder(cluster.state)
    const progress = createProgress(context)
    const parts = { files, cluster, directory, wait, check, forwarding, detached, interrupts, progress, context }
    return await runForeground(parts).finally(() => removeStateDirectory(directory))
  } finally {
    place.lock.close()
    interrupts.stop()
  }
}

/** Of `--state`: it holds the key of the API server, so that nobody else may read it. */
function makeStateFolder(path: string): void {
  try {
    makeFolder(path)
    if (!statSync(path).isDirectory()) throw new Error('it is no folder')
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch (error) {
    throw new UsageError(`--state ${path}: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function usable(makeFolder: () => void): void {
  try {
    makeFolder()
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

async function dryRun(
  files: readonly string[],
  options: UpOptions,
  cluster: ClusterOptions,
  context: Context,
): Promise<number> {
  const running = await connectNetwork(cluster.name)
  const { loadManifests } = await import('./load.ts')
  const started = running === undefined ? options : startedOptions(cluster.stateDirectory, options)
  const loaded = await loadManifests(files, clusterOptions(started, context), context)
  if (loaded === undefined) return 2
  const verb = running === undefined ? 'started' : 'applied'
  context.stdout.write(`${count(loaded.values.length, 'object')} would be ${verb}\n`)
  return 0
}
