import { createReadStream, statSync, watch } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import type { Command } from '../command.ts'
import { UsageError, type Context } from '../context.ts'
import { nameOption, networkName, requireNetwork } from '../network-name.ts'

interface LogsOptions {
  readonly name?: string
  readonly namespace: string
  readonly container?: string
  readonly previous?: boolean
  readonly follow?: boolean
}

export const logs: Command = {
  name: 'logs',
  register(program, context, exit) {
    program
      .command('logs')
      .description("print a container's output")
      .argument('<pod>', 'POD or NAMESPACE/POD')
      .addOption(nameOption())
      .option('-n, --namespace <namespace>', 'the namespace of the Pod', 'default')
      .option('-c, --container <container>', 'the container (default: the first)')
      .option('-p, --previous', 'the run before the last restart')
      .option('-f, --follow', 'go on as long as output comes')
      .action((pod: string, options: LogsOptions) => exit(print(pod, options, context)))
  },
}

async function print(target: string, options: LogsOptions, context: Context): Promise<number> {
  const network = await requireNetwork(networkName(options.name, context))
  const [namespace, pod] = target.includes('/') ? target.split('/', 2) : [options.namespace, target]
  const query = {
    namespace: namespace ?? '',
    pod: pod ?? '',
    ...(options.container === undefined ? {} : { container: options.container }),
    ...(options.previous === true ? { previous: '' } : {}),
  }
  const path = await network.logFile(query).catch((error: Error) => {
    throw new UsageError(error.message)
  })
  const end = await copy(path, 0, context)
  if (options.follow === true) await follow(path, end, context)
  return 0
}

/** Prints from `start` on; the position reached. */
async function copy(path: string, start: number, context: Context): Promise<number> {
  const stream = createReadStream(path, { start })
  try {
    await pipeline(stream, context.stdout, { end: false })
  } catch (error) {
    // No file: the container has not been started.
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
  }
  return start + stream.bytesRead
}

async function follow(path: string, start: number, context: Context): Promise<void> {
  let position = start
  let copying = Promise.resolve()
  await new Promise<void>((resolve) => {
    const watcher = watch(path, () => {
      copying = copying.then(async () => {
        position = await copy(path, position, context)
        // Removed: the Pod is gone.
        if (statSync(path, { throwIfNoEntry: false }) === undefined) {
          watcher.close()
          resolve()
        }
      })
    })
    process.once('SIGINT', () => resolve())
  })
  await copying
}
