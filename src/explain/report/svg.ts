/** Charts as one SVG: whole pixels, no script, no outside reference, light and dark by the reader's own setting. */
import type { BackendChart, ChartModel, PortChart, ServiceChart } from '../chart/model.ts'
import { backendTitle, numberText, portText, replicasText, serviceTitle } from '../chart/model.ts'
import { escapeXML, STYLE, svgDocument, textWidth } from './svg-parts.ts'

const WIDTH = 1128
const MARGIN = 16
const [BOX_WIDTH, BOX_HEIGHT, CHIP_HEIGHT] = [172, 44, 18]
const ROW = 60
const HEAD = 34
/** Middles of gaps between lanes are where wires bend. */
const LANES = 6
const STEP = (WIDTH - 2 * MARGIN - BOX_WIDTH) / (LANES - 1)

interface Box {
  readonly lane: number
  readonly row: number
  /** The port on which it accepts; empty for none. */
  readonly chip: string
  readonly title: string
  readonly detail: string
  readonly kind: 'rule' | 'thing' | 'broken' | 'idle'
}

interface Wire {
  readonly from: Box
  readonly to: Box
  readonly kind: 'traffic' | 'idle' | 'broken'
}

/** One block a Service, below each other. */
export function svgFlow(model: ChartModel): string {
  let y = MARGIN
  const blocks: string[] = []
  for (const service of model.services) {
    const row = layoutService(service)
    blocks.push(...drawService(service, row, y))
    y += HEAD + row.rows * ROW + MARGIN
  }
  const names = model.services.map(serviceTitle)
  const title = names.length === 1 ? `Port chain of Service ${names[0]}` : `Port chains of ${names.length} Services`
  const description = model.services
    .map(
      (service) => `${serviceTitle(service)}, ${service.type}: ${service.ports.map(chainOf).join('; ') || 'no ports'}`,
    )
    .join('. ')
  return svgDocument({ width: WIDTH, height: Math.max(y, 60), title, description, style: STYLE, body: blocks })
}

function chainOf({ nodePort, port, targetPort }: ServiceChart['ports'][number]): string {
  return `${nodePort > 0 ? `${nodePort} to ` : ''}${port} to ${targetPort}`
}

interface Layout {
  readonly boxes: Box[]
  readonly wires: Wire[]
  rows: number
}

function layoutService(service: ServiceChart): Layout {
  const layout: Layout = { boxes: [], wires: [], rows: 0 }
  if (service.externalName !== null) layoutName(layout, service, service.externalName)
  else for (const port of service.ports) layoutPort(layout, service, port)
  return { ...layout, rows: Math.max(1, layout.rows) }
}

function place(layout: Layout, box: Box, before?: Box, kind: Wire['kind'] = 'traffic'): Box {
  layout.boxes.push(box)
  if (before !== undefined) layout.wires.push({ from: before, to: box, kind })
  return box
}

function layoutName(layout: Layout, { name }: ServiceChart, externalName: string): void {
  const client = place(layout, { lane: 0, row: 0, chip: '', title: 'callers', detail: 'any Pod', kind: 'thing' })
  const own = place(
    layout,
    { lane: 3, row: 0, chip: '', title: name, detail: 'name only', kind: 'rule' },
    client,
    'idle',
  )
  const detail = 'the client chooses the port'
  place(layout, { lane: 5, row: 0, chip: '', title: externalName, detail, kind: 'thing' }, own)
}

function layoutPort(layout: Layout, service: ServiceChart, port: PortChart): void {
  let last: Box | undefined
  for (const box of frontBoxes(service, port, layout.rows)) last = place(layout, box, last)
  if (last === undefined) return
  if (port.backends.length === 0) {
    const title = port.problem?.rule ?? 'BROKEN'
    const chip = `${port.targetPort}?`
    place(
      layout,
      { lane: 4, row: layout.rows, chip, title, detail: 'nothing behind it', kind: 'broken' },
      last,
      'broken',
    )
    layout.rows++
  }
  for (const backend of port.backends) {
    layoutBackend(layout, port, backend, last)
    layout.rows++
  }
}

function layoutBackend(layout: Layout, port: PortChart, backend: BackendChart, last: Box): void {
  const row = layout.rows
  const chip = backend.port === null ? `${port.targetPort}?` : numberText(backend.port, port.protocol)
  const isUsed = backend.ready && backend.port !== null
  const where = [backend.address ?? replicasText(backend) ?? '', backend.node ?? ''].filter(Boolean).join(' ')
  const why = backend.port === null ? 'no such port' : (replicasText(backend) ?? 'not ready')
  const detail = isUsed ? where : `left out: ${why}`
  const kind = isUsed ? 'thing' : 'idle'
  const title = backendTitle(backend)
  const box = place(layout, { lane: 4, row, chip, title, detail, kind }, last, isUsed ? 'traffic' : 'idle')
  const [container] = isUsed ? backend.containers : []
  if (container === undefined) return
  const { socket } = backend
  if (socket?.problem != null) {
    const seen = { chip: String(socket.port ?? '?'), title: socket.problem.rule, detail: socket.problem.text }
    place(layout, { lane: 5, row, ...seen, kind: 'broken' }, box, 'broken')
    return
  }
  const [end, declared] = container.declared ? [chip, 'declared'] : ['?', 'not declared']
  const word = socket?.listens ?? declared
  place(layout, { lane: 5, row, chip: end, title: container.name, detail: word, kind: 'thing' }, box)
}

