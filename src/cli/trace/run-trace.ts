import { hasErrors } from '../../manifest/diagnostic.ts'
import { traceReport } from '../../explain/report/trace.ts'
import { EXIT_CODES, type Trace } from '../../explain/trace/report.ts'
import { parseRequest, traceManifest } from '../../explain/trace/static.ts'
import { UsageError, type Context } from '../context.ts'
import { formatDiagnostic } from '../../manifest/format.ts'
import { readManifests, type ReadManifests } from '../read-manifests.ts'
import { styleOf, type StyleOptions } from './style.ts'

export interface TraceCommandOptions extends StyleOptions {
  readonly name?: string
  readonly namespace: string
  readonly format: 'text' | 'json'
  readonly rules?: boolean
  readonly packets?: boolean
  readonly kubeconfig?: string
  readonly context?: string
}

/** The exit code: that of the verdict. */
export async function runTrace(
  from: string,
  to: string,
  files: readonly string[],
  options: TraceCommandOptions,
  context: Context,
): Promise<number> {
  const request = parseRequest(from, to)
  if (typeof request === 'string') throw new UsageError(request)
  const { namespace } = options
  if (options.kubeconfig !== undefined || options.context !== undefined) {
    refuseBeside(files, options)
    const { traceCluster } = await import('./cluster.ts')
    return print(await traceCluster(request, options, context), new Map(), options, context)
  }
  if (files.length === 0) {
    const { traceRunning } = await import('./live.ts')
    const { trace, texts } = await traceRunning(request, options, context)
    return print(trace, texts, options, context)
  }
  const live = liveOption(options)
  if (live !== undefined) {
    throw new UsageError(
      `${live} shows the rules of a running network: start one with "portolan up", and name no files`,
    )
  }
  const read = await readManifests(files, context)
  tellUnreadable(read, context)
  return print(traceManifest(read.manifest, request, { namespace }), read.texts, options, context)
}

/** An option that only a running network can answer. */
function liveOption({ rules, packets }: TraceCommandOptions): string | undefined {
  return rules === true ? '--rules' : packets === true ? '--packets' : undefined
}

function refuseBeside(files: readonly string[], options: TraceCommandOptions): void {
  const other = files.length > 0 ? 'files' : options.name !== undefined ? '--name' : liveOption(options)
  if (other !== undefined) throw new UsageError(`--kubeconfig and --context ask a real cluster: leave ${other} out`)
}

function print(trace: Trace, texts: ReadManifests['texts'], options: TraceCommandOptions, context: Context): number {
  const text =
    options.format === 'json'
      ? `${JSON.stringify(trace, null, 2)}\n`
      : traceReport(trace, styleOf(options, context), texts)
  context.stdout.write(text)
  return EXIT_CODES[trace.verdict]
}

/** What cannot be read may be what the connection needs: it is told, and the trace goes on with the rest. */
function tellUnreadable({ manifest, texts }: ReadManifests, context: Context): void {
  if (!hasErrors(manifest.diagnostics)) return
  for (const diagnostic of manifest.diagnostics.filter(({ severity }) => severity === 'error')) {
    context.stderr.write(`${formatDiagnostic(diagnostic, texts.get(diagnostic.file))}\n`)
  }
}
