import { NetworkRefusal, type RunningNetwork } from '../../cluster/control/client.ts'
import type { QueryLine } from '../../cluster/control/dns-queries.ts'
import { queryText } from '../../explain/report/query.ts'
import { UsageError, type Context } from '../context.ts'
import { count, type Format } from '../format.ts'
import { networkName, requireNetwork } from '../network-name.ts'
import { podPlace } from '../pod-place.ts'

export interface LogOptions {
  readonly name?: string
  readonly from?: string
  readonly format: Format
}

/** `portolan dns log`: a line for each question, in JSON an object, until a signal comes or the network ends. */
export async function runLog(names: readonly string[], options: LogOptions, context: Context): Promise<number> {
  const network = networkName(options.name, context)
  const running = await requireNetwork(network)
  const stopped = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => stopped.abort())
  // Whoever read the output has had enough of it.
  context.stdout.once('error', () => stopped.abort())
  const show = (line: QueryLine): void => {
    if ('missed' in line)
      context.stderr.write(`${count(line.missed, 'line')} left out: they came faster than they are read\n`)
    else context.stdout.write(`${options.format === 'json' ? JSON.stringify(line) : queryText(line)}\n`)
  }
  const begun = (): void => void context.stderr.write(`the questions to the DNS of ${network}; Ctrl-C ends it\n`)
  const from = options.from === undefined ? {} : { from: await askerOf(options.from, running) }
  await running.followQueries({ names, ...from }, show, begun, stopped.signal).catch((error: Error) => {
    if (stopped.signal.aborted) return
    if (!(error instanceof NetworkRefusal)) throw error
    throw new UsageError(options.from === undefined ? error.message : `--from ${options.from}: ${error.message}`)
  })
  if (!stopped.signal.aborted) context.stderr.write(`network ${network} has ended\n`)
  return 0
}

/** As the network takes it. */
async function askerOf(text: string, network: RunningNetwork): Promise<string> {
  if (text.startsWith('node/') || text.endsWith('/')) return text
  const { namespace, name } = await podPlace(text, 'default', network)
  return `${namespace}/${name}`
}
