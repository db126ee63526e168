import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { buildChart } from '../../explain/chart/build.ts'
import type { ChartModel } from '../../explain/chart/model.ts'
import { chartPods, withSockets } from '../../explain/chart/sockets.ts'
import { printChart, type ChartFormat, type ChartKind } from '../../explain/report/chart.ts'
import { blockHint, replaceBlock } from '../../explain/report/chart-block.ts'
import { manifestWorld } from '../../explain/trace/static.ts'
import type { World } from '../../explain/trace/world.ts'
import { hasErrors } from '../../manifest/diagnostic.ts'
import { formatDiagnostic } from '../../manifest/format.ts'
import { suggest } from '../../manifest/suggest.ts'
import { UsageError, type Context } from '../context.ts'
import { readManifests } from '../read-manifests.ts'
import { readText } from '../read-text.ts'
import { styleOf, type StyleOptions } from '../trace/style.ts'

export interface ChartCommandOptions extends StyleOptions {
  readonly name?: string
  readonly namespace: string
  readonly service?: string
  readonly kind: ChartKind
  readonly format?: Exclude<ChartFormat, 'terminal'> | 'text'
  readonly check?: string
  readonly update?: string
  readonly block?: string
}

export async function runChart(
  files: readonly string[],
  options: ChartCommandOptions,
  context: Context,
): Promise<number> {
  const { check, update } = options
  if (check !== undefined && update !== undefined) throw new UsageError('--check and --update: choose one')
  const model =
    files.length === 0
      ? await runningModel(options, context)
      : modelOf(await fileWorld(files, options, context), options.service)
  const isFile = check ?? update
  if (isFile !== undefined) return keepTrue(isFile, model, options, context)
  const isTerminal = 'isTTY' in context.stdout && context.stdout.isTTY === true
  const wanted = options.format ?? (isTerminal ? 'text' : 'mermaid')
  const format = wanted === 'text' ? 'terminal' : wanted
  context.stdout.write(printChart(model, { kind: options.kind, format, style: styleOf(options, context) }))
  return 0
}

async function fileWorld(
  files: readonly string[],
  { namespace }: ChartCommandOptions,
  context: Context,
): Promise<World> {
  const { manifest, texts } = await readManifests(files, context)
  if (hasErrors(manifest.diagnostics)) {
    for (const diagnostic of manifest.diagnostics.filter(({ severity }) => severity === 'error')) {
      context.stderr.write(`${formatDiagnostic(diagnostic, texts.get(diagnostic.file))}\n`)
    }
  }
  return manifestWorld(manifest, { namespace })
}

function modelOf(world: World, service: string | undefined): ChartModel {
  const model = buildChart(world, service === undefined ? {} : { service })
  if (model.services.length === 0) throw new UsageError(nothingToDraw(world, service))
  return model
}

/** Looking at the sockets of a Pod takes a moment: beyond this many, what is declared has to do. */
const MOST_PODS = 64

/** With what listens in the Pods. */
async function runningModel(options: ChartCommandOptions, context: Context): Promise<ChartModel> {
  const { networkWorld } = await import('../trace/network-world.ts')
  const { world, network } = await networkWorld(options, context)
  const model = modelOf(world, options.service)
  const pods = chartPods(model)
  if (pods.length === 0 || pods.length > MOST_PODS) return model
  const { sockets } = await network.trace({ from: 'outside', names: [], protocol: 'TCP', dials: [], direct: [], pods })
  return withSockets(model, sockets)
}

function nothingToDraw({ context }: World, service: string | undefined): string {
  if (service === undefined) return 'there is no Service to draw'
  const names = context.services.map(({ name }) => name)
  const near = suggest(service, names)
  return `--service ${service}: there is no such Service${near === undefined ? '' : `: did you mean ${near}?`}`
}

function keepTrue(file: string, model: ChartModel, options: ChartCommandOptions, context: Context): number {
  if (options.format !== undefined && options.format !== 'mermaid') {
    throw new UsageError(`--format ${options.format}: a Markdown file takes mermaid`)
  }
  const path = resolve(context.workingDirectory, file)
  const content = printChart(model, {
    kind: options.kind,
    format: 'mermaid',
    style: styleOf(options, context),
    fenced: true,
  })
  const change = replaceBlock(readText(file, context), options.block, content)
  if (change === undefined)
    throw new UsageError(`${file}: no chart block: write ${blockHint(options.block)} where it is to stand`)
  if (!change.stale) {
    context.stderr.write(`${file}: the chart is true\n`)
    return 0
  }
  if (options.check !== undefined) {
    context.stderr.write(`${file}: the chart is out of date: run the same with --update\n`)
    return 1
  }
  writeFileSync(path, change.text)
  context.stderr.write(`${file}: chart updated\n`)
  return 0
}
