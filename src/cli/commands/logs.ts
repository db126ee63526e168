import { once } from 'node:events'
import { createReadStream, statSync, watch } from 'node:fs'
import type { Command } from '../command.ts'
import { UsageError, type Context } from '../context.ts'
import { nameOption, networkName, requireNetwork } from '../network-name.ts'
import { podHint, podPlace } from '../pod-place.ts'

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
      .argument('<pod>', 'POD, NAMESPACE/POD, or what makes Pods: deploy/NAME')
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
  const place = await podPlace(target, options.namespace, network)
  const { namespace, name: pod, others } = place
  if (others > 0) context.stderr.write(`note: ${target} has ${others + 1} Pods: this is ${pod}\n`)
  const query = {
    namespace,
    pod,
    ...(options.container === undefined ? {} : { container: options.container }),
    ...(options.previous === true ? { previous: '' } : {}),
  }
  const path = await network.logFile(query).catch(async (error: Error) => {
    throw new UsageError(`${error.message}${await podHint(place, network)}`)
  })
  const end = await copy(path, 0, context)
  if (options.follow === true) await follow(path, end, context)
  return 0
}

/** Prints from `start` on; the position reached. */
async function copy(path: string, start: number, { stdout }: Context): Promise<number> {
  const stream = createReadStream(path, { start })
  try {
    for await (const chunk of stream) if (!stdout.write(chunk)) await once(stdout, 'drain')
  } catch (error) {
    // No file: the container has not been started.
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
  }
  return start + stream.bytesRead
}

/** Until the Pod is gone; throws where whoever read the output has had enough of it. */
async function follow(path: string, start: number, context: Context): Promise<void> {
  let position = start
  let copying = Promise.resolve()
  const stopped = new AbortController()
  const over = new Promise<void>((resolve, reject) => {
    const more = async (): Promise<void> => {
      position = await copy(path, position, context)
      if (statSync(path, { throwIfNoEntry: false }) === undefined) resolve()
    }
    watch(path, { signal: stopped.signal }, () => {
      copying = copying.then(more)
      copying.catch(reject)
    })
    process.once('SIGINT', resolve)
    context.stdout.once('error', reject)
  })
  try {
    await over
    await copying
  } finally {
    stopped.abort()
  }
}
