/** Rows of a Table as kubectl prints them: columns and cells of one kind. */
import type { AnyObject } from '../../../api/kinds.ts'

export interface Column {
  readonly name: string
  readonly type: 'string' | 'integer'
  readonly format: '' | 'name'
  readonly description: string
  /** 0: always shown; 1: with `-o wide`. */
  readonly priority: 0 | 1
}

export type Cell = string | number

export interface Printer<T extends AnyObject> {
  readonly columns: readonly Column[]
  /** One for each column; `now` in milliseconds since 1970. */
  cells(object: T, now: number): readonly Cell[]
}

/** Names of the columns; `#` behind a name marks a number. */
export function columns(always: readonly string[], wide: readonly string[] = []): readonly Column[] {
  return [...always.map((name) => column(name, 0)), ...wide.map((name) => column(name, 1))]
}

function column(text: string, priority: 0 | 1): Column {
  const name = text.replace('#', '')
  const type = text.endsWith('#') ? 'integer' : 'string'
  return { name, type, format: name === 'Name' ? 'name' : '', description: '', priority }
}

const NONE = '<none>'

export function orNone(text: string | undefined): string {
  return text === undefined || text === '' ? NONE : text
}

/** The time since an RFC 3339 timestamp. */
export function ageOf(timestamp: string | undefined, now: number): string {
  return timestamp === undefined ? '<unknown>' : humanDuration(Math.floor((now - Date.parse(timestamp)) / 1000))
}

/** Seconds as kubectl writes them: two units at most, the second one only while it says something. */
export function humanDuration(seconds: number): string {
  if (seconds < -1) return '<invalid>'
  if (seconds < 0) return '0s'
  if (seconds < 120) return `${seconds}s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 10) return pair(minutes, 'm', seconds % 60, 's')
  if (minutes < 180) return `${minutes}m`
  const hours = Math.floor(minutes / 60)
  if (hours < 8) return pair(hours, 'h', minutes % 60, 'm')
  if (hours < 48) return `${hours}h`
  const days = Math.floor(hours / 24)
  if (hours < 192) return pair(days, 'd', hours % 24, 'h')
  if (days < 730) return `${days}d`
  const years = Math.floor(days / 365)
  return years < 8 ? pair(years, 'y', days % 365, 'd') : `${years}y`
}

function pair(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large}${largeUnit}` : `${large}${largeUnit}${small}${smallUnit}`
}

/** `a,b,c + 2 more...`: the first three. */
export function firstThree(items: readonly string[]): string {
  const more = items.length > 3 ? ` + ${items.length - 3} more...` : ''
  return `${items.slice(0, 3).join(',')}${more}`
}
