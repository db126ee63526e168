/** The report for people: in a terminal a list and then each finding with its lines, elsewhere one line a finding. */
import type { SourceRange, SourceText } from '../../manifest/source.ts'
import type { Finding, Severity } from '../check/finding.ts'
import type { CheckReport } from '../check/report.ts'
import { excerpts } from './trace-excerpt.ts'
import { draw, pad, paint, printable, type Role, type Style, widthOf, wrap } from './trace-style.ts'

export interface PrettyOptions {
  readonly style: Style
  /** Whether the list and the lines of each finding are drawn. */
  readonly terminal: boolean
  /** How long it took; not said where absent. */
  readonly seconds?: number
}

const MARKS: Readonly<Record<Severity, string>> = { error: '✕', warning: '▲', info: 'i' }
const ROLES: Readonly<Record<Severity, Role>> = { error: 'fail', warning: 'warn', info: 'plain' }
/** More findings than these are counted by rule. */
const MOST = 20
const NARROWEST_TEXT = 30

/** The last line is the count. */
export function prettyReport(report: CheckReport, options: PrettyOptions): string {
  const lines = options.terminal ? terminalLines(report, options.style) : report.findings.map(plainLine)
  return `${[...lines, countLine(report, options)].join('\n')}\n`
}

function placeText({ file, line, column }: SourceRange): string {
  return `${printable(file)}:${line}:${column}`
}

/** As compilers print it: machines read it too, and nothing is broken into lines. */
function plainLine({ code, name, severity, message, location, related }: Finding): string {
  const also =
    related.length === 0 ? '' : ` (${[...new Set(related.map((one) => placeText(one.location)))].join(', ')})`
  return `${placeText(location)}: ${severity} ${code} ${name}: ${printable(message)}${also}`
}

function terminalLines(report: CheckReport, style: Style): readonly string[] {
  const shown = report.findings.slice(0, MOST)
  const [first] = shown
  if (first === undefined) return []
  const width = Math.max(...shown.map((finding) => widthOf(objectText(finding))))
  return [
    ...shown.flatMap((finding) => listLines(finding, Math.min(width, Math.floor(style.width / 3)), style)),
    '',
    ...shown.flatMap((finding) => blockLines(report.sources, finding, style)),
    ...restLines(report.findings.slice(MOST)),
    ` one rule in depth: portolan check --explain ${first.code}`,
  ]
}

function objectText({ object: { namespace, kind, name }, location }: Finding): string {
  if (kind === '') return printable(location.file)
  return printable(`${namespace === '' ? '' : `${namespace}/`}${name === '' ? kind : name}`)
}

function listLines(finding: Finding, width: number, style: Style): readonly string[] {
  const { severity, code, message, location } = finding
  const mark = pad(draw(style, MARKS[severity]), style.ascii ? 2 : 1)
  const start = ` ${paint(style, ROLES[severity], mark)} ${pad(objectText(finding), width)}  ${code}  `
  const place = `${printable(location.file)}:${location.line}`
  const left = widthOf(start)
  const beside = style.width - left - place.length - 2
  const [text = '', ...rest] = wrap(printable(message), Math.max(NARROWEST_TEXT, style.width - left))
  const isBeside = rest.length === 0 && widthOf(text) <= beside
  const painted = paint(style, 'place', place)
  const blank = ' '.repeat(left)
  if (isBeside) return [`${start}${text}  ${painted}`]
  return [`${start}${text}`, ...rest.map((line) => `${blank}${line}`), `${blank}${painted}`]
}

/** The lines that take part, each file once, and what to do. */
function blockLines(sources: ReadonlyMap<string, SourceText>, finding: Finding, style: Style): readonly string[] {
  const { severity, code, name, message, location, related, fixes } = finding
  const template = templateOf(sources, location)
  const texts = new Map([...sources].map(([file, source]) => [file, source.text]))
  const places = [{ location, text: '' }, ...related.map((one) => ({ location: one.location, text: one.message }))]
  const isSafe = (safe: boolean): string => (safe && template === undefined ? ' (portolan check --fix)' : '')
  return [
    `${paint(style, ROLES[severity], severity)} ${code} ${name}: ${printable(message)}`,
    '',
    ...(texts.get(location.file) === '' ? [] : excerpts(places, texts, style)),
    ...fixes.map(({ title, safe }) => `      = fix     ${printable(title)}${isSafe(safe)}`),
    ...(template === undefined ? [] : [`      = made from ${printable(template)}`]),
    '',
  ]
}

/** The chart's template, which `helm template` writes above what it made. */
function templateOf(sources: ReadonlyMap<string, SourceText>, { file, line }: SourceRange): string | undefined {
  const source = sources.get(file)
  if (source === undefined || !source.text.includes('# Source: ')) return undefined
  const before = source.text.split('\n', line).join('\n')
  return /^# Source: (\S+)$/m.exec(before.slice(before.lastIndexOf('\n---') + 1))?.[1]
}

function restLines(rest: readonly Finding[]): readonly string[] {
  if (rest.length === 0) return []
  const counts = new Map<string, number>()
  for (const { code, name } of rest) counts.set(`${code} ${name}`, (counts.get(`${code} ${name}`) ?? 0) + 1)
  return [
    `and ${rest.length} more: --format short shows all of them`,
    ...[...counts].toSorted(([, a], [, b]) => b - a).map(([rule, count]) => `${String(count).padStart(6)}  ${rule}`),
    '',
  ]
}

function countText(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

function countLine(report: CheckReport, { seconds }: PrettyOptions): string {
  const { summary, suppressed, services, sources } = report
  const counts = [
    [summary.errors, countText(summary.errors, 'error')],
    [summary.warnings, countText(summary.warnings, 'warning')],
    [summary.infos, `${summary.infos} info`],
  ] as const
  const found = counts.flatMap(([count, text]) => (count === 0 ? [] : text)).join(', ') || 'nothing found'
  const what = services > 0 ? countText(services, 'Service') : countText(summary.objects, 'object')
  const silenced = suppressed === 0 ? '' : `, ${suppressed} silenced`
  const took = seconds === undefined ? '' : `, ${seconds.toFixed(2)} s`
  return `${found} in ${what}, ${countText(sources.size, 'file')}${silenced}${took}`
}
