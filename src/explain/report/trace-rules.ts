/** The rules that a packet met, below the hops of its trace. */
import type { RuleOutcome } from '../trace/report.ts'
import { draw, paint, printable, wrap, type Style } from './trace-style.ts'

const OUTCOMES: Readonly<Record<RuleOutcome['outcome'], string>> = {
  translated: 'translated',
  refused: 'refused',
  dropped: 'dropped',
  untouched: 'passed on as it is',
}
const INDENT = 6

/** One place: each rule that matched, what it found in sets, and what became of the packet. */
export function ruleLines(outcome: RuleOutcome, style: Style): readonly string[] {
  const { place, packet, steps, choices } = outcome
  const [{ table } = { table: '' }] = steps
  const to = choices.length === 0 ? '' : ` to ${choices.join(' or ')}`
  const end = `${OUTCOMES[outcome.outcome]}${to}`
  const isBad = outcome.outcome === 'dropped' || outcome.outcome === 'refused'
  return [
    `rules of ${printable(place)}${table === '' ? '' : `, table ${table}`}, for a packet to ${packet}`,
    ...(steps.length === 0 ? ['   no rule matches'] : []),
    ...steps.flatMap(({ hook, chain, rule, text, elements }) => [
      `   ${hook}: ${printable(chain)}${rule === null ? '' : `, rule ${rule}`}`,
      ...indented(text, style),
      ...elements.flatMap((element) => indented(element, style)),
    ]),
    `   ${draw(style, '→')} ${paint(style, isBad ? 'fail' : 'plain', end)}`,
    '',
  ]
}

function indented(text: string, style: Style): readonly string[] {
  const [first = '', ...rest] = wrap(printable(text), style.width - INDENT - 2)
  const blank = ' '.repeat(INDENT)
  return [`${blank}${first}`, ...rest.map((line) => `${blank}  ${line}`)]
}
