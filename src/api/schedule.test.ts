import { describe, expect, test } from 'vitest'
import { isTimeZone, parseSchedule } from './schedule.ts'

const sorted = (set: ReadonlySet<number>): readonly number[] => [...set].sort((a, b) => a - b)

describe('fields', () => {
  test.each<readonly [string, readonly number[], readonly number[], boolean]>([
    ['*/15 * * * *', [0, 15, 30, 45], [0, 1, 2, 3, 4, 5, 6], false],
    ['5,10-12 * * * MON-fri', [5, 10, 11, 12], [1, 2, 3, 4, 5], false],
    ['50/5 0 1 * 0', [50, 55], [0], true],
    ['0 0 1 jan-dec/3 ?', [0], [0, 1, 2, 3, 4, 5, 6], false],
    ['@weekly', [0], [0], false],
  ])('%s', (text, minutes, daysOfWeek, isEitherDay) => {
    const schedule = parseSchedule(text)
    if (typeof schedule === 'string' || schedule.form !== 'fields') throw new Error(`${text} was not read as fields`)
    expect(sorted(schedule.minutes)).toEqual(minutes)
    expect(sorted(schedule.daysOfWeek)).toEqual(daysOfWeek)
    expect(schedule.isEitherDay).toBe(isEitherDay)
  })

  test.each([
    ['@every 1h30m', 5400],
    ['@every 90s', 90],
    ['@every 0.5s', 1],
  ])('%s', (text, seconds) => {
    expect(parseSchedule(text)).toEqual({ form: 'every', seconds })
  })
})

test.each([
  ['* * * *', 'expected exactly 5 fields, found 4: [* * * *]'],
  ['60 * * * *', 'end of range (60) above maximum (59): 60'],
  ['* * 0 * *', 'beginning of range (0) below minimum (1): 0'],
  ['* * * * 7', 'end of range (7) above maximum (6): 7'],
  ['5-1 * * * *', 'beginning of range (5) beyond end of range (1): 5-1'],
  ['*/0 * * * *', 'step of range should be a positive number: */0'],
  ['1/2/3 * * * *', 'too many slashes: 1/2/3'],
  ['1-2-3 * * * *', 'too many hyphens: 1-2-3'],
  ['a * * * *', 'failed to parse int from a'],
  ['-1 * * * *', 'failed to parse int from '],
  ['@often', 'unrecognized descriptor: @often'],
  ['@every soon', 'failed to parse duration @every soon: invalid duration'],
])('%s is no schedule', (text, why) => {
  expect(parseSchedule(text)).toBe(why)
})

test('time zones', () => {
  expect(['UTC', 'Europe/Berlin', 'Mars/Olympus', '', '+02:00'].map(isTimeZone)).toEqual([
    true,
    true,
    false,
    false,
    false,
  ])
})
