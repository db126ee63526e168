/** Every kind of chart in every format, from one model. */
import { serviceGraph } from '../chart/graph.ts'
import { serviceTitle, type ChartModel, type ServiceChart } from '../chart/model.ts'
import { dnsSequence, requestSequence, type Sequence } from '../chart/sequence.ts'
import { textFlow, textSequence } from './chart-text.ts'
import { fitsRenderers, mermaidFlowchart, mermaidSequence } from './mermaid.ts'
import { svgSequence } from './svg-parts.ts'
import { svgFlow } from './svg.ts'
import type { Style } from './trace-style.ts'

export type ChartKind = 'flow' | 'sequence' | 'dns'
export type ChartFormat = 'mermaid' | 'svg' | 'terminal' | 'json'

export interface ChartOptions {
  readonly kind: ChartKind
  readonly format: ChartFormat
  /** Of a terminal; ASCII and colour mean nothing to the other formats. */
  readonly style: Style
  /** Fence even a single Mermaid diagram, as a Markdown file needs it. */
  readonly fenced?: boolean
}

export function printChart(model: ChartModel, options: ChartOptions): string {
  const { kind, format, style } = options
  if (format === 'json') return `${JSON.stringify(model, null, 2)}\n`
  if (format === 'mermaid') return printMermaid(model, kind, options.fenced === true)
  if (kind === 'flow') return format === 'svg' ? svgFlow(model) : textFlow(model, style)
  const sequences = model.services.flatMap((service) => sequenceOf(service, kind, model.clusterDomain) ?? [])
  return format === 'svg' ? svgSequence(sequences) : sequences.map((one) => textSequence(one, style)).join('\n')
}

function sequenceOf(service: ServiceChart, kind: 'sequence' | 'dns', clusterDomain: string): Sequence | undefined {
  // An ExternalName has no port of its own: what there is to see is its name.
  const isName = kind === 'dns' || service.type === 'ExternalName'
  return isName ? dnsSequence(service, clusterDomain) : requestSequence(service, clusterDomain)
}

function diagramOf(service: ServiceChart, kind: ChartKind, clusterDomain: string): string | undefined {
  if (kind === 'flow') return mermaidFlowchart(serviceGraph(service, clusterDomain))
  const sequence = sequenceOf(service, kind, clusterDomain)
  return sequence && mermaidSequence(sequence)
}

/** One Service: the bare diagram. Several: Markdown with a heading and a fence for each, and a list above three. */
function printMermaid({ services, clusterDomain }: ChartModel, kind: ChartKind, fenced: boolean): string {
  const drawn = services.flatMap((service) => {
    const diagram = diagramOf(service, kind, clusterDomain)
    return diagram === undefined ? [] : { title: serviceTitle(service), diagram }
  })
  const [only] = drawn
  if (drawn.length === 1 && only !== undefined) return fenced ? fence(only.diagram) : only.diagram
  const list = drawn.length > 3 ? `${drawn.map(({ title }) => `- [${title}](#${anchorOf(title)})`).join('\n')}\n\n` : ''
  return list + drawn.map(({ title, diagram }) => `## ${title}\n\n${fence(diagram)}`).join('\n')
}

function fence(diagram: string): string {
  const note = fitsRenderers(diagram) ? '' : '\nSome renderers refuse a diagram of this size.\n'
  return `\`\`\`mermaid\n${diagram}\`\`\`\n${note}`
}

/** As GitHub makes them. */
function anchorOf(title: string): string {
  return title
    .toLowerCase()
    .replaceAll(/[^\w -]/g, '')
    .replaceAll(' ', '-')
}
