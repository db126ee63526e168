/** The ways of single packets, below the hops of their trace. */
import { stepName } from '../../nft/packet-journey.ts'
import type { PacketCrossing, PacketJourney, PacketStep } from '../trace/report.ts'
import { draw, paint, printable, wrap, type Style } from './trace-style.ts'

const INDENT = 6

/** One packet: each namespace that it crossed, the rules that it met there, and its end. */
export function packetLines(journey: PacketJourney, style: Style): readonly string[] {
  const { kind, protocol, flags, crossings, end, by, text } = journey
  const ended = by === null ? text : `${end} on ${by.place} by ${stepName(by)}`
  return [
    `packet: ${kind}, ${protocol}${flags === '' ? '' : ` ${flags}`}`,
    ...crossings.flatMap((crossing) => crossingLines(crossing, style)),
    ...wrap(printable(ended), style.width - INDENT).map((line, i) => {
      const painted = paint(style, end === 'delivered' ? 'plain' : 'fail', line)
      return i === 0 ? `   ${draw(style, '→')} ${painted}` : `     ${painted}`
    }),
    '',
  ]
}

function crossingLines({ place, packet, leaves, steps, end }: PacketCrossing, style: Style): readonly string[] {
  const changed = leaves === packet ? '' : `, then ${leaves}`
  return [
    ...indented(`${place}: ${packet}${changed}: ${end}`, style, 3),
    ...(steps.length === 0 ? indented('no rule matches', style, INDENT) : []),
    ...steps.flatMap((step) => stepLines(step, style)),
  ]
}

function stepLines({ hook, table, chain, rule, handle, text, elements }: PacketStep, style: Style): readonly string[] {
  const place = rule === null ? '' : `, rule ${rule}`
  const number = handle === null ? '' : `, handle ${handle}`
  return [
    ...indented(`${hook}: ${table}, ${chain}${place}${number}`, style, INDENT),
    ...(text === '' ? [] : indented(text, style, INDENT + 3)),
    ...elements.flatMap((element) => indented(element, style, INDENT + 3)),
  ]
}

function indented(text: string, style: Style, columns: number): readonly string[] {
  const [first = '', ...rest] = wrap(draw(style, printable(text)), style.width - columns - 2)
  const blank = ' '.repeat(columns)
  return [`${blank}${first}`, ...rest.map((line) => `${blank}  ${line}`)]
}
