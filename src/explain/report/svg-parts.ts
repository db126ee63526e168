/** What every SVG of ours shares. */
import type { Sequence } from '../chart/sequence.ts'
import { noteText } from './chart-text.ts'

/** Average widths in em: monospace exactly, sans by class of character and 6 % on top. */
const MONO = 0.602
const SIZE = { mono: 12, sans: 12 } as const

export function textWidth(text: string, font: 'mono' | 'sans'): number {
  if (font === 'mono') return text.length * MONO * SIZE.mono
  let em = 0
  for (const character of text) {
    if (/[il.,:;'|!/ ]/.test(character)) em += 0.3
    else if (/[mwMW@%]/.test(character)) em += 0.85
    else if (/[A-Z]/.test(character)) em += 0.68
    else em += character.charCodeAt(0) > 0x2e80 ? 1 : 0.54
  }
  return em * 1.06 * SIZE.sans
}

export function escapeXML(text: string): string {
  return text
    .replaceAll(/[\p{Cc}\p{Cs}\uFFFE\uFFFF]/gu, '\uFFFD')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}

interface Picture {
  readonly width: number
  readonly height: number
  readonly title: string
  readonly description: string
  readonly style: string
  readonly body: readonly string[]
}

export const STYLE: string = [
  'text{font:12px system-ui,sans-serif;fill:var(--text)}',
  '.page{fill:var(--page)}.mono{font:12px ui-monospace,monospace}',
  '.head{font-weight:600}.detail{font-size:11px;fill:var(--muted)}',
  '.box{fill:var(--surface);stroke:var(--text)}.box.rule{stroke-dasharray:5 4}',
  '.box.broken,.chip.broken{stroke:var(--bad);stroke-dasharray:5 4;stroke-width:2}.box.idle{stroke:var(--idle);stroke-dasharray:2 3}',
  '.chip{fill:var(--page);stroke:var(--flow)}.bad{fill:var(--bad);font-weight:600}',
  '.wire{fill:none;stroke:var(--flow);stroke-width:1.5}.wire.idle{stroke:var(--idle);stroke-dasharray:2 3}',
  '.wire.broken{stroke:var(--bad);stroke-width:2;stroke-dasharray:5 4}',
].join('')

const LIGHT =
  '--flow:#0B57B0;--bad:#A8123A;--idle:#6B7280;--text:#151A21;--muted:#4A5361;--page:#FFFFFF;--surface:#F5F7FA'
const DARK =
  '--flow:#5AA6FF;--bad:#FF5C7F;--idle:#C3CAD5;--text:#E8ECF2;--muted:#AEB8C6;--page:#0F141B;--surface:#1A212B'

/** Names of classes are scoped by an id made of the content, so that several pictures can be in one page. */
export function svgDocument({ width, height, title, description, style, body }: Picture): string {
  const id = `p${hashOf(body.join('')).toString(36)}`
  const scoped = style.replaceAll(
    /(^|[},])([^{},@]+)(?=[{,])/g,
    (_, before: string, selector: string) => `${before}#${id} ${selector}`,
  )
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" id="${id}" role="img" aria-labelledby="${id}t ${id}d" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">`,
    `<title id="${id}t">${escapeXML(title)}</title>`,
    `<desc id="${id}d">${escapeXML(description)}</desc>`,
    `<style>#${id}{${LIGHT}}@media (prefers-color-scheme:dark){#${id}{${DARK}}}${scoped}</style>`,
    `<rect width="${width}" height="${height}" class="page"/>`,
    ...body,
    '</svg>',
    '',
  ].join('\n')
}

function hashOf(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) >>> 0
  return hash
}

/** The arrows of a sequence as a numbered list. */
export function svgSequence(sequences: readonly Sequence[]): string {
  const body: string[] = []
  let y = 28
  let width = 400
  const line = (text: string, x: number, name: string): void => {
    body.push(`<text class="${name}" x="${x}" y="${y}">${escapeXML(text)}</text>`)
    width = Math.max(width, Math.ceil(x + textWidth(text, 'sans') + 24))
    y += 22
  }
  for (const { title, participants, steps } of sequences) {
    const names = new Map(participants.map(({ id, lines }) => [id, lines.join(' ')]))
    let number = 0
    line(title, 16, 'head')
    for (const step of steps) {
      if (step.kind === 'note') line(noteText(step.lines), 60, 'detail')
      else {
        number++
        const mark = step.broken ? '✕' : '→'
        line(
          `${number}  ${names.get(step.from)} ${mark} ${names.get(step.to)}: ${step.text}`,
          32,
          step.broken ? 'bad' : '',
        )
      }
    }
    y += 14
  }
  const title = sequences[0]?.title ?? 'nothing to draw'
  return svgDocument({
    width,
    height: y,
    title,
    description: sequences.map((one) => one.description).join('. '),
    style: STYLE,
    body,
  })
}
