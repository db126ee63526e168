import type { WhyReport } from '../dns/why.ts'
import { formatTable } from './table.ts'

/** The tries as a table, and below it why: for people. */
export function whyText(report: WhyReport): string {
  const { name, type, from, search, ndots, tries, reasons } = report
  const place = from.includes('/') ? `Pod ${from}` : `a Pod of namespace ${from}`
  const searched = name.endsWith('.') ? 'asked as it is' : `search ${search.join(' ') || 'nothing'}, ndots:${ndots}`
  const rows = tries.flatMap((each): readonly (readonly string[])[] => [
    [`  ${each.name}`, resultText(each)],
    ...each.records.map((record) => [`      ${record}`]),
  ])
  const lines = reasons.flatMap(({ text, hint }) => [`  ${text}`, ...(hint === undefined ? [] : [`    ${hint}`])])
  const why = lines.length === 0 ? '' : `\n${lines.join('\n')}\n`
  return `${name} ${type} from ${place} (${searched}):\n${tableWithRecords(rows)}${why}`
}

function resultText({ result, upstream }: WhyReport['tries'][number]): string {
  const text = result === 'answer' ? 'found' : result
  return upstream?.milliseconds === undefined ? text : `${text} (forwarded, ${Math.round(upstream.milliseconds)} ms)`
}

/** Records stand below their name in full length: they do not widen the column. */
function tableWithRecords(rows: readonly (readonly string[])[]): string {
  const aligned = formatTable(rows.filter((row) => row.length > 1)).split('\n')
  let next = 0
  return rows.map((row) => `${row.length > 1 ? aligned[next++] : row[0]}\n`).join('')
}
