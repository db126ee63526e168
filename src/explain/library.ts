/**
 * The library: manifests in, plain records and pictures out. It reads no file and no clock, so that it runs in a browser.
 *
 *     import { parseManifests, check, trace, chart } from 'portolan'
 *     const manifests = parseManifests([{ name: 'web.yaml', text }])
 *     check(manifests)
 *     trace(manifests, 'deploy/web', 'http://cart/')
 *     chart(manifests, { service: 'web', format: 'svg' })
 */
import { hasErrors } from '../manifest/diagnostic.ts'
import type { Manifest } from '../manifest/manifest.ts'
import { mergeManifests } from '../manifest/merge.ts'
import { parseManifest } from '../manifest/parse.ts'
import { buildChart } from './chart/build.ts'
import type { ChartModel } from './chart/model.ts'
import { DEFAULT_CONFIG, type CheckConfig } from './check/config.ts'
import type { Finding } from './check/finding.ts'
import { checkObjects } from './check/run-checks.ts'
import { printChart, type ChartFormat, type ChartKind } from './report/chart.ts'
import type { Trace } from './trace/report.ts'
import { manifestWorld, parseRequest, traceManifest, type TraceOptions } from './trace/static.ts'

export type { Manifest } from '../manifest/manifest.ts'
export type { Diagnostic } from '../manifest/diagnostic.ts'
export type { SourceRange } from '../manifest/source.ts'
export type { ChartModel, ServiceChart, PortChart, BackendChart } from './chart/model.ts'
export type { CheckConfig } from './check/config.ts'
export type { Finding, Fix, Edit, Severity } from './check/finding.ts'
export type { ChartFormat, ChartKind } from './report/chart.ts'
export type { Evidence, Hop, HopKind, HopStatus, Path, Symptom, Trace, Verdict } from './trace/report.ts'
export type { TraceOptions } from './trace/static.ts'

/** A text of manifests, YAML or JSON, under the name that places carry. */
export interface ManifestFile {
  readonly name: string
  readonly text: string
}

/** All of them as one set of objects. Never throws: what cannot be read is in `diagnostics`, with its place. */
export function parseManifests(files: readonly ManifestFile[]): Manifest {
  return mergeManifests(files.map(({ name, text }) => parseManifest(text, name)))
}

/** What `portolan check` says of the objects, the worst first. Comments that silence a rule are not looked at. */
export function check(manifest: Manifest, config: Partial<CheckConfig> = {}): readonly Finding[] {
  const unread = hasErrors(manifest.diagnostics)
  return checkObjects(manifest.objects, { config: { ...DEFAULT_CONFIG, ...config }, unread })
}

/**
 * What `portolan trace FROM TO` says of the manifests. Throws a RangeError, with one sentence, for a FROM or TO that is
 * none of the forms.
 */
export function trace(manifest: Manifest, from: string, to: string, options: TraceOptions = {}): Trace {
  const request = parseRequest(from, to)
  if (typeof request === 'string') throw new RangeError(request)
  return traceManifest(manifest, request, options)
}

export interface ChartOptions extends TraceOptions {
  /** `NAME` or `NAMESPACE/NAME`; every Service where absent. */
  readonly service?: string
  /** `flow` where absent. */
  readonly kind?: ChartKind
  /** `mermaid` where absent. */
  readonly format?: ChartFormat
  /** Columns of the terminal format; 100 where absent. */
  readonly width?: number
}

/** The chart as text in its format; empty where there is no Service to draw. */
export function chart(manifest: Manifest, options: ChartOptions = {}): string {
  const { kind = 'flow', format = 'mermaid', width = 100 } = options
  const model = chartModel(manifest, options)
  return printChart(model, { kind, format, style: { color: false, ascii: false, width } })
}

/** What charts are drawn from. */
export function chartModel(
  manifest: Manifest,
  options: Pick<ChartOptions, 'service' | 'namespace' | 'clusterDomain'> = {},
): ChartModel {
  const { service } = options
  return buildChart(manifestWorld(manifest, options), service === undefined ? {} : { service })
}
