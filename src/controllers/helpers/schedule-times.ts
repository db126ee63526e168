/** When a schedule is due, on the clock of a time zone. Times are milliseconds since 1970. */
import type { Schedule } from '../../api/schedule.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
/** A schedule that never comes (30 February) is given up after this time. */
const HORIZON = 5 * 366 * DAY
/** How far the last time is looked for, in steps, so that not every time since then is counted. */
const LOOK_BACK = [HOUR, 6 * HOUR, DAY, 7 * DAY, 31 * DAY, 366 * DAY, HORIZON]

interface WallClock {
  readonly month: number
  readonly day: number
  readonly weekday: number
  readonly hour: number
  readonly minute: number
}

type ReadClock = (time: number) => WallClock

/** The first time after `after`; undefined where there is none in the next five years. */
export function nextTime(schedule: Schedule, timeZone: string | undefined, after: number): number | undefined {
  if (schedule.form === 'every') return Math.floor(after / 1000) * 1000 + schedule.seconds * 1000
  const read = wallClock(timeZone ?? 'UTC')
  let time = Math.floor(after / MINUTE) * MINUTE + MINUTE
  while (time <= after + HORIZON) {
    const now = read(time)
    if (!schedule.months.has(now.month) || !isDay(schedule, now)) time = nextDay(read, time, now)
    else if (!schedule.hours.has(now.hour)) time += (60 - now.minute) * MINUTE
    else if (!schedule.minutes.has(now.minute)) time += MINUTE
    else return time
  }
  return undefined
}

/** The last time at or before `now` that is after `since`. */
export function lastTime(
  schedule: Schedule,
  timeZone: string | undefined,
  since: number,
  now: number,
): number | undefined {
  if (schedule.form === 'every') {
    const step = schedule.seconds * 1000
    const count = Math.floor((now - since) / step)
    return count < 1 ? undefined : Math.floor(since / 1000) * 1000 + count * step
  }
  for (const distance of LOOK_BACK) {
    const start = Math.max(since, now - distance)
    let last: number | undefined
    for (let time = nextTime(schedule, timeZone, start); time !== undefined && time <= now; ) {
      last = time
      time = nextTime(schedule, timeZone, time)
    }
    if (last !== undefined || start === since) return last
  }
  return undefined
}

function isDay(schedule: Extract<Schedule, { form: 'fields' }>, { day, weekday }: WallClock): boolean {
  const [inMonth, inWeek] = [schedule.daysOfMonth.has(day), schedule.daysOfWeek.has(weekday)]
  return schedule.isEitherDay ? inMonth || inWeek : inMonth && inWeek
}

/** The first minute of the next day, also where that day begins at another hour or the one before is shorter. */
function nextDay(read: ReadClock, time: number, now: WallClock): number {
  const guess = time + (24 * 60 - now.hour * 60 - now.minute) * MINUTE
  const there = read(guess)
  if (there.hour === 0 && there.minute === 0) return guess
  // The clocks were put back: it is still the day before.
  if (there.day === now.day) return guess + (24 * 60 - there.hour * 60 - there.minute) * MINUTE
  const midnight = guess - (there.hour * 60 + there.minute) * MINUTE
  return read(midnight).day === there.day ? midnight : guess
}

const clocks = new Map<string, ReadClock>()
const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']

/** Making a formatter is slow, so each zone has one. */
function wallClock(timeZone: string): ReadClock {
  const known = clocks.get(timeZone)
  if (known !== undefined) return known
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    month: 'numeric',
    day: 'numeric',
    weekday: 'short',
    hour: 'numeric',
    minute: 'numeric',
  })
  const read = (time: number): WallClock => {
    const parts = new Map(format.formatToParts(time).map(({ type, value }) => [type as string, value]))
    const number = (type: string): number => Number(parts.get(type))
    return {
      month: number('month'),
      day: number('day'),
      weekday: WEEKDAYS.indexOf(parts.get('weekday') ?? ''),
      hour: number('hour'),
      minute: number('minute'),
    }
  }
  clocks.set(timeZone, read)
  return read
}
