/** Charts as Mermaid text: no colour but that of the break, so that the page's theme stays in charge. */
import type { Graph, GraphEdge, GraphNode } from '../chart/graph.ts'
import type { Sequence, Step } from '../chart/sequence.ts'

/** Renderers stop far above these, Gitea at 5,000 characters. */
const CAPS = { nodes: 60, edges: 120, characters: 4500 } as const
/** More boxes in a row than this are drawn from top to bottom. */
const MOST_COLUMNS = 5

const FLOWCHART = /[#"<>&;|[\](){}%\\@`]/g
const SEQUENCE = /[#"<>&;|[\](){}%\\@`:]/g
/** Mermaid reads a line that holds only this word as its own. */
const KEYWORD = /^end$/i

/** Any text as Mermaid shows it unchanged: measured with versions 11 and 12. */
export function escapeLabel(text: string, inSequence = false): string {
  const safe = text
    .replaceAll(/[\p{Cc}\p{Cs}\u2028\u2029]/gu, ' ')
    .replaceAll(inSequence ? SEQUENCE : FLOWCHART, (character) => `#${character.codePointAt(0)};`)
  return KEYWORD.test(safe) ? safe.replace(/d$/i, (letter) => `#${letter.codePointAt(0)};`) : safe
}

/** Titles and descriptions are no labels: what could end them is left out. */
function plain(text: string): string {
  return text
    .replaceAll(/[^\p{L}\p{N} .,:=/_-]/gu, ' ')
    .replaceAll(/ +/g, ' ')
    .trim()
}

function labelOf(lines: readonly string[], inSequence = false): string {
  return lines.map((line) => escapeLabel(line, inSequence)).join('<br/>')
}

export function mermaidFlowchart(graph: Graph): string {
  const nodes = graph.nodes.slice(0, CAPS.nodes)
  const edges = graph.edges.filter(({ from, to }) => from < CAPS.nodes && to < CAPS.nodes).slice(0, CAPS.edges)
  const left = graph.nodes.length - nodes.length + graph.edges.length - edges.length
  const lines = [
    `flowchart ${graph.columns > MOST_COLUMNS ? 'TB' : 'LR'}`,
    `  accTitle: ${plain(graph.title)}`,
    `  accDescr: ${plain(graph.description)}`,
    ...(left > 0 ? [`  %% ${left} boxes and arrows are left out: draw one Service at a time with --service`] : []),
    ...nodes.map((node, i) => `  n${i}${nodeText(node)}`),
    ...edges.map((edge) => `  ${edgeText(edge)}`),
    ...classes(nodes, edges),
  ]
  return `${lines.join('\n')}\n`
}

function nodeText({ lines, kind }: GraphNode): string {
  const label = labelOf(lines)
  return kind === 'actor' ? `(["${label}"])` : `["${label}"]`
}

function edgeText({ from, to, label, kind }: GraphEdge): string {
  const text = `"${escapeLabel(label)}"`
  return kind === 'traffic' ? `n${from} -- ${text} --> n${to}` : `n${from} -. ${text} .-> n${to}`
}

function classes(nodes: readonly GraphNode[], edges: readonly GraphEdge[]): readonly string[] {
  const of = (kind: GraphNode['kind']): string =>
    nodes.flatMap((node, i) => (node.kind === kind ? [`n${i}`] : [])).join(',')
  const broken = edges.flatMap(({ kind }, i) => (kind === 'broken' ? [i] : [])).join(',')
  const [rules, ghosts] = [of('rule'), of('broken')]
  return [
    ...(rules === '' ? [] : ['  classDef rule stroke-dasharray:5 4', `  class ${rules} rule`]),
    ...(ghosts === '' ? [] : ['  classDef broken stroke:#A8123A,stroke-width:3px', `  class ${ghosts} broken`]),
    ...(broken === '' ? [] : [`  linkStyle ${broken} stroke:#A8123A,stroke-width:3px`]),
  ]
}

export function mermaidSequence(sequence: Sequence): string {
  const lines = [
    'sequenceDiagram',
    `  accTitle: ${plain(sequence.title)}`,
    `  accDescr: ${plain(sequence.description)}`,
    '  autonumber',
    ...sequence.participants.map(
      ({ id, lines, actor }) => `  ${actor ? 'actor' : 'participant'} ${id} as ${labelOf(lines, true)}`,
    ),
    ...sequence.steps.flatMap(stepLines),
  ]
  return `${lines.join('\n')}\n`
}

function stepLines(step: Step): readonly string[] {
  if (step.kind === 'note') return [`  Note over ${step.over.join(',')}: ${labelOf(step.lines, true)}`]
  const text = escapeLabel(step.text, true)
  if (step.broken) {
    return ['  rect rgba(168,18,58,0.12)', `    ${step.from}--x${step.to}: ✕ ${text}`, '  end']
  }
  return [`  ${step.from}${step.reply ? '-->>' : '->>'}${step.to}: ${text}`]
}

/** Whether a diagram is small enough for every renderer. */
export function fitsRenderers(diagram: string): boolean {
  return diagram.length <= CAPS.characters
}
