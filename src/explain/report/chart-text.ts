/** Charts for a terminal: rows of boxes where they fit, else a tree; sequences as numbered lines. */
import {
  backendTitle,
  numberText,
  portText,
  replicasText,
  serviceTitle,
  targetText,
  type BackendChart,
  type ChartModel,
  type PortChart,
  type ServiceChart,
} from '../chart/model.ts'
import type { Sequence } from '../chart/sequence.ts'
import { draw, pad, paint, printable, widthOf, type Style } from './trace-style.ts'

const NARROWEST_ROW = 80

export function textFlow(model: ChartModel, style: Style): string {
  return model.services.map((service) => `${textService(service, style).join('\n')}\n`).join('\n')
}

function textService(service: ServiceChart, style: Style): readonly string[] {
  const rows = [headLine(service, style), ...service.ports.flatMap((port) => rowLines(service, port, style))]
  const body = service.type === 'ExternalName' ? nameOnly(service, style) : rows.slice(1)
  const isFitting = style.width >= NARROWEST_ROW && body.every((line) => widthOf(line) <= style.width)
  const lines = isFitting ? body : service.ports.flatMap((port) => treeLines(port, style))
  return [rows[0] ?? '', ...(service.type === 'ExternalName' ? body : lines)]
}

function headLine(service: ServiceChart, style: Style): string {
  const broken = service.ports.find(({ problem }) => problem?.rule != null)?.problem
  const state =
    broken === undefined || broken === null ? '' : paint(style, 'fail', draw(style, `✕ broken  ${broken.rule}`))
  const address = service.clusterIP === null ? '' : `  ${service.clusterIP}`
  const how = service.type === 'Headless' ? ': a name only, clients dial the Pods' : ''
  const left = `${printable(serviceTitle(service))}  ${service.type}${how}${address}`
  return state === '' ? left : `${pad(left, style.width - widthOf(state) - 1)} ${state}`
}

function nameOnly({ externalName }: ServiceChart, style: Style): readonly string[] {
  const lines = [
    ` callers ──▶ name only ──▶ ${printable(externalName ?? '')}`,
    '             the client chooses the port',
  ]
  return lines.map((line) => draw(style, line))
}

interface Cell {
  readonly top: string
  readonly below: string
}

/** The boxes up to the Service. */
function fronts(service: ServiceChart, port: PortChart): readonly Cell[] {
  const named = port.name === '' ? '' : ` ${port.name}`
  const own = { top: `${portText(port)} ${service.name}${named}`, below: 'rule' }
  if (service.type === 'Headless') return [{ top: 'callers', below: '' }]
  if (service.type === 'ClusterIP') return [{ top: 'callers', below: '' }, own]
  const nodePort = port.nodePort === 0 ? '? every node' : `${numberText(port.nodePort, port.protocol)} every node`
  const node = { top: nodePort, below: 'rule' }
  if (service.type === 'NodePort') return [{ top: 'outside', below: '' }, node, own]
  return [
    { top: 'outside', below: '' },
    { top: `${portText(port)} balancer`, below: service.balancerIP ?? '' },
    node,
    own,
  ]
}

function rowLines(service: ServiceChart, port: PortChart, style: Style): readonly string[] {
  let [top, below] = [' ', ' ']
  fronts(service, port).forEach((cell, i) => {
    if (i > 0) top += ' ──▶ '
    const start = widthOf(top)
    top += printable(cell.top)
    below = `${pad(below, start)}${printable(cell.below)}`
  })
  if (port.backends.length === 0 || !port.backends.some(isUsable)) {
    const text = port.problem?.text ?? 'no endpoint'
    return [`${top} ─✕  ${printable(text)}`, below.trimEnd()]
      .map((line) => draw(style, line))
      .filter((line) => line.trim() !== '')
  }
  const indent = widthOf(top)
  const lines = port.backends.flatMap((backend, i) => backendRow(port, backend, i, indent))
  const [first = '', second = '', ...rest] = lines
  const joined = [`${top}${first.slice(indent)}`, `${pad(below, indent)}${second.slice(indent)}`, ...rest]
  return joined.map((line) => draw(style, line.trimEnd())).filter((line) => line !== '')
}

