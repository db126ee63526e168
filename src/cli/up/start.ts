import { connectNetwork } from '../../cluster/control-client.ts'
import type { ClusterOptions } from '../../cluster/options.ts'
import {
  createStateDirectory,
  lockNetwork,
  removeStateDirectory,
  stateDirectory,
} from '../../cluster/state-directory.ts'
import { MachineError, type Context } from '../context.ts'
import { count } from '../format.ts'
import { detach } from './detach.ts'
import { dnsUpstreams, waitTime, type UpOptions } from './options.ts'
import { createProgress } from './progress.ts'
import { runForeground } from './foreground.ts'

/** `up`: start the network of that name, or apply the files to it where it runs already. */
export async function startUp(
  files: readonly string[],
  options: UpOptions,
  cluster: ClusterOptions,
  context: Context,
): Promise<number> {
  const [wait, upstreams] = [waitTime(options), dnsUpstreams(options)]
  if (options.dryRun === true) return dryRun(files, cluster, context)
  if (process.platform !== 'linux') {
    throw new MachineError(`networks need Linux, this is ${process.platform}: "portolan doctor" says what to do`)
  }
  const directory = stateDirectory(cluster.name)
  if (options.detach === true && process.send === undefined) return detach(context)
  const lock = await lockNetwork(directory)
  if (lock === undefined) return (await import('./apply.ts')).applyToRunning(files, cluster, wait, context)
  try {
    createStateDirectory(directory)
    return await runForeground({
      files,
      cluster,
      directory,
      wait,
      upstreams,
      progress: createProgress(context),
      context,
    })
  } finally {
    removeStateDirectory(directory)
    lock.close()
  }
}

async function dryRun(files: readonly string[], cluster: ClusterOptions, context: Context): Promise<number> {
  const running = await connectNetwork(cluster.name)
  const { loadManifests } = await import('./load.ts')
  const loaded = await loadManifests(files, cluster, context)
  if (loaded === undefined) return 2
  const verb = running === undefined ? 'started' : 'applied'
  context.stdout.write(`${count(loaded.values.length, 'object')} would be ${verb}\n`)
  return 0
}