function frontBoxes(service: ServiceChart, port: PortChart, row: number): readonly Box[] {
  const isOutside = service.type === 'NodePort' || service.type === 'LoadBalancer'
  const client: Box = {
    lane: 0,
    row,
    chip: '',
    title: isOutside ? 'outside' : 'callers',
    detail: isOutside ? 'any client' : 'any Pod',
    kind: 'thing',
  }
  const named = port.name === '' ? service.type : `${service.type}, ${port.name}`
  const own: Box = {
    lane: 3,
    row,
    chip: service.type === 'Headless' ? '' : portText(port),
    title: service.name,
    detail: service.clusterIP ?? (service.type === 'Headless' ? 'name only, no port mapping' : named),
    kind: 'rule',
  }
  if (!isOutside) return [client, own]
  const nodePort = port.nodePort === 0 ? '?' : numberText(port.nodePort, port.protocol)
  const node: Box = {
    lane: 2,
    row,
    chip: nodePort,
    title: 'every node',
    detail: `policy ${service.externalTrafficPolicy}`,
    kind: 'rule',
  }
  if (service.type === 'NodePort') return [client, node, own]
  return [
    client,
    { lane: 1, row, chip: portText(port), title: 'load balancer', detail: service.balancerIP ?? '', kind: 'thing' },
    ...(port.nodePort === 0 && !service.nodePorts ? [] : [node]),
    own,
  ]
}

function drawService(service: ServiceChart, { boxes, wires }: Layout, y: number): readonly string[] {
  const top = y + HEAD
  const state = service.ports.find(({ problem }) => problem?.rule != null)?.problem?.rule
  const head = `${serviceTitle(service)}  ${service.type}`
  return [
    `<text class="head" x="${MARGIN}" y="${y + 18}">${escapeXML(head)}</text>`,
    ...(state == null
      ? []
      : [
          `<text class="head bad" x="${WIDTH - MARGIN}" y="${y + 18}" text-anchor="end">✕ broken ${escapeXML(state)}</text>`,
        ]),
    ...wires.map((wire) => drawWire(wire, top)),
    ...boxes.map((box) => drawBox(box, top)),
  ]
}

function left({ lane }: Box): number {
  return Math.round(MARGIN + lane * STEP)
}

function middle({ row }: Box, top: number): number {
  return top + row * ROW + BOX_HEIGHT / 2
}

function drawWire({ from, to, kind }: Wire, top: number): string {
  const [x1, x2] = [left(from) + BOX_WIDTH, left(to)]
  const [y1, y2] = [middle(from, top), middle(to, top)]
  const bend = Math.round(x2 - Math.min(24, (x2 - x1) / 2))
  const path = y1 === y2 ? `M${x1} ${y1}H${x2}` : `M${x1} ${y1}H${bend}V${y2}H${x2}`
  const cross =
    kind === 'broken'
      ? `<text class="bad" x="${Math.round((x1 + x2) / 2)}" y="${y2 + 5}" text-anchor="middle">✕</text>`
      : ''
  return `<path class="wire ${kind}" d="${path}"/>${cross}`
}

function drawBox(box: Box, top: number): string {
  const [x, y] = [left(box), top + box.row * ROW]
  const chipWidth = box.chip === '' ? 0 : Math.round(textWidth(box.chip, 'mono')) + 10
  const textX = x + (chipWidth === 0 ? 10 : chipWidth + 12)
  const room = BOX_WIDTH - (textX - x) - 6
  const chip =
    box.chip === ''
      ? ''
      : `<rect class="chip ${box.kind}" x="${x + 5}" y="${y + 6}" width="${chipWidth}" height="${CHIP_HEIGHT}" rx="4"/>` +
        `<text class="mono" x="${x + 10}" y="${y + 19}">${escapeXML(box.chip)}</text>`
  return (
    `<rect class="box ${box.kind}" x="${x}" y="${y}" width="${BOX_WIDTH}" height="${BOX_HEIGHT}" rx="6"/>${chip}` +
    `<text x="${textX}" y="${y + 19}">${escapeXML(shorten(box.title, room))}</text>` +
    `<text class="detail" x="${x + 10}" y="${y + 36}">${escapeXML(shorten(box.detail, BOX_WIDTH - 16))}</text>`
  )
}

/** From the middle, as ends tell more. Ports are in chips and are never shortened. */
function shorten(text: string, room: number): string {
  if (textWidth(text, 'sans') <= room) return text
  for (let kept = text.length - 1; kept > 2; kept--) {
    const shorter = `${text.slice(0, Math.ceil(kept / 2))}…${text.slice(text.length - Math.floor(kept / 2))}`
    if (textWidth(shorter, 'sans') <= room) return shorter
  }
  return '…'
}
