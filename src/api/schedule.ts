/** Schedules of CronJobs: five fields, or a word such as `@daily`. */

export type Schedule =
  | { readonly form: 'every'; readonly seconds: number }
  | {
      readonly form: 'fields'
      readonly minutes: ReadonlySet<number>
      readonly hours: ReadonlySet<number>
      readonly daysOfMonth: ReadonlySet<number>
      readonly months: ReadonlySet<number>
      readonly daysOfWeek: ReadonlySet<number>
      /** Both kinds of day are restricted: one that fits is enough. */
      readonly isEitherDay: boolean
    }

const WORDS: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']

interface Field {
  readonly minimum: number
  readonly maximum: number
  readonly names?: readonly string[]
}

const FIELDS: readonly Field[] = [
  { minimum: 0, maximum: 59 },
  { minimum: 0, maximum: 23 },
  { minimum: 1, maximum: 31 },
  { minimum: 1, maximum: 12, names: MONTHS },
  { minimum: 0, maximum: 6, names: DAYS },
]

/** The schedule, or why the text is none. */
export function parseSchedule(text: string): Schedule | string {
  const every = /^@every (.+)$/.exec(text)?.[1]
  if (every !== undefined) return parseEvery(every)
  if (text.startsWith('@') && WORDS[text] === undefined) return `unrecognized descriptor: ${text}`
  const words = (WORDS[text] ?? text).trim().split(/\s+/)
  if (words.length !== FIELDS.length) return `expected exactly 5 fields, found ${words.length}: [${words.join(' ')}]`
  const sets: ReadonlySet<number>[] = []
  for (const [i, field] of FIELDS.entries()) {
    const set = parseField(words[i] ?? '', field)
    if (typeof set === 'string') return set
    sets.push(set)
  }
  const [minutes, hours, daysOfMonth, months, daysOfWeek] = sets
  if (!minutes || !hours || !daysOfMonth || !months || !daysOfWeek) return 'a field is missing'
  const isEitherDay = !isStar(words[2] ?? '') && !isStar(words[4] ?? '')
  return { form: 'fields', minutes, hours, daysOfMonth, months, daysOfWeek, isEitherDay }
}

/** A star with a step counts as unrestricted too. */
function isStar(word: string): boolean {
  return word.split(',').some((part) => part.startsWith('*') || part.startsWith('?'))
}

/** A duration of Go: `1h30m`. */
function parseEvery(text: string): Schedule | string {
  if (!/^(\d+(\.\d+)?(h|m|s))+$/.test(text)) return `failed to parse duration @every ${text}: invalid duration`
  const units: Readonly<Record<string, number>> = { h: 3600, m: 60, s: 1 }
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(h|m|s)/g)]
  const seconds = parts.reduce((sum, [, number = '0', unit = 's']) => sum + Number(number) * (units[unit] ?? 1), 0)
  return { form: 'every', seconds: Math.max(1, Math.floor(seconds)) }
}

function parseField(word: string, field: Field): ReadonlySet<number> | string {
  const set = new Set<number>()
  for (const part of word.split(',')) {
    const range = parseRange(part, field)
    if (typeof range === 'string') return range
    for (let value = range.from; value <= range.to; value += range.step) set.add(value)
  }
  return set
}

interface Range {
  readonly from: number
  readonly to: number
  readonly step: number
}

/** `*`, `5`, `1-5`, each perhaps with `/step`; `5/15` goes on to the end. */
function parseRange(part: string, field: Field): Range | string {
  const [span = '', stepText, ...more] = part.split('/')
  if (more.length > 0) return `too many slashes: ${part}`
  const step = stepText === undefined ? 1 : parseNumber(stepText)
  if (typeof step === 'string') return step
  if (step === 0) return `step of range should be a positive number: ${part}`
  const [first = '', last, ...rest] = span.split('-')
  if (rest.length > 0) return `too many hyphens: ${part}`
  if (span === '*' || span === '?') return { from: field.minimum, to: field.maximum, step }
  const from = parseNumber(first, field.names, field.minimum)
  const given = last === undefined ? from : parseNumber(last, field.names, field.minimum)
  if (typeof from === 'string') return from
  if (typeof given === 'string') return given
  const to = last === undefined && stepText !== undefined ? field.maximum : given
  if (from < field.minimum) return `beginning of range (${from}) below minimum (${field.minimum}): ${part}`
  if (to > field.maximum) return `end of range (${to}) above maximum (${field.maximum}): ${part}`
  if (from > to) return `beginning of range (${from}) beyond end of range (${to}): ${part}`
  return { from, to, step }
}

function parseNumber(text: string, names: readonly string[] = [], minimum = 0): number | string {
  const index = names.indexOf(text.toLowerCase())
  if (index >= 0) return index + minimum
  return /^\d{1,9}$/.test(text) ? Number(text) : `failed to parse int from ${text}`
}

/** Whether the machine knows the time zone. */
export function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).format(0) !== '' && !/^[+-]/.test(name)
  } catch {
    return false
  }
}