function isUsable({ ready, port }: BackendChart): boolean {
  return ready && port !== null
}

/** Two lines, which begin after `indent` columns. */
function backendRow(port: PortChart, backend: BackendChart, index: number, indent: number): readonly string[] {
  const { length } = port.backends
  const isLast = index === length - 1
  const start = length === 1 ? ' ──▶ ' : index === 0 ? ' ─┬─▶ ' : isLast ? '  └─▶ ' : '  ├─▶ '
  const rail = length === 1 || isLast ? '' : '  │'
  const blank = ' '.repeat(indent)
  const chip = backend.port === null ? `${port.targetPort}?` : numberText(backend.port, port.protocol)
  const title = `${chip} ${printable(backendTitle(backend))}`
  if (!backend.ready)
    return [
      `${blank}${start.replace('─▶', '┄ ')}${title}  left out: ${replicasText(backend) ?? 'not ready'}`,
      `${blank}${rail}`,
    ]
  const [container] = backend.containers
  const broken = backend.socket?.problem ?? null
  const number = broken === null ? (container?.declared ? chip : '?') : String(backend.socket?.port ?? '?')
  const name = container === undefined ? '' : printable(container.name)
  const wire = broken === null ? '──▶' : '─✕ '
  const end = container === undefined ? '' : ` ${wire} ${number} ${name}${broken === null ? '' : `   ${broken.text}`}`
  const first = `${blank}${start}${title}${end}`
  const detail = [backend.address === backend.name ? null : backend.address, backend.node, replicasText(backend)]
    .filter(Boolean)
    .join(' ')
  const place = indent + widthOf(start) + chip.length + 1
  const declared = container === undefined ? '' : container.declared ? 'declared' : 'not declared'
  const seen = backend.socket === null ? declared : printable(`${backend.socket.listens}${broken === null ? ' ✓' : ''}`)
  const left = `${pad(`${blank}${rail}`, place)}${detail} `
  const under = widthOf(`${blank}${start}${title} ${wire} ${number} `)
  return [first, `${pad(left, container === undefined ? 0 : under)}${seen}`]
}

function treeLines(port: PortChart, style: Style): readonly string[] {
  const named = port.name === '' ? '' : ` "${port.name}"`
  const nodePort = port.nodePort === 0 ? '' : `nodePort ${port.nodePort} → `
  const head = `└─ ${nodePort}port ${portText(port)}${named} → ${targetText(port)}`
  const problem = port.problem === null ? [] : [`   └─ ✕ ${port.problem.rule ?? ''} ${port.problem.text}`]
  const all = port.backends.map((backend, i) => {
    const isLast = i === port.backends.length - 1 && problem.length === 0
    const branch = isLast ? '└─' : '├─'
    const address = backend.address === backend.name ? '' : ` ${backend.address ?? ''}`
    const place = backend.port === null ? '' : `${address}:${backend.port}`
    const more = backend.ready ? '' : ` left out: ${replicasText(backend) ?? 'not ready'}`
    const { socket } = backend
    const wrong = socket?.problem == null ? [] : [`${socket.listens}, ${socket.problem.text}`]
    const line = `   ${branch} ${backendTitle(backend)}${place}${more}`
    return [line, ...wrong.map((text) => `   ${isLast ? ' ' : '│'}  └─ ✕ ${text}`)]
  })
  return [head, ...all.flat(), ...problem].map((line) => draw(style, printable(line)))
}

/** The lines of a note as one. */
export function noteText(lines: readonly string[]): string {
  return lines.join(', ').replaceAll(/([,:]),/g, '$1')
}

/** The arrows, numbered, one a line. */
export function textSequence(sequence: Sequence, style: Style): string {
  const names = new Map(sequence.participants.map(({ id, lines }) => [id, lines.join(' ')]))
  let number = 0
  const lines = sequence.steps.map((step) => {
    if (step.kind === 'note') return `      ${noteText(step.lines)}`
    number++
    const arrow = step.broken ? '─✕' : '──▶'
    return `  ${String(number).padStart(2)}  ${names.get(step.from)} ${arrow} ${names.get(step.to)}: ${step.text}`
  })
  return `${[sequence.title, ...lines].map((line) => draw(style, printable(line))).join('\n')}\n`
}
