/** A trace as `portolan trace` prints it to people. */
import type { SourceRange } from '../../manifest/source.ts'
import { findRule } from '../check/check-inputs.ts'
import { findLiveRule } from '../check/live-rules.ts'
import type { Evidence, Hop, HopStatus, Path, Trace } from '../trace/report.ts'
import { draw, pad, paint, printable, widthOf, wrap, type Role, type Style } from './trace-style.ts'
import { excerpts } from './trace-excerpt.ts'
import { packetLines } from './trace-packets.ts'
import { ruleLines } from './trace-rules.ts'

/** Texts of the files, by the name that places carry: for the excerpts. */
export type Texts = ReadonlyMap<string, string>

const MARKS: Readonly<Record<HopStatus, string>> = { ok: '✓', fail: '✕', warn: '▲', unknown: '?', skipped: '┄' }
const ROLES: Readonly<Record<HopStatus, Role>> = {
  ok: 'ok',
  fail: 'fail',
  warn: 'warn',
  unknown: 'warn',
  skipped: 'plain',
}
const KIND_WIDTH = 15
/** Below this many columns the place of a hop goes to a line of its own. */
const NARROWEST_TEXT = 30

/** The last line is the verdict. */
export function traceReport(trace: Trace, style: Style, texts: Texts = new Map()): string {
  const shared = sharedHops(trace.paths)
  const [first] = trace.paths
  const head = `trace ${printable(trace.from)} → ${printable(trace.to)}   ${trace.mode}`
  const lines = [
    draw(style, head),
    '',
    ...(first?.hops ?? []).slice(0, shared).flatMap((hop) => hopLines(hop, style)),
    ...(trace.paths.length > 1 ? trace.paths.flatMap((path, i) => wayLines(trace.paths, path, i, shared, style)) : []),
    '',
    ...(trace.rules ?? []).flatMap((outcome) => ruleLines(outcome, style)),
    ...(trace.packets ?? []).flatMap((journey) => packetLines(journey, style)),
    ...cause(trace, style, texts),
    ...trace.notes.map((note) => `note: ${printable(note)}`),
    paint(
      style,
      trace.verdict === 'DELIVERED' ? 'ok' : trace.verdict === 'BROKEN' ? 'fail' : 'warn',
      verdictLine(trace),
    ),
  ]
  return `${lines.join('\n')}\n`
}

/** How many hops from the first on are the same on all paths; all of them where there is one path. */
function sharedHops(paths: readonly Path[]): number {
  const [first, ...others] = paths
  const hops = first?.hops ?? []
  if (others.length === 0) return hops.length
  const texts = hops.map((hop) => JSON.stringify(hop))
  const differing = texts.findIndex((text, i) => others.some((path) => JSON.stringify(path.hops[i]) !== text))
  return differing < 0 ? hops.length : differing
}

/** `room`: columns that the hop may take. */
function hopLines(hop: Hop, style: Style, room = style.width): readonly string[] {
  const mark = pad(draw(style, MARKS[hop.status]), style.ascii ? 2 : 1)
  const start = ` ${paint(style, ROLES[hop.status], mark)} ${String(hop.n).padStart(2)} ${hop.kind.padEnd(KIND_WIDTH)}`
  const left = widthOf(start)
  const place = placeOf(hop)
  const tail = [...(hop.rule === null ? [] : [hop.rule]), ...(place === '' ? [] : [place])].join('  ')
  const painted = tail.replace(place, paint(style, 'place', place))
  const beside = room - left - tail.length - 2
  const isBeside = beside >= NARROWEST_TEXT || tail === ''
  const [first = '', ...rest] = wrap(printable(hop.text), isBeside ? beside : room - left)
  const below = isBeside ? [] : [painted]
  return [
    `${start}${first}${isBeside ? `  ${painted}` : ''}`.trimEnd(),
    ...[...rest, ...below].map((line) => `${' '.repeat(left)}${line}`),
  ]
}

function placeOf({ evidence, status }: Hop): string {
  const found = evidence.find(({ location }) => location !== null)
  return found?.location == null || status === 'skipped' ? '' : `${found.location.file}:${found.location.line}`
}

