import { describe, expect, test } from 'vitest'
import { parseSchedule, type Schedule } from '../../api/schedule.ts'
import { lastTime, nextTime } from './schedule-times.ts'

function schedule(text: string): Schedule {
  const parsed = parseSchedule(text)
  if (typeof parsed === 'string') throw new Error(parsed)
  return parsed
}
const iso = (time: number | undefined): string =>
  time === undefined ? 'never' : new Date(time).toISOString().slice(0, 16)

describe('the next time', () => {
  test.each([
    ['* * * * *', 'UTC', '2026-03-01T10:00:30', '2026-03-01T10:01'],
    ['* * * * *', 'UTC', '2026-03-01T10:01:00', '2026-03-01T10:02'],
    ['*/15 * * * *', 'UTC', '2026-03-01T10:46', '2026-03-01T11:00'],
    ['30 4 * * *', 'UTC', '2026-03-01T10:00', '2026-03-02T04:30'],
    ['0 0 29 2 *', 'UTC', '2026-03-01T00:00', '2028-02-29T00:00'],
    ['0 0 30 2 *', 'UTC', '2026-03-01T00:00', 'never'],
    ['0 9 * * 1', 'UTC', '2026-03-01T10:00', '2026-03-02T09:00'],
    // Both days restricted: the 13th or a Friday.
    ['0 0 13 * 5', 'UTC', '2026-03-01T00:00', '2026-03-06T00:00'],
    ['0 0 13 * *', 'UTC', '2026-03-01T00:00', '2026-03-13T00:00'],
    ['@monthly', 'UTC', '2026-12-15T00:00', '2027-01-01T00:00'],
    ['0 9 * * *', 'Europe/Berlin', '2026-01-01T00:00', '2026-01-01T08:00'],
    ['0 9 * * *', 'Europe/Berlin', '2026-07-01T00:00', '2026-07-01T07:00'],
    ['0 9 * * *', 'Asia/Kolkata', '2026-07-01T04:00', '2026-07-02T03:30'],
    ['0 0 * * *', 'America/New_York', '2026-07-01T04:00', '2026-07-02T04:00'],
    // In the night of 29 March there is no 02:30 in Berlin.
    ['30 2 * * *', 'Europe/Berlin', '2026-03-28T12:00', '2026-03-30T00:30'],
    // The day that is an hour longer, and the one that begins at 01:00.
    ['0 0 * * *', 'Europe/Berlin', '2026-10-24T23:00', '2026-10-25T23:00'],
    ['30 1 * * 0', 'America/Santiago', '2026-09-05T12:00', '2026-09-06T04:30'],
  ])('%s in %s after %s', (text, zone, after, expected) => {
    expect(iso(nextTime(schedule(text), zone, Date.parse(`${after}Z`)))).toBe(expected)
  })

  test('every so often, from now', () => {
    expect(nextTime(schedule('@every 90s'), undefined, 1_500)).toBe(91_000)
  })
})

describe('the last time', () => {
  test.each([
    ['* * * * *', '2026-03-01T10:00', '2026-03-01T10:00', 'never'],
    ['* * * * *', '2026-03-01T10:00', '2026-03-01T10:01', '2026-03-01T10:01'],
    ['*/5 * * * *', '2020-01-01T00:00', '2026-03-01T10:04', '2026-03-01T10:00'],
    ['0 3 1 * *', '2020-01-01T00:00', '2026-03-30T10:00', '2026-03-01T03:00'],
    ['0 3 1 * *', '2026-03-02T00:00', '2026-03-30T10:00', 'never'],
    ['@every 1m', '2026-03-01T10:00', '2026-03-01T10:05', '2026-03-01T10:05'],
    ['@every 1m', '2026-03-01T10:00', '2026-03-01T10:00', 'never'],
  ])('%s since %s, at %s', (text, since, now, expected) => {
    expect(iso(lastTime(schedule(text), 'UTC', Date.parse(`${since}Z`), Date.parse(`${now}Z`)))).toBe(expected)
  })
})