function wayLines(paths: readonly Path[], path: Path, index: number, shared: number, style: Style): readonly string[] {
  const isLast = index === paths.length - 1
  const [branch, rail] = isLast ? ['└─', '   '] : ['├─', '│  ']
  const node = `${path.node === null ? '' : `, ${path.node}`}${path.family === null ? '' : `, ${path.family}`}`
  const share = `${Math.round(path.weight * 100)} % of the connections`
  const title = `${draw(style, branch)} way ${path.id} of ${paths.length}: ${path.verdict}, ${share}${node}`
  const hops = path.hops.slice(shared).filter((hop, i, all) => !isRepeatedSkip(hop, all[i - 1]))
  return [
    `  ${title}`,
    ...hops.flatMap((hop) => hopLines(hop, style, style.width - 6)).map((line) => `  ${draw(style, rail)}${line}`),
  ]
}

function isRepeatedSkip(hop: Hop, before: Hop | undefined): boolean {
  return hop.status === 'skipped' && before?.status === 'skipped' && hop.text === before.text
}

/** The places that take part in the break, drawn; then what the client sees and what to do. */
function cause(trace: Trace, style: Style, texts: Texts): readonly string[] {
  const worst = trace.paths.flatMap(({ hops }) => hops).find(({ status }) => status === 'fail')
  const open = worst ?? trace.paths.flatMap(({ hops }) => hops).find(({ status }) => status === 'unknown')
  if (open === undefined) return []
  const word = open.status === 'fail' ? paint(style, 'fail', 'error') : paint(style, 'warn', 'unknown')
  const rule = open.rule === null ? '' : ` ${open.rule}${nameOf(open.rule)}`
  return [
    `${word}${rule} at ${open.kind}: ${printable(open.text)}`,
    '',
    ...excerpts(placed(open.evidence), texts, style),
    ...open.evidence
      .filter(({ location }) => location === null)
      .map(({ source, text }) => `      = ${source} ${printable(text)}`),
    ...(trace.symptom === null ? [] : [`      = the client sees: ${trace.symptom.text}`]),
    ...trace.fixes.map((fix) => `      = fix: ${fixText(fix.title, fix.location)}`),
    '',
  ]
}

function placed(evidence: readonly Evidence[]): readonly { readonly location: SourceRange; readonly text: string }[] {
  return evidence.flatMap(({ location, text }) => (location === null ? [] : { location, text }))
}

function fixText(title: string, location: SourceRange | null): string {
  return location === null ? printable(title) : `${location.file}:${location.line} ${printable(title)}`
}

/** The rule's readable name, after its code. */
function nameOf(code: string): string {
  const rule = findLiveRule(code) ?? findRule(code)
  return rule === undefined ? '' : ` ${rule.name}`
}

/** What the program said, where it said it on one way. */
function answerText(paths: readonly Path[], last: Hop): string {
  return paths.length === 1 ? `: ${printable(last.text)}` : ` on each of ${paths.length} ways`
}

function verdictLine({ verdict, brokenAt, paths, unknowns, mode }: Trace): string {
  const hops = paths[0]?.hops ?? []
  const at = (kind: string): string => `hop ${hops.find((hop) => hop.kind === kind)?.n ?? '?'} of 10 (${kind})`
  const last = hops.at(-1)
  const unseen = last?.status === 'skipped' ? ' Not asked: the program itself.' : ''
  const answer = last === undefined || unseen !== '' || mode !== 'network' ? '' : answerText(paths, last)
  const by = { static: ' as far as the manifests say', cluster: ' as far as the API server says', network: '' }[mode]
  switch (verdict) {
    case 'DELIVERED':
      return `DELIVERED${by}${answer}.${unseen}`
    case 'BROKEN':
      return `BROKEN at ${at(brokenAt ?? '')}.`
    case 'PARTIAL': {
      const broken = paths.filter((path) => path.verdict === 'BROKEN').reduce((sum, { weight }) => sum + weight, 0)
      return `PARTIAL: about ${Math.round(broken * 100)} % of the connections fail at ${at(brokenAt ?? '')}.`
    }
    case 'UNDETERMINED':
      return `UNDETERMINED at ${at(unknowns[0]?.hop ?? '')}.`
    default:
      return verdict satisfies never
  }
}
